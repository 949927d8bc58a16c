"""Commands that hand events over and take them in: export, import."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from khronika.cli.options import filters, not_blank, now, opened, parse_day, parse_moment, record_option, terminal_policy, wanted
from khronika.errors import UsageError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Sequence

    from khronika.record.record import Record
    from khronika.transfer.coding import Row
    from khronika.transfer.manifest import Made
    from khronika.transfer.outgoing import Outgoing


WITHHELD = "withheld by policy"
"""In a data package in place of a filter's value that tells more than the rows."""


@click.command()
@click.argument("format", metavar="FORMAT")
@record_option
@filters
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File; its data package goes beside it. Standard output if left out.",
)
@click.option("--profile", default="research", show_default=True, help="full, research or public (docs/do-no-harm.md).")
@click.option("--rule", default="held", show_default=True, help="For disputed values: held, conservative or latest (docs/exports.md).")
@click.option("--today", metavar="DAY", help="By the policy of this day, so that an export can be made again; today if left out.")
@click.option(
    "--licence", default="CC-BY-4.0", show_default=True, callback=not_blank, help="Under which you hand it on; stands in the data package."
)
def export(
    format: str, record_address: str, output: Path | None, profile: str, rule: str, today: str | None, licence: str, **options: Any
) -> None:
    """Write events as csv, jsonl, geojson, reports, acled, ged, plover, viina, viina-1pd, jsonld, parquet or sqlite (docs/exports.md)."""
    from khronika.transfer.export import EXPORTS, write_export
    from khronika.transfer.outgoing import Kept, Outgoing
    from khronika.transfer.ruling import RULES

    if format not in EXPORTS:
        raise UsageError(f"format {format!r} is unknown; there are: {', '.join(EXPORTS)}")
    if rule not in RULES:
        raise UsageError(f"--rule {rule!r} is unknown; there are: {', '.join(RULES)}")
    chosen, policy = wanted(options), terminal_policy(profile).on(parse_day(today, "--today") or now().date())
    with opened(record_address, read_only=profile != "full") as record:
        if profile == "full":
            with record.write(by="terminal") as tx:
                tx.note("use", "export", {"profile": profile, "format": format})
        outgoing: Outgoing
        if profile == "full" or rule != "held" or chosen.as_of is not None or chosen.at_least is not None:
            outgoing = Outgoing(record, record.events(chosen), policy, rule, chosen)
        else:
            outgoing = Kept(record, policy, chosen, lambda read_only: opened(record_address, read_only=read_only))
        no_row = write_export(format, outgoing, output)
        if output is not None:
            try:
                _write_beside(record, output, _made(record, outgoing, no_row, format=format, licence=licence, options=options))
            except UsageError as error:
                raise UsageError(f"{error}; {output} is whole, but what belongs beside it is not") from error
    if no_row:
        reasons = "; ".join(f"{reason}: {count}" for reason, count in sorted(no_row.items()))
        click.echo(f"{no_row.total()} events have no row in {format}: {reasons}", err=True)
    if not outgoing.shown + outgoing.kept:
        click.echo("no event fits the filter; khronika events lists what there is", err=True)
    written = outgoing.shown - no_row.total()
    if outgoing.rows is not None:
        click.echo(f"{outgoing.shown} events in, {outgoing.rows} rows out", err=True)
    click.echo(f"{written} events written, {outgoing.kept} kept back by policy {policy.version} (profile {profile})", err=True)


def _made(record: Record, outgoing: Outgoing, no_row: Counter[str], *, format: str, licence: str, options: dict[str, Any]) -> Made:
    from khronika.record.shown import head_as_of
    from khronika.transfer.manifest import Made

    policy = outgoing.policy
    as_of = options.pop("as_of")
    seq, digest = head_as_of(record, parse_moment(as_of))
    withheld = outgoing.telling if outgoing.shown else {"place"} if policy.profile != "full" else set()
    return Made(
        format=format,
        profile=policy.profile,
        policy_version=policy.version,
        policy_digest=policy.digest,
        today=policy.today.isoformat(),
        rule=outgoing.rule,
        head=f"{seq}:{digest}",
        as_of=as_of,
        filter={name: WITHHELD if name in withheld else value for name, value in options.items() if value not in (None, False)},
        shown=outgoing.shown,
        reviewed=outgoing.reviewed,
        kept_back=outgoing.kept,
        no_row=no_row,
        audit=_latest_audit(record, policy.profile, seq),
        licence=licence,
    )


def _latest_audit(record: Record, profile: str, until: int) -> dict[str, Any] | None:
    """The figures of the latest audit at a seq, None where none was drawn; who coded stands in profile full alone."""
    import msgspec

    from khronika.cli.scoring import audit_result

    try:
        found: dict[str, Any] = msgspec.to_builtins(audit_result(record, until=until))
    except UsageError:
        return None
    if profile != "full":
        found["coded"] = {f"coder {number}": coded for number, coded in enumerate(found["coded"].values(), 1)}
    return found


def _write_beside(record: Record, output: Path, made: Made) -> None:
    """The data package, what is gone since, and for some formats what the shape cannot say."""
    from khronika.record.merge import event_id
    from khronika.record.shown import ended
    from khronika.transfer.files import datasette_metadata
    from khronika.transfer.manifest import SIDES, package, to_text, unknown_fatalities

    gone = (
        {"event_id": event_id(n), "what": "merged" if into else "deleted", "into": event_id(into) if into else None}
        for n, into in ended(record, int(made.head.partition(":")[0]) if made.as_of else None)
    )
    tables: dict[str, Any] = {"deletions": gone}
    if made.format == "acled":
        tables["unknown-fatalities"] = unknown_fatalities(output)
    sides = []
    for name, rows in tables.items():
        sides.append(output.with_name(f"{output.name}.{name}.csv"))
        write_table(sides[-1], SIDES[name], rows)
    found = package(output, made, sides)
    _write_text(output.with_name(f"{output.name}.datapackage.json"), to_text(found))
    if made.format == "sqlite":
        _write_text(output.with_name(f"{output.name}.metadata.json"), datasette_metadata(found))


def write_table(path: Path, names: Sequence[str], rows: Iterable[Row]) -> None:
    """Write rows as a CSV file, whole or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    from collections import Counter

    from khronika.transfer.coding import write_rows
    from khronika.transfer.export import write_file

    def write(out: Any) -> Counter[str]:
        write_rows(names, rows, out)
        return Counter()

    write_file(path, False, write)


def _write_text(path: Path, text: str) -> None:
    from collections import Counter

    from khronika.transfer.export import write_file

    def write(out: Any) -> Counter[str]:
        out.write(text)
        return Counter()

    write_file(path, False, write)


@click.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.jsonl")
@record_option
def import_events(path: Path, record_address: str) -> None:
    """Take in the events of another record (khronika export jsonl), under their own ids, into a new record, to look at, count, serve and export."""
    from itertools import islice

    from khronika.transfer.importing import read_events

    taken = wrong = 0
    lines = read_events(path)
    with opened(record_address, create=True, read_only=False) as record:
        for part in iter(lambda: list(islice(lines, 500)), []):
            with record.write(by=f"import {path.name}") as tx:
                for number, found in part:
                    if isinstance(found, str):
                        wrong += 1
                        click.echo(f"{path}:{number}: {found}", err=True)
                    else:
                        tx.add_import(found)
                        taken += 1
    click.echo(f"{taken} events imported into {record_address}, {wrong} lines left out", err=True)
    sys.exit(1 if wrong else 0)


COMMANDS = (export, import_events)
