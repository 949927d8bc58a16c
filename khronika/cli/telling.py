"""Commands by which people say more than that a field was misread: report, add, confirm, link, split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from khronika.cli.options import now, opened, parse_day, record_option
from khronika.errors import UsageError

if TYPE_CHECKING:
    from khronika.record.record import Record
    from khronika.types import Correction, Event

by_editor = click.option("--by", default="editor", show_default=True, metavar="NAME", help="Who decides.")


@click.command()
@click.argument("item", metavar="EVENT|DOCUMENT")
@click.argument("category", metavar="WHAT", type=click.Choice(("danger", "misread", "same", "no_event", "missing", "new", "article", "other")))
@record_option
@click.option("--reason", default="", help="What is wrong, and why.")
@click.option("--field", help="With misread: day, place, kind, killed, injured, taken or who.")
@click.option("--value", default="", help="With misread: the value that is right.")
@click.option("--other", default="", metavar="EVENT", help="With same: the other event.")
@click.option("--words", default="", metavar="TEXT", help="The text's own words, exactly.")
@click.option("--link", default="", metavar="ADDRESS", help="Evidence.")
@click.option("--by", default="reader", show_default=True, metavar="NAME", help="Who says so.")
def report(item: str, category: str, record_address: str, by: str, **said: Any) -> None:
    """Say what is wrong with an event or a text; an editor decides (khronika corrections).

    WHAT is danger (it endangers somebody: hidden at once, seen by editors only), misread, same, no_event, missing, new, article or other.
    """
    from khronika.cli.correcting import correction_line
    from khronika.review.correcting import propose
    from khronika.review.places import locate
    from khronika.review.reporting import Report, take_report

    with opened(record_address, read_only=False) as record:
        is_event = record.event(item) is not None
        document_id = None if is_event else record.find_document(item)
        if not is_event and document_id is None:
            raise UsageError(f"{item}: no such event or document in {record_address}")
        told = Report(category=category, event_id=item if is_event else None, document_id=document_id, **said)
        (entered,) = propose(record, [take_report(record, told, now(), locate)], by)
        click.echo(correction_line(entered))


@click.command()
@click.argument("document", metavar="DOCUMENT")
@record_option
@click.option("--words", metavar="TEXT", help="The words that tell of an event, exactly as they stand there.")
@click.option("--kind", help="One of the 25 kinds (docs/codebook.md).")
@click.option("--day", help="2031-05-03 or 2031-05-03..2031-05-05.")
@click.option("--place", help="A place's name.")
@click.option("--who", help="The words for who did it.")
@click.option("--killed", help="3, 2..5 or 12+.")
@click.option("--injured", help="3, 2..5 or 12+.")
@click.option("--taken", help="3, 2..5 or 12+.")
@click.option("--status", help="occurred, attempted, foiled or alleged.")
@click.option("--published", metavar="DATE", help="Publication day of a document that states none.")
@click.option("--source", help="Publisher of a document that states none.")
@click.option("--by", default="editor", show_default=True, metavar="NAME", help="Who read it.")
def add(document: str, record_address: str, words: str | None, by: str, published: str | None, source: str | None, **fields: str | None) -> None:
    """Take in a document (a file, an address, or - for standard input; or one that the record has) and what a person reads in it.

    Without --words it is read like any other; with --words, --kind and what the words say besides, a person's own account is laid over them.
    """
    from khronika.review.adding import add_account, type_account
    from khronika.review.places import locate

    typed = {name: value for name, value in fields.items() if value is not None}
    if typed and words is None:
        raise UsageError("--words: give the words of the text that say so")
    with opened(record_address, create=True, read_only=False) as record:
        document_id = record.find_document(document) or _take_in(record, document, parse_day(published, "--published"), source, by)
        held, text = record.document(document_id), record.text(document_id)
        if held is None or text is None:
            raise UsageError(f"{document}: no text could be made of it; khronika rejected says why")
        if words is None:
            read = record.accounts_of_document(document_id)
            click.echo(f"{document_id[:12]}  {len(read)} accounts; khronika add {document_id[:12]} --words ... --kind ... adds one")
            for account in read:
                click.echo(f"  {account.id[:12]}  {record.event_of(account.id)}  {account.mention.kind}  “{account.mention.trigger.words}”")
            return
        account = type_account(held, text, words, typed, by, locate)
        click.echo(f"{account.id[:12]}  {add_account(record, account)}  {account.mention.kind}  “{account.mention.trigger.words}”")


def _take_in(record: Record, place: str, published: Any, source: str | None, by: str) -> str:
    """Read one document in and give its id."""
    import sys

    from khronika.acquire.items import Options, find
    from khronika.pipeline import ReadDocument, Settings, read_into

    found: list[str] = []

    def done(outcome: Any, is_new: bool) -> None:
        if isinstance(outcome, ReadDocument):
            found.append(outcome.document.id)
        else:
            raise UsageError(f"{outcome.place}: {outcome.reason}")

    items = find([place], Options(now=now(), published=published, source=source, by=by, stdin=sys.stdin.buffer))
    read_into(record, items, Settings(workers=1), by, done)
    if len(found) != 1:
        raise UsageError(f"{place}: {len(found)} documents; give one (khronika read takes many)")
    return found[0]


@click.command()
@click.argument("event_id", metavar="EVENT")
@record_option
@by_editor
def confirm(event_id: str, record_address: str, by: str) -> None:
    """Say that an editor read an event and finds it right; the public profile shows such events."""
    from khronika.review.deciding import confirm_event

    with opened(record_address, read_only=False) as record:
        _act(record, [confirm_event(_event(record, event_id), now())], by, "")
        click.echo(f"  {event_id} reviewed by: {_event(record, event_id).review}")


@click.command()
@click.argument("first", metavar="EVENT")
@click.argument("second", metavar="EVENT")
@record_option
@by_editor
@click.option("--reason", default="told by both", help="Why.")
def link(first: str, second: str, record_address: str, by: str, reason: str) -> None:
    """Say that two events are the same; the verdict is kept, outlives re-reading, and is undone by withdrawing it."""
    from khronika.review.deciding import join_events

    with opened(record_address, read_only=False) as record:
        _act(record, [join_events(_event(record, first), _event(record, second), reason, now())], by, reason)
    click.echo(f"{first} and {second} are one event")


@click.command()
@click.argument("event_id", metavar="EVENT")
@click.argument("account_ids", nargs=-1, required=True, metavar="ACCOUNT...")
@record_option
@by_editor
@click.option("--reason", default="another event", help="Why.")
def split(event_id: str, account_ids: tuple[str, ...], record_address: str, by: str, reason: str) -> None:
    """Say that these accounts tell of another event than the rest; the start of an account's id is enough."""
    from khronika.review.deciding import split_event

    with opened(record_address, read_only=False) as record:
        _act(record, [split_event(_event(record, event_id), account_ids, reason, now())], by, reason)
    click.echo(f"{len(account_ids)} accounts are no longer in {event_id}")


def _event(record: Record, event_id: str) -> Event:
    event = record.event(event_id)
    if event is None:
        raise UsageError(f"{event_id}: no such event in {record.address}")
    return event


def _act(record: Record, corrections: list[Correction], by: str, reason: str) -> None:
    from khronika.cli.correcting import correction_line
    from khronika.review.deciding import act

    for done in act(record, corrections, by, reason):
        click.echo(correction_line(done), err=True)


COMMANDS = (report, add, confirm, link, split)
