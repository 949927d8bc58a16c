"""Commands that give numbers: counts, trend, assessments, quality."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from khronika.cli.options import filters, json_option, opened, parse_day, record_option, wanted
from khronika.errors import UsageError

if TYPE_CHECKING:
    from khronika.record.record import Record
    from khronika.summarize.judging import Finding
    from khronika.types import Filter, Sum

Key = tuple[dt.date | None, tuple[str | None, ...]]
"""Period and group of a row."""
SHOWN = 40
"""Rows of a table in the terminal; --json and --csv give all."""


def _sums(record: Record, chosen: Filter, groups: Sequence[str], period: str = "day") -> Iterator[Sum]:
    """From the narrow table where that can answer, else from the events themselves."""
    from khronika.record.tallies import sums
    from khronika.summarize.counting import sums_of

    if chosen.as_of is None and chosen.at_least is None:
        return sums(record, chosen, groups, period)
    return sums_of((event for event in record.events(chosen) if not event.hidden), groups)


def _known_place(record: Record, chosen: Filter) -> None:
    import msgspec

    if chosen.place is None:
        return
    anywhere = msgspec.structs.replace(chosen, since=None, until=None, kind=None, actor=None, contested=None)
    if next(_sums(record, anywhere, ()), None) is None:
        raise UsageError(f"--place {chosen.place!r}: no event of this record is there; khronika events --json tells its places")


@click.command()
@record_option
@filters
@click.option("--actor", help="Part of the name of an author or speaker.")
@click.option(
    "--by",
    default="month",
    show_default=True,
    help="One of day, week, month, year, and any of kind, country, region, place, actor: week,kind",
)
@click.option("--shot-down", is_flag=True, help="Also how many drones and missiles are said to be shot down, from the words.")
@json_option
@click.option("--csv", "csv_path", type=click.Path(path_type=Path, dir_okay=False), help="Write all rows to this file.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw events a period to this file (PNG or SVG).")
def counts(
    record_address: str,
    by: str,
    actor: str | None,
    shot_down: bool,
    as_json: bool,
    csv_path: Path | None,
    plot: Path | None,
    **options: Any,
) -> None:
    """Events and tolls (low, high) by period and group; unknown tolls are no zeros, and said beside the sums."""
    import msgspec

    from khronika.cli.exporting import write_table
    from khronika.summarize.counting import count, parse_by

    period, groups = parse_by(by)
    chosen = msgspec.structs.replace(wanted(options), actor=actor)
    with opened(record_address) as record:
        _known_place(record, chosen)
        rows = count(_sums(record, chosen, groups, period or "year"), period)
        downed = _shot_down(record, chosen, groups, period) if shot_down else None
    table = [_count_row(row, groups, downed) for row in rows]
    if csv_path:
        write_table(csv_path, tuple(table[0]) if table else ("period", *groups, "events"), table)
    if plot:
        _plot(plot, rows, period, by)
    if as_json:
        from khronika.jsonl import to_json

        for line in table:
            click.echo(to_json(line).decode())
    elif not table:
        click.echo("no events in this window; khronika events lists what there is", err=True)
    else:
        _print_counts(table, rows, period)


def _count_row(row: Sum, groups: Sequence[str], downed: dict[Key, dict[str, int]] | None) -> dict[str, Any]:
    found: dict[str, Any] = {"period": row.day and row.day.isoformat(), **dict(zip(groups, row.values, strict=True)), "events": row.events}
    for name in ("killed", "injured"):
        counted = getattr(row, f"{name}_counted")
        for side in ("low", "high"):
            found[f"{name}_{side}"] = getattr(row, f"{name}_{side}") if counted else None
        found[f"{name}_events"], found[f"{name}_open"] = counted, getattr(row, f"{name}_open")
    if downed is not None:
        told = downed.get((row.day, row.values), {})
        found |= {f"{name}_shot_down": told.get(name) for name in ("drones", "missiles")}
    return found


def _shot_down(record: Record, chosen: Filter, groups: Sequence[str], period: str | None) -> dict[Key, dict[str, int]]:
    """Drones and missiles shot down a period and group, as the numbers in the events' targets say ("23 drones"); a target without a number is one."""
    import re

    import msgspec

    from khronika.config import data
    from khronika.extract.headcounts import read_number
    from khronika.extract.lexicon import load
    from khronika.summarize.counting import count, sums_of

    kind = "disrupted_weapons_use"
    if chosen.kind not in (None, kind):
        return {}
    lexicon = load("en")
    words = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in data("lexicon/en/directions.toml")["shot_down"].items()}
    found: dict[Key, dict[str, int]] = {}
    for event in record.events(msgspec.structs.replace(chosen, kind=kind)):
        if event.hidden:
            continue
        (row,) = count(sums_of([event], groups), period)
        totals = found.setdefault((row.day, row.values), {})
        seen: dict[str, int] = {}
        for target in event.targets:
            for name, pattern in words.items():
                match = pattern.search(target.quote.words)
                if match:
                    number = read_number(match["number"], lexicon) if match["number"] else (1, 1, None)
                    seen[name] = max(seen.get(name, 0), number[0] if number else 1)
        for name, value in seen.items():
            totals[name] = totals.get(name, 0) + value
    return found


