"""Commands that keep a record whole: verify, head, rebuild, erase, record copy, backup and erasures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from khronika.cli.options import opened, record_option
from khronika.errors import UsageError

if TYPE_CHECKING:
    from khronika.record.record import Record


@click.command()
@record_option
@click.option("--against", metavar="HEAD|FILE.tsr", help="A head printed earlier, or its time stamp: proves that nothing before it was rebuilt.")
@click.option("--authority", "roots", multiple=True, type=click.Path(exists=True, path_type=Path), help="Certificate of the time-stamp authority (PEM).")
def verify(record_address: str, against: str | None, roots: tuple[Path, ...]) -> None:
    """Check the chain of digests from the first entry to the last."""
    with opened(record_address) as record:
        is_stamp = against is not None and Path(against).is_file()
        head = _stamped(record, Path(against or ""), roots) if is_stamp else against
        report = record.verify(head)
    click.echo(str(report))
    sys.exit(0 if report.ok else 3)


def _stamped(record: Record, path: Path, roots: tuple[Path, ...]) -> str:
    """The head that a time stamp is of; says when it was stamped, and whether by the authority given."""
    from khronika.errors import RecordError
    from khronika.record.stamps import check_stamp, head_of, read_stamp

    stamp = read_stamp(path.read_bytes(), str(path))
    found = head_of(stamp, record.heads())
    if found is None:
        raise RecordError(f"{path}: the stamp of {stamp.at:%Y-%m-%d %H:%M:%S} UTC is of no head of this log; the log before it was rebuilt, or it is another log")
    if roots:
        check_stamp(stamp, found, [root.read_bytes() for root in roots], str(path))
    click.echo(f"stamped {stamp.at:%Y-%m-%d %H:%M:%S} UTC: {found}")
    if not roots:
        click.echo("whose stamp it is was not checked: give the authority's certificate (--authority FILE.pem)", err=True)
    return found


@click.command()
@record_option
@click.option("--stamp", "authority", metavar="ADDRESS", help="Have it stamped by a time-stamp authority (RFC 3161).")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE.tsr", help="Where the stamp goes; beside the record if left out.")
def head(record_address: str, authority: str | None, output: Path | None) -> None:
    """Seq and digest of the newest entry, to be kept somewhere else and verified against later."""
    with opened(record_address) as record:
        found = f"{record.head()}:{record.head_digest()}"
    click.echo(found)
    if authority is not None:
        from khronika.acquire.authority import ask_authority
        from khronika.record.stamps import make_request, read_stamp

        raw = ask_authority(authority, make_request(found))
        stamp = read_stamp(raw, authority)
        name = "khronika" if record_address.startswith("postgresql") else record_address.removeprefix("sqlite:///")
        path = output or Path(f"{name}.{found.partition(':')[0]}.tsr")
        path.write_bytes(raw)
        click.echo(f"stamped {stamp.at:%Y-%m-%d %H:%M:%S} UTC, kept in {path}", err=True)


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
    """Destroy a document with all that was read from it, or a correction (COR-...); a tombstone stays in the chain."""
    with opened(record_address, read_only=False) as record:
        found = item.upper() if record.correction(item.upper()) else record.find_document(item)
        if found is None:
            raise UsageError(f"{item}: no such document or correction in {record_address}")
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
    from khronika.record.upkeep import whole_or_none

    with opened(source) as old, whole_or_none(target), opened(target, create=True, read_only=False) as new:
        click.echo(f"{old.copy_to(new)} entries copied")


@record_group.command("backup")
@click.argument("target", metavar="FILE")
@record_option
def record_backup(target: str, record_address: str) -> None:
    """Save a consistent copy while others read and write."""
    with opened(record_address) as record:
        record.backup(target)
    click.echo(f"saved to {target}")


@record_group.group("erasures")
def erasures() -> None:
    """What was erased, so that copies and backups elsewhere can erase it too."""


@erasures.command("list")
@record_option
def erasures_list(record_address: str) -> None:
    """Print the list, one JSON object a line: places in the chain and the grounds, nothing of the content."""
    from khronika.jsonl import to_json

    with opened(record_address) as record:
        for erasure in record.erasures():
            click.echo(to_json(erasure).decode())


@erasures.command("take")
@click.argument("source", metavar="LIST.jsonl|RECORD")
@record_option
def erasures_take(source: str, record_address: str) -> None:
    """Erase in this record (a copy, a restored backup) what is on a list, or was erased in another record of the same log."""
    from khronika.record.upkeep import read_erasures

    if source.startswith(("postgresql", "sqlite:")) or not source.endswith((".erasures", ".jsonl")):
        with opened(source) as other:
            known = other.erasures()
    else:
        known = read_erasures(Path(source))
    with opened(record_address, read_only=False) as record:
        click.echo(f"erased {record.take_erasures(known)} entries")


COMMANDS = (verify, head, rebuild, erase, record_group)
