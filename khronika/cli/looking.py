"""Commands that show a record: events, show, article, why, diff, rejected, corrections."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from khronika.cli.options import filters, json_option, opened, parse_moment, record_option, wanted
from khronika.errors import UsageError

if TYPE_CHECKING:
    import datetime as dt

    from khronika.record.record import Record
    from khronika.types import Event, Filter, Held, Quote, Range, Text


@click.command()
@record_option
@filters
@json_option
def events(record_address: str, as_json: bool, **options: Any) -> None:
    """The events of a record: day, place, what, toll, who, and how many reports and origins."""
    chosen = wanted(options)
    with opened(record_address) as record:
        say_what_is_gone(record, chosen.as_of)
        if as_json:
            from khronika.jsonl import to_json

            for event in record.events(chosen):
                click.echo(to_json(event).decode())
        elif print_events(record, chosen) is None:
            click.echo("no events; khronika read PATH... puts some in", err=True)


def say_what_is_gone(record: Record, as_of: int | dt.datetime | None) -> None:
    """A line on standard error where an old view is not as it was."""
    gone = record.erased_since(as_of) if as_of is not None else 0
    if gone:
        click.echo(f"{gone} entries of then were erased since; this is what the rest amounts to (khronika record erasures list)", err=True)


def print_events(record: Record, chosen: Filter) -> str | None:
    """Print the table of events and return the id of the one with the most reports."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    first: Event | None = None
    rows = []
    for event in record.events(chosen):
        rows.append(_row(event))
        if first is None or (event.reports, len(event.contested)) > (first.reports, len(first.contested)):
            first = event
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
    elif rows:
        table = Table("event", "days", "place", "what", "killed", "injured", "taken", "author held", "voices", "contested", box=SIMPLE_HEAD)
        for row in rows:
            table.add_row(*row)
        _console().print(table)
    return first.id if first else None


def _console() -> Any:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160, highlight=False)


def _row(event: Event) -> tuple[str, ...]:
    when, where = event.when.value, event.where.value
    days = "open" if when.start is None else str(when.start) if when.start == when.end else f"{when.start}..{when.end}"
    if when.basis == "assumed_fresh":
        days += " ~"
    place = "-" if where is None else where.name + ("" if where.latitude is not None else " ?")
    what = event.kind.value + ("" if event.status.value == "occurred" else f" ({event.status.value})")
    author = ", ".join(actor.name for actor in event.perpetrators.value) or "unknown"
    voices = f"{event.reports} report{'s' * (event.reports != 1)}, {event.origins} origin{'s' * (event.origins != 1)}"
    if event.party_origins:
        voices += f", {event.party_origins} a party"
    return (
        event.id,
        days,
        place,
        what,
        toll(event.killed),
        toll(event.injured),
        toll(event.detained),
        author,
        voices,
        ", ".join(event.contested),
    )


def toll(held: Held[Range] | None) -> str:
    """A range in a few signs: "3", "2-5", "12+", or "" where nobody says."""
    if held is None:
        return ""
    value = held.value
    if value.high is None:
        return f"{value.low}+"
    return str(value.low) if value.low == value.high else f"{value.low}-{value.high}"


@click.command()
@click.argument("event_id", metavar="EVENT")
@record_option
@click.option("--as-of", "as_of", metavar="SEQ|INSTANT", help="As the record was then.")
@json_option
def show(event_id: str, record_address: str, as_of: str | None, as_json: bool) -> None:
    """One event: what is held and by which rule, and who says what in which words."""
    with opened(record_address) as record:
        event = record.event(event_id, parse_moment(as_of))
        say_what_is_gone(record, parse_moment(as_of))
        if event is None:
            raise UsageError(f"{event_id}: no such event in {record_address}; khronika events lists them")
        if as_json:
            from khronika.jsonl import to_json

            click.echo(to_json(event).decode())
            return
        _show(record, event)


def _show(record: Record, event: Event) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    console = _console()
    _, days, place, what, killed, injured, taken, author, voices, contested = _row(event)
    console.print(f"{event.id}  {what}  {days}  {place}", style="bold", markup=False)
    for name, value, held in (
        ("when", f"{days} ({event.when.value.basis}: {event.when.value.reason})", event.when),
        (
            "where",
            place if event.where.value is None else f"{place}, {event.where.value.country or '?'}, {event.where.value.precision}",
            event.where,
        ),
        ("author", author, event.perpetrators),
        ("killed", killed, event.killed),
        ("injured", injured, event.injured),
        ("taken", taken, event.detained),
    ):
        if held is not None:
            console.print(
                f"  {name:9}{value or '-'}   [rule: {held.rule}; {len(held.supported_by)} for, {len(held.disputed_by)} against]",
                markup=False,
            )
    console.print(f"  {'grades':9}occurrence: {event.grade_occurrence}; author: {event.grade_author}", markup=False)
    console.print(f"  {'voices':9}{voices}; reviewed by: {event.review}" + (f"; contested: {contested}" if contested else ""), markup=False)
    table = Table("who", "stance", "about", "via", "in which words", box=SIMPLE_HEAD)
    for voice in event.voices:
        table.add_row(
            voice.speaker + (f" [{voice.side}]" if voice.side else ""), voice.stance, voice.about, voice.source or "", voice.words
        )
    console.print(table)
    for account in record.accounts(event.account_ids):
        document = record.document(account.document_id)
        address = (document.url or document.capture.place) if document else ""
        console.print(f"  account {account.id[:12]}  {account.source or '-'}  {account.published or 'no date'}  {address}", markup=False)