def _plot(path: Path, rows: Sequence[Sum], period: str | None, by: str) -> None:
    from khronika.summarize.counting import all_periods
    from khronika.summarize.plots import plot_counts

    starts = all_periods((row.day for row in rows if row.day), period) if period else []
    if not starts:
        raise UsageError(
            f"--plot needs a period in --by ({by!r} has none) and an event with a day" if not period else "--plot: no event with a day"
        )
    lines: dict[str, list[int]] = {}
    for row in rows:
        if row.day:
            lines.setdefault(", ".join(value or "unknown" for value in row.values), [0] * len(starts))[starts.index(row.day)] += row.events
    plot_counts(path, [start.isoformat() for start in starts], dict(lines), f"Reported events by {by}")


def _print_counts(table: list[dict[str, Any]], rows: Sequence[Sum], period: str | None) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from khronika.summarize.counting import all_periods, sparkline

    if not sys.stdout.isatty():
        click.echo("\t".join(table[0]))
        for line in table:
            click.echo("\t".join("" if value is None else str(value) for value in line.values()))
        return
    names = [name for name in table[0] if not name.endswith(("_low", "_high", "_events", "_open"))]
    shown = Table(*names, "killed", "injured", box=SIMPLE_HEAD)
    for line in table[:SHOWN]:
        shown.add_row(*(_cell(name, line[name]) for name in names), _toll(line, "killed"), _toll(line, "injured"))
    Console(highlight=False).print(shown)
    if len(table) > SHOWN:
        click.echo(f"{len(table) - SHOWN} more rows: --json or --csv FILE gives all")
    totals: dict[dt.date, int] = {}
    for row in rows:
        if row.day:
            totals[row.day] = totals.get(row.day, 0) + row.events
    if period and len(totals) > 2:
        values = [totals.get(start, 0) for start in all_periods(totals, period)]
        click.echo(f"events by {period}, {min(totals)} to {max(totals)}: {sparkline(values)}")
    click.echo("a toll is a sum over the events that tell it (in brackets how many do); + where one of them has no upper bound")


def _cell(name: str, value: object) -> str:
    return str(value) if value is not None else "open" if name == "period" else "-"


def _toll(line: dict[str, Any], name: str) -> str:
    low, high, told = line[f"{name}_low"], line[f"{name}_high"], line[f"{name}_events"]
    if not told:
        return "unknown"
    return (f"{low}" if low == high else f"{low}-{high}") + ("+" if line[f"{name}_open"] else "") + f" ({told})"


@click.command()
@record_option
@filters
@click.option("--actor", help="Part of the name of an author or speaker.")
@click.option("--split", metavar="DAY", help="Compare the days from this one on with those before; else a trend along time.")
@click.option("--by", "period", type=click.Choice(("day", "week", "month")), help="Length of a bin; chosen by the span if left out.")
@click.option("--level", default=0.95, show_default=True, help="Of the interval and the test.")
@json_option
def trend(
    record_address: str, actor: str | None, split: str | None, period: str | None, level: float, as_json: bool, **options: Any
) -> None:
    """Whether reported events became more or fewer: rate ratio, interval and test, or why nothing can be said."""
    import msgspec

    from khronika.summarize.trend import check_level

    check_level(level)
    chosen = msgspec.structs.replace(wanted(options), actor=actor)
    day = parse_day(split, "--split")
    with opened(record_address) as record:
        _known_place(record, chosen)
        finding = _find(record, chosen, period, day, level)
    if as_json:
        from khronika.jsonl import to_json

        click.echo(to_json(finding).decode())
        return
    click.echo(finding.line)
    if finding.counts:
        from khronika.summarize.counting import sparkline

        click.echo(f"{finding.period}s from {finding.starts[0]}: {sparkline(finding.counts)}  {' '.join(map(str, finding.counts[-30:]))}")
    for change in finding.changes:
        click.echo(f"changed at {finding.starts[change.at]}: {change.before:.1f} -> {change.after:.1f} a {finding.period}")


