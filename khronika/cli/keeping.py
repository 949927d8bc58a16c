"""Commands that keep a record whole: verify, head, rebuild, erase, record copy, backup and erasures."""

from __future__ import annotations

import sys

import click

from khronika.cli.options import opened, record_option
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


COMMANDS = (verify, head, rebuild, erase, record_group)
