"""The command that reads the kept texts anew: reread."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from khronika.cli.options import opened, parse_day, record_option
from khronika.extract import DEFAULT

if TYPE_CHECKING:
    from khronika.record.record import Record
    from khronika.review.rereading import Again
    from khronika.types import Document, Text


@click.command()
@record_option
@click.option("--since", metavar="DAY", help="Only documents published (or, without a date, taken in) on or after this day.")
@click.option("--extractor", default=DEFAULT, show_default=True, help="Way of reading: model, rules (several times as fast, needs no weights) or llm.")
@click.option("--model", type=click.Path(path_type=Path), help="Folder with the weights of a model.")
@click.option("--sources", "source_files", multiple=True, type=click.Path(path_type=Path), help="More publishers (TOML).")
@click.option("--actors", "actor_files", multiple=True, type=click.Path(path_type=Path), help="More actors (TOML).")
@click.option("--workers", default=0, type=click.IntRange(0), help="Processes; 0: one a core.")
@click.option("--by", default="machine", show_default=True, metavar="NAME")
@click.option("--yes", is_flag=True, help="Append without asking.")
def reread(record_address: str, since: str | None, by: str, yes: bool, **options: Any) -> None:
    """Read the kept texts with a newer extractor: shows what would change, then appends it.

    Events keep their names, corrections and verdicts hold, and what was read before stays in the log. A text that nothing changes in is left alone.
    """
    import tempfile

    from khronika.pipeline import Settings
    from khronika.review.rereading import take_plan, write_plan

    day = parse_day(since, "--since")
    settings = Settings(**options)
    with opened(record_address, read_only=False) as record, tempfile.TemporaryFile() as plan:
        faults: list[str] = []
        found = write_plan(_plan(record, day, settings, faults), plan)
        for line in (*faults, *found.conflicts, *(f"{number} documents: {name}" for name, number in found.readers.most_common())):
            click.echo(line, err=True)
        for name, number in sorted(found.changes.items(), key=lambda pair: (-pair[1], pair[0])):
            click.echo(f"{number:7}  {name}")
        count = found.readers.total()
        if not count:
            click.echo("nothing would change", err=True)
        elif yes or click.confirm(f"append the new readings of {count} documents?", err=True):
            plan.seek(0)
            done = 0
            for number in take_plan(record, plan, by):
                done += number
                click.echo(f"{done} documents read anew")
        else:
            click.echo("nothing appended", err=True)


def _plan(record: Record, since: dt.date | None, settings: Any, faults: list[str]) -> Iterator[Again]:
    from khronika.pipeline import read_kept
    from khronika.review.rereading import compare_readings
    from khronika.types import Correction

    accepted: dict[str, list[Correction]] = {}
    for correction in record.corrections("accepted"):
        accepted.setdefault(correction.account_id or "", []).append(correction)
    for done in read_kept(_texts(record, since), settings):
        if done.reading is None:
            if "fault" in (done.reason or ""):
                faults.append(f"{done.document.capture.place}: {done.reason}; its older reading stays")
            continue
        again = compare_readings(record, done.document.id, done.reading, done.accounts, accepted)
        if again is not None:
            yield again


def _texts(record: Record, since: dt.date | None) -> Iterator[tuple[Document, Text]]:
    for document in record.documents():
        if since is None or (document.published or document.capture.at.date()) >= since:
            text = record.text(document.id)
            if text is not None:
                yield document, text


COMMANDS = (reread,)