@click.command()
@click.argument("document_id", metavar="DOCUMENT")
@record_option
@click.option("--explain", is_flag=True, help="What the rules find too, and where the two differ.")
def article(document_id: str, record_address: str, explain: bool) -> None:
    """One text with the words of its events marked; DOCUMENT is a document's or an account's id, or the start of one."""
    with opened(record_address) as record:
        found = record.find_document(document_id)
        if found is None:
            raise UsageError(f"{document_id}: no such document in {record_address}")
        text = record.text(found)
        if text is None:
            raise UsageError(f"{document_id}: no text was made of it; khronika rejected says why")
        _console().print(_marked(record, found, text))
        for account in record.accounts_of_document(found):
            mention = account.mention
            click.echo(f"{account.id[:12]}  {mention.kind}  {mention.status}  “{mention.trigger.words}”  by {mention.by}  p={mention.p}")
        if explain:
            _explain(record, found, text)


_STYLES = {
    "trigger": "bold reverse",
    "when": "cyan underline",
    "where": "green underline",
    "who": "magenta",
    "whom": "yellow",
    "toll": "red",
}


def _marked(record: Record, document_id: str, text: Text) -> Any:
    from rich.text import Text as Styled

    styled = Styled(text.body)
    for start, end in text.boilerplate:
        styled.stylize("dim strike", start, end)

    def mark(style: str, *quotes: Quote | None) -> None:
        for quote in quotes:
            if quote is not None and quote.within == "body":
                styled.stylize(_STYLES[style], quote.start, quote.end)

    for account in record.accounts_of_document(document_id):
        mention = account.mention
        mark("when", account.when.quote)
        mark("where", account.where.quote if account.where else None)
        mark("who", *(p.quote for p in mention.perpetrators))
        mark("whom", *(p.quote for p in (*mention.targets, *mention.victims)))
        mark("toll", *(toll.quote for toll in (mention.killed, mention.injured, mention.detained) if toll))
        mark("trigger", mention.trigger)
    return styled


def _explain(record: Record, document_id: str, text: Text) -> None:
    from khronika.extract import EXTRACTORS
    from khronika.text import overlaps

    rules = EXTRACTORS["rules"](None).read(text)
    kept = [account.mention for account in record.accounts_of_document(document_id)]
    for other in rules.mentions:
        twin = next(
            (m for m in kept if any(overlaps((a.start, a.end), (b.start, b.end)) for a in m.evidence for b in other.evidence)), None
        )
        if twin is None:
            click.echo(f"only {rules.by}: {other.kind}  “{other.trigger.words}”")
            continue
        for name in ("kind", "status", "background"):
            if getattr(twin, name) != getattr(other, name):
                click.echo(f"“{twin.trigger.words}”: {name} {getattr(twin, name)} ({twin.by}), {getattr(other, name)} ({rules.by})")
    for mention in kept:
        if not any(overlaps((a.start, a.end), (b.start, b.end)) for o in rules.mentions for a in o.evidence for b in mention.evidence):
            click.echo(f"only {mention.by}: {mention.kind}  “{mention.trigger.words}”")


@click.command()
@click.argument("event_id", metavar="EVENT")
@record_option
def why(event_id: str, record_address: str) -> None:
    """Why an event's accounts were joined: each weight in words, in log2 odds."""
    with opened(record_address) as record:
        event = record.event(event_id)
        if event is None:
            raise UsageError(f"{event_id}: no such event in {record_address}")
        inside = set(event.account_ids)
        links = [link for link in record.links_of(event.account_ids) if link.a in inside and link.b in inside]
        if len(inside) == 1:
            click.echo("one account only; nothing was joined")
        for link in links:
            click.echo(f"{link.a[:12]} ~ {link.b[:12]}  {link.verdict}  {link.weight:+.1f} by {link.by}")
            for reason in link.reasons:
                click.echo(f"    {reason.weight:+5.1f}  {reason.feature}: {reason.level}")


@click.command()
@click.argument("first")
@click.argument("second")
@record_option
def diff(first: str, second: str, record_address: str) -> None:
    """What changed between two seqs: events added, changed (fields) and gone."""
    for value in (first, second):
        if not value.isdigit():
            raise UsageError(f"{value!r} is no seq: give two numbers; khronika head prints the newest")
    with opened(record_address) as record:
        for change in record.diff(int(first), int(second)):
            click.echo(change)


@click.command()
@record_option
@json_option
def rejected(record_address: str, as_json: bool) -> None:
    """Documents that were set aside or kept but not coded, with the reason."""
    with opened(record_address) as record:
        for row in record.rejections():
            if as_json:
                from khronika.jsonl import to_json

                click.echo(to_json(row).decode())
            else:
                click.echo(f"{row.place}: {row.reason}")


COMMANDS = (events, show, article, why, diff, rejected)
