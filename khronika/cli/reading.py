"""Commands that take reports in: read, watch, demo, gazetteer, actors."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from khronika.cli.options import at_least_option, json_option, now, opened, parse_day, record_option
from khronika.errors import UsageError
from khronika.extract import DEFAULT

if TYPE_CHECKING:
    from khronika.acquire.items import Options
    from khronika.extract import Server
    from khronika.pipeline import ReadDocument, Settings
    from khronika.types import SetAside


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@record_option
@click.option("--published", metavar="DATE", help="Publication day of documents that state none.")
@click.option("--source", help="Publisher of documents that state none.")
@click.option("--language", help="Language code of documents that state none.")
@click.option("--extractor", default=DEFAULT, show_default=True, help="Way of reading: model, rules (several times as fast, needs no weights) or llm.")
@click.option("--model", type=click.Path(path_type=Path), help="Folder with the weights of a model.")
@click.option("--server", metavar="ADDRESS", help="For --extractor llm: an OpenAI-compatible API (key in KHRONIKA_SERVER_KEY).")
@click.option("--server-model", metavar="NAME", help="Which of its models.")
@click.option("--server-timeout", default=120.0, show_default=True, help="Seconds that an answer may take.")
@click.option("--key", "keys", multiple=True, metavar="NAME=OURS", help="A JSON key or column of another name, e.g. body=text.")
@click.option("--sources", "source_files", multiple=True, type=click.Path(path_type=Path), help="More publishers (TOML).")
@click.option("--actors", "actor_files", multiple=True, type=click.Path(path_type=Path), help="More actors (TOML).")
@click.option("--workers", default=0, type=click.IntRange(0), help="Processes; 0: one a core.")
@at_least_option
@json_option
@click.option("--no-record", is_flag=True, help="Read and print only; keep nothing.")
def read(paths: tuple[str, ...], **options: Any) -> None:
    """Read files, folders, globs, addresses or - (standard input) into the record.

    With --json one object a line is printed for each document: docs/reading.schema.json. --at-least bears on what is printed; the record keeps all.
    """
    from khronika.acquire.items import find

    settings = _settings(options)
    items = find(paths, _acquire_options(options))
    if options["at_least"] is not None and not options["as_json"]:
        raise UsageError("--at-least bears on what --json prints; the record keeps all, and khronika events --at-least chooses from it")
    tally = _Tally(options["as_json"], options["at_least"], not options["no_record"])
    if options["no_record"]:
        from khronika.pipeline import read_items

        for outcome in read_items(items, settings):
            tally.add(outcome, True)
    else:
        from khronika.pipeline import read_into

        with opened(options["record_address"], create=True, read_only=False) as record:
            with tally.progress():
                read_into(record, items, settings, by="machine", done=tally.add)
    tally.close()
    sys.exit(1 if tally.set_aside else 0)


def _settings(options: dict[str, Any]) -> Settings:
    from khronika.pipeline import Settings

    return Settings(
        extractor=options["extractor"],
        model=options["model"],
        server=_server(options),
        source_files=tuple(options["source_files"]),
        actor_files=tuple(options["actor_files"]),
        workers=options["workers"],
    )


def _server(options: dict[str, Any]) -> Server | None:
    """The server that the options name; its answers are kept in the user's cache folder.

    Raises:
        UsageError: only half of it is given, or it is given for another way of reading.
    """
    import os

    from khronika import config
    from khronika.extract import Server

    if bool(options["server"]) != bool(options["server_model"]) or (options["server"] and options["extractor"] != "llm"):
        raise UsageError("--server ADDRESS and --server-model NAME go together, with --extractor llm")
    if not options["server"]:
        return None
    return Server(
        address=options["server"],
        model=options["server_model"],
        key=os.environ.get("KHRONIKA_SERVER_KEY"),
        timeout_s=options["server_timeout"],
        cache=config.cache_folder() / "llm",
    )


def _acquire_options(options: dict[str, Any]) -> Options:
    from khronika.acquire.items import Options

    keys = {}
    for pair in options["keys"]:
        name, _, ours = pair.partition("=")
        if ours not in ("id", "source", "published", "language", "title", "text", "url"):
            raise UsageError(f"--key {pair!r}: give NAME=OURS with OURS one of id, source, published, language, title, text, url")
        keys[name] = ours
    return Options(
        now=now(),
        published=parse_day(options["published"], "--published"),
        source=options["source"],
        language=options["language"],
        keys=keys,
        stdin=sys.stdin.buffer,
    )


class _Tally:
    """Counts and prints as documents come; JSON lines on standard output, everything else on standard error."""

    def __init__(self, as_json: bool, at_least: float | None = None, is_kept: bool = True) -> None:
        self.as_json, self.at_least, self.is_kept = as_json, at_least, is_kept
        self.read = self.known = self.accounts = self.not_coded = self.set_aside = self.undated = 0
        self.dropped: Counter[str] = Counter()
        self._bar: Any = None
        self._task: Any = None

    def progress(self) -> Any:
        """A bar with rate and time where standard error is a terminal."""
        import contextlib

        if self.as_json or not sys.stderr.isatty():
            return contextlib.nullcontext()
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            SpinnerColumn(), TextColumn("{task.completed} documents, {task.fields[rate]} a second"), TimeElapsedColumn(), console=Console(stderr=True)
        )
        self._task = self._bar.add_task("reading", total=None, rate="-")
        return self._bar

    def add(self, outcome: ReadDocument | SetAside, is_new: bool) -> None:
        from khronika.types import SetAside

        if isinstance(outcome, SetAside):
            self.set_aside += 1
            click.echo(f"set aside: {outcome.place}: {outcome.reason}", err=True)
        elif outcome.reason is not None:
            self.not_coded += 1
            click.echo(f"not coded: {outcome.document.capture.place}: {outcome.reason}", err=True)
        elif not is_new:
            self.known += 1
        else:
            self.read += 1
            self.accounts += len(outcome.accounts)
            self.dropped.update(outcome.reading.dropped if outcome.reading else {})
            self.undated += any(account.when.basis == "open" and not account.published for account in outcome.accounts)
        if self.as_json and not isinstance(outcome, SetAside) and outcome.text is not None:
            from khronika.jsonl import to_json
            from khronika.record.likely import likely, likely_accounts
            from khronika.transfer.reading import reading_to_json

            told = outcome.accounts, outcome.assessments, outcome.forecasts
            if self.at_least is not None:
                told = likely_accounts(told[0], self.at_least), likely(told[1], self.at_least), likely(told[2], self.at_least)
            shape = reading_to_json(outcome.document, outcome.text, *told)
            click.echo(to_json(shape).decode())
        if self._bar is not None:
            speed = self._bar.tasks[0].finished_speed or self._bar.tasks[0].speed
            self._bar.update(self._task, advance=1, rate=f"{speed:.0f}" if speed else "-")

    def close(self) -> None:
        parts = [f"{self.read} read", f"{self.accounts} accounts"]
        if self.known:
            parts.append(f"{self.known} already in the record")
        if self.not_coded:
            parts.append(f"{self.not_coded} kept but not coded")
        if self.set_aside:
            parts.append(f"{self.set_aside} set aside" + " (khronika rejected)" * self.is_kept)
        click.echo(", ".join(parts), err=True)
        if self.dropped:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in self.dropped.most_common())
            click.echo(f"{self.dropped.total()} things that the model said were dropped: {reasons}", err=True)
        if self.undated:
            click.echo(
                f"documents without a publication day: {self.undated}; their days stay open, read them again with --published DATE", err=True
            )


@click.command()
@click.argument("feeds", type=click.Path(path_type=Path), metavar="FEEDS.toml")
@record_option
@click.option("--once", is_flag=True, help="Poll each feed that is due, then end.")
def watch(feeds: Path, record_address: str, once: bool) -> None:
    """Poll the feeds listed in a TOML file and read what is new, until Ctrl+C.

    The record keeps when a feed is due again and what it answered, so that a later run goes on where this one ends.
    """
    import time

    from khronika.acquire.fetch import Fetcher
    from khronika.acquire.watch import host_of, poll, read_feeds
    from khronika.pipeline import Settings, read_into
    from khronika.record.polls import Polls
    from khronika.types import Poll

    listed = read_feeds(feeds)
    with opened(record_address, create=True, read_only=False) as record:
        kept = Polls(record)
        fetcher = Fetcher(
            {address: dict(last.validators) for address, last in kept.items()},
            rests={host: (kept[host].next - now()).total_seconds() for feed in listed if (host := host_of(feed.url)) in kept},
        )
        while True:
            tally, answered = _Tally(False), dict[str, Poll]()
            due = min(kept[feed.url].next if feed.url in kept else now() for feed in listed)
            read_into(record, poll(listed, fetcher, now, kept, answered), Settings(workers=1), by="machine", done=tally.add)
            kept.update(answered)
            if due <= now():
                tally.close()
            elif once:
                click.echo(f"no feed is due before {due:%Y-%m-%d %H:%M} UTC", err=True)
            if once:
                sys.exit(1 if tally.set_aside else 0)
            time.sleep(30)


@click.group()
def gazetteer() -> None:
    """The offline index of places: build it, add places to it, see what is missing."""


@gazetteer.command("build")
def gazetteer_build() -> None:
    """Build the index anew from the packages that were installed (under a minute)."""
    from khronika.ground.gazetteer import build, default_path

    path = default_path()
    build(path)
    click.echo(f"built {path}")


@gazetteer.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def gazetteer_import(files: tuple[Path, ...]) -> None:
    """Add a GeoNames country dump, admin codes, alternate names, postal codes, or a CSV or GeoJSON of your own."""
    from khronika.ground.gazetteer import ensure, import_file

    path = ensure()
    for file in files:
        click.echo(f"{file}: {import_file(path, file)} places")


@gazetteer.command("missing")
@record_option
@click.option("--top", default=40, type=click.IntRange(1), show_default=True, help="How many.")
def gazetteer_missing(record_address: str, top: int) -> None:
    """Places that reports name and the index lacks, most frequent first."""
    with opened(record_address) as record:
        for name, count in list(record.missing_places())[:top]:
            click.echo(f"{count:6}  {name}")


@click.group()
def actors() -> None:
    """The registry of actors."""


@actors.command("missing")
@record_option
@click.option("--top", default=40, type=click.IntRange(1), show_default=True, help="How many.")
def actors_missing(record_address: str, top: int) -> None:
    """Speakers and authors that reports name and the registry lacks, most frequent first."""
    from collections import Counter

    from khronika.types import Filter

    counts: Counter[str] = Counter()
    with opened(record_address) as record:
        for event in record.events(Filter(background=True)):
            for account in record.accounts(event.account_ids):
                named = [p.actor for p in account.mention.perpetrators] + [c.speaker for c in account.mention.claims]
                counts.update(actor.name for actor in named if actor and not actor.id)
    for name, count in counts.most_common(top):
        click.echo(f"{count:6}  {name}")


@click.command()
@click.argument("folder", default="examples", type=click.Path(path_type=Path))
@click.option("--record", "record_address", default="./demo.sqlite", show_default=True, metavar="FILE")
def demo(folder: Path, record_address: str) -> None:
    """Read the example reports into a fresh record and show its events."""
    from khronika.acquire.items import Options, find
    from khronika.cli.looking import print_events
    from khronika.pipeline import Settings, read_into
    from khronika.types import Filter

    if not (folder / "reports").is_dir():
        raise UsageError(f"{folder / 'reports'}: no such folder; run the demo in the folder of khronika's sources")
    for suffix in ("", "-wal", "-shm"):
        Path(record_address + suffix).unlink(missing_ok=True)
    tally = _Tally(False)
    with opened(record_address, create=True, read_only=False) as record:
        click.echo(f"Reading {folder / 'reports'} (the first run builds the index of places, under a minute) ...", err=True)
        items = find([str(folder / "reports")], Options(now=now()))
        read_into(record, items, Settings(extractor="rules", source_files=(folder / "sources.toml",)), by="demo", done=tally.add)
        tally.close()
        first = print_events(record, Filter())
    click.echo(f"\nNext: .venv/bin/khronika show {first} --record {record_address}   (who says what, in which words)")


COMMANDS = (read, watch, gazetteer, actors, demo)
