"""Commands that keep a record whole: verify, head, rebuild, erase, link, split, record copy and backup."""

from __future__ import annotations

import sys

import click

from khronika.cli.options import now, opened, record_option
from khronika.errors import UsageError


@click.command()
@record_option
@click.option("--against", metavar="HEAD", help="A head printed earlier: proves that nothing before it was rebuilt.")
def verify(record_address: str, against: str | None) -> None:
    """Check the chain of digests from the first entry to the last."""
    with opened(record_address) as record:
        report = record.verify(against)
    click.echo(str(report))
    sys.exit(0 if report.ok else 3)


@click.command()
@record_option
def head(record_address: str) -> None:
    """Seq and digest of the newest entry, to be kept somewhere else and verified against later."""
    with opened(record_address) as record:
        click.echo(f"{record.head()}:{record.head_digest()}")


@click.command()
@record_option
def rebuild(record_address: str) -> None:
    """Drop the tables that are derived from the log and make them again."""
    with opened(record_address, read_only=False) as record:
        record.rebuild()
    click.echo("rebuilt")


@click.command()
@click.argument("item", metavar="ITEM")
@record_option
@click.option("--basis", required=True, help="Why: court order, withdrawn consent, danger to a person ...")
@click.option("--by", default="terminal", show_default=True)
def erase(item: str, record_address: str, basis: str, by: str) -> None:
    """Destroy a document with all that was read from it; a tombstone stays in the chain."""
    with opened(record_address, read_only=False) as record:
        found = record.find_document(item)
        if found is None:
            raise UsageError(f"{item}: no such document in {record_address}")
        count = record.erase(found, basis, by)
    click.echo(f"erased {count} entries of {found[:12]}")


def _verdict(record_address: str, pairs: list[tuple[str, str]], verdict: str, by: str) -> None:
    from khronika.link import link_accounts
    from khronika.types import Link

    with opened(record_address, read_only=False) as record, record.write(by=by) as tx:
        for a, b in pairs:
            low, high = sorted((a, b))
            tx.add_verdict(Link(a=low, b=high, verdict=verdict, weight=0.0, by=by, at=now()))  # type: ignore[arg-type]
        touched = sorted({account for pair in pairs for account in pair})
        tx.add_linking(link_accounts(record.accounts(touched), record, {}))


def _accounts(record_address: str, event_id: str) -> tuple[str, ...]:
    with opened(record_address) as record:
        event = record.event(event_id)
    if event is None:
        raise UsageError(f"{event_id}: no such event in {record_address}")
    return event.account_ids


@click.command()
@click.argument("first", metavar="EVENT")
@click.argument("second", metavar="EVENT")
@record_option
@click.option("--by", default="editor", show_default=True, help="Who decides.")
def link(first: str, second: str, record_address: str, by: str) -> None:
    """Say that two events are the same; the verdict is kept and outlives re-reading."""
    a, b = _accounts(record_address, first), _accounts(record_address, second)
    _verdict(record_address, [(x, y) for x in a for y in b], "same", by)
    click.echo(f"{first} and {second} are one event")


@click.command()
@click.argument("event_id", metavar="EVENT")
@click.argument("account_ids", nargs=-1, required=True, metavar="ACCOUNT...")
@record_option
@click.option("--by", default="editor", show_default=True, help="Who decides.")
def split(event_id: str, account_ids: tuple[str, ...], record_address: str, by: str) -> None:
    """Say that these accounts tell of another event than the rest; the start of an account's id is enough."""
    members = _accounts(record_address, event_id)
    apart = []
    for start in account_ids:
        found = [member for member in members if member.startswith(start)]
        if len(found) != 1:
            raise UsageError(f"{start}: {len(found)} accounts of {event_id} begin so; khronika show {event_id} lists them")
        apart.append(found[0])
    rest = [member for member in members if member not in apart]
    if not rest:
        raise UsageError(f"{event_id}: all its accounts are named; leave one at least")
    _verdict(record_address, [(x, y) for x in apart for y in rest], "different", by)
    click.echo(f"{len(apart)} accounts are no longer in {event_id}")


@click.group("record")
def record_group() -> None:
    """Move or save a whole record."""


@record_group.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def record_copy(source: str, target: str) -> None:
    """Copy a record, digests intact, between files and PostgreSQL addresses."""
    with opened(source) as old, opened(target, create=True, read_only=False) as new:
        click.echo(f"{old.copy_to(new)} entries copied")


@record_group.command("backup")
@click.argument("target", metavar="FILE")
@record_option
def record_backup(target: str, record_address: str) -> None:
    """Save a consistent copy while others read and write."""
    with opened(record_address) as record:
        record.backup(target)
    click.echo(f"saved to {target}")


COMMANDS = (verify, head, rebuild, erase, link, split, record_group)
