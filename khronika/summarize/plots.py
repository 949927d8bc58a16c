"""Counts in, a picture file out (PNG or SVG by its ending, drawn by matplotlib without a screen)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from khronika.errors import UsageError

FORMATS = (".png", ".svg")


def plot_counts(path: Path, starts: Sequence[str], lines: dict[str, Sequence[int]], title: str) -> None:
    """Draw events a period, a line a group (the ten greatest; the rest together).

    Raises:
        UsageError: the ending is none of `FORMATS`, matplotlib is missing, or the file cannot be written.
    """
    axes, save = _canvas(path)
    order = sorted(lines, key=lambda name: -sum(lines[name]))
    shown = {name: list(lines[name]) for name in order[:10]}
    if order[10:]:
        shown["others"] = [sum(values) for values in zip(*(lines[name] for name in order[10:]))]
    for name, values in shown.items():
        axes.step(range(len(starts)), values, where="mid", label=name)
    every = max(1, len(starts) // 10)
    axes.set_xticks(range(0, len(starts), every), [starts[i] for i in range(0, len(starts), every)], rotation=30, ha="right")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("reported events")
    axes.set_title(title)
    if len(shown) > 1:
        axes.legend(fontsize="small")
    save()


def plot_calibration(path: Path, bins: Sequence[tuple[float, float, int]]) -> None:
    """Draw mean probability against the share that came true, with the number of forecasts at each point.

    Raises:
        UsageError: as `plot_counts`.
    """
    axes, save = _canvas(path)
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.plot([p for p, _, _ in bins], [share for _, share, _ in bins], marker="o")
    for p, share, n in bins:
        axes.annotate(f"n={n}", (p, share), textcoords="offset points", xytext=(6, -10), fontsize="small")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability said", ylabel="share that came true", title="Calibration of forecasts")
    save()


def _canvas(path: Path):  # type: ignore[no-untyped-def]
    if path.suffix not in FORMATS:
        raise UsageError(f"--plot {path}: ends in none of {', '.join(FORMATS)}")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("--plot needs matplotlib: pip install 'khronika[analysis]'") from error
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.add_subplot()

    def save() -> None:
        part = path.with_name(f".{path.name}.part{path.suffix}")
        try:
            figure.savefig(part)
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise UsageError(f"--plot {path}: cannot be written: {error.strerror or error}") from error

    return axes, save