def _find(record: Record, chosen: Filter, period: str | None, split: dt.date | None, level: float) -> Finding:
    from khronika.record.tallies import coverage
    from khronika.summarize.judging import judge

    days = _days(record, chosen)
    if not days and (chosen.since is None or chosen.until is None):
        raise UsageError("no events with a day in this window; khronika events lists what there is")
    span = (chosen.since or days[0][0], chosen.until or days[-1][0])
    if split and not span[0] < split <= span[1]:
        raise UsageError(f"--split {split} lies outside the window {span[0]} to {span[1]}")
    return judge(days, coverage(record), span, period, split, level)


def _days(record: Record, chosen: Filter) -> list[tuple[dt.date, int, int]]:
    """Day, events, and events with a place, in order."""
    found: dict[dt.date, list[int]] = {}
    for row in _sums(record, chosen, ("place",)):
        if row.day:
            totals = found.setdefault(row.day, [0, 0])
            totals[0] += row.events
            totals[1] += row.events if row.values[0] else 0
    return [(day, found[day][0], found[day][1]) for day in sorted(found)]


@click.command()
@record_option
@click.option("--all", "show_all", is_flag=True, help="Also those that counts cannot answer.")
@json_option
def assessments(record_address: str, show_all: bool, as_json: bool) -> None:
    """Each judgement on a trend beside what the record says for its place and time: supported, not supported, cannot tell."""
    from khronika.record.tallies import coverage
    from khronika.summarize.assessing import assess
    from khronika.summarize.judging import judge
    from khronika.types import Filter

    with opened(record_address) as record:
        covered = coverage(record)

        def ask(place: str, kinds: tuple[str, ...], span: tuple[dt.date, dt.date], split: dt.date) -> Finding:
            days = [row for kind in kinds or (None,) for row in _days(record, Filter(place=place, kind=kind, since=span[0], until=span[1]))]
            return judge(days, covered, span, split=split)

        seen = 0
        for document_id, assessment in record.assessments():
            text = record.text(document_id)
            judged = assess(document_id, assessment, text.published if text else None, ask)
            if not show_all and not as_json and judged.verdict == "cannot tell" and assessment.topic != "trend":
                continue
            seen += 1
            if as_json:
                from khronika.jsonl import to_json

                click.echo(to_json(judged).decode())
            else:
                by = assessment.by.words if assessment.by else (text.source if text else None) or "the outlet"
                click.echo(f"{judged.verdict:13}  {by}: “{' '.join(assessment.quote.words.split())}”\n{'':15}{judged.reason}")
    if not seen:
        click.echo("no judgement on a trend in this record; --all lists the other judgements", err=True)


@click.command()
@record_option
@filters
@json_option
@click.option(
    "--csv", "csv_path", type=click.Path(path_type=Path, dir_okay=False), help="Write all documents by day and outlet to this file."
)
def quality(record_address: str, as_json: bool, csv_path: Path | None, **options: Any) -> None:
    """Figures on the record itself: delay, disputes, gaps, drift of the reading, coverage by outlet; with a filter, of the documents that tell of those events."""
    from khronika.record.tallies import coverage
    from khronika.summarize.quality import measure
    from khronika.types import Filter

    chosen = wanted(options)
    is_whole = chosen == Filter(background=chosen.background)
    if csv_path and not is_whole:
        raise UsageError("--csv tells of all documents: leave the filter out")
    with opened(record_address) as record:
        covered = coverage(record) if is_whole else None
        found = measure(((event, record.accounts(event.account_ids)) for event in record.events(chosen)), covered)
    if csv_path and covered is not None:
        from khronika.cli.exporting import write_table

        write_table(csv_path, ("day", "source", "documents"), (row._asdict() for row in covered))
    if as_json:
        from khronika.jsonl import to_json

        click.echo(to_json(found).decode())
        return
    for name in found.__struct_fields__[:-2]:
        value = getattr(found, name)
        click.echo(f"{name.replace('_', ' '):22}{'-' if value is None else f'{value:.2f}' if isinstance(value, float) else value}")
    for month in found.drift:
        p = "-" if month.mean_p is None else f"{month.mean_p:.2f}"
        placed = "-" if month.with_place is None else f"{month.with_place:.0%}"
        click.echo(
            f"{month.month}  {month.documents} documents, {month.accounts_each:.2f} accounts each, {placed} with a place, mean p {p}"
        )
    for outlet in found.outlets:
        click.echo(
            f"{outlet.source}: {outlet.documents} documents, {outlet.first} to {outlet.last}, longest gap {outlet.longest_gap_days} days"
        )


COMMANDS = (counts, trend, assessments, quality)
