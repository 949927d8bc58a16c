"""Commands by which people change a record: correct, and corrections list, show, accept, reject, withdraw, table."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from khronika.cli.options import filters, json_option, now, opened, record_option, terminal_policy, wanted
from khronika.errors import UsageError

if TYPE_CHECKING:
    from khronika.record.record import Record
    from khronika.types import Account, Correction


@click.command()
@click.argument("account_id", metavar="ACCOUNT", required=False)
@click.argument("field", metavar="FIELD", required=False)
@click.argument("value", metavar="VALUE", required=False)
@record_option
@click.option("--reason", default="", help="Why; with --from, for the lines that give none.")
@click.option("--words", metavar="TEXT", help="The text's own words that prove it, exactly.")
@click.option("--by", default="reader", show_default=True, metavar="NAME", help="Who says so.")
@click.option("--danger", is_flag=True, help="This endangers somebody: seen by editors only, before all else.")
@click.option("--from", "sheet", type=click.Path(path_type=Path), metavar="FILE.csv", help="The changed cells of a sheet (khronika corrections table).")
@click.option("--yes", is_flag=True, help="With --from: take the changes without asking.")
def correct(account_id: str | None, field: str | None, value: str | None, record_address: str, sheet: Path | None, **said: Any) -> None:
    """Say that an account misreads its text; an editor decides (khronika corrections).

    FIELD is event (VALUE none: it tells of no event), kind, status, day, place, killed, injured, taken, background or rollup; counts are
    3, 2..5, 12+ or none, days 2031-05-03 or 2031-05-03..2031-05-05.
    """
    from khronika.review.correcting import Wish, find_account, make_correction, propose
    from khronika.review.places import locate

    if sheet is not None and account_id is None:
        _correct_from(sheet, record_address, said)
        return
    if sheet is not None or account_id is None or field is None or value is None:
        raise UsageError("give ACCOUNT FIELD VALUE, or --from FILE.csv alone")
    wish = Wish(field=field, value=value, reason=said["reason"], words=said["words"], by=said["by"], danger=said["danger"])
    with opened(record_address, read_only=False) as record:
        account = find_account(record, account_id)
        correction = make_correction(account, wish, record.text(account.document_id), now(), locate)
        for entered in propose(record, [correction], said["by"]):
            click.echo(correction_line(entered))


def _correct_from(sheet: Path, record_address: str, said: dict[str, Any]) -> None:
    from khronika.review.correcting import Wish, propose
    from khronika.review.places import locate
    from khronika.review.table import read_table

    if said["words"] or said["danger"]:
        raise UsageError("--words and --danger are for one correction; a sheet has a column 'words'")
    with opened(record_address, read_only=False) as record:
        defaults = Wish(field="", value="", reason=said["reason"], by=said["by"])
        found = read_table(sheet, record, defaults, now(), locate)
        for correction in found:
            click.echo(f"  {str(correction.account_id)[:12]}  {_change(correction)}  ({correction.reason})")
        if not found:
            click.echo(f"{sheet}: nothing differs from the record", err=True)
        elif said["yes"] or click.confirm(f"enter {len(found)} corrections?", err=True):
            for entered in propose(record, found, said["by"]):
                click.echo(correction_line(entered))
        else:
            click.echo("nothing entered", err=True)


@click.group()
def corrections() -> None:
    """What people say is misread, and what editors decided."""


_STATES = ("proposed", "accepted", "rejected", "withdrawn")


@corrections.command("list")
@record_option
@click.option("--state", type=click.Choice((*_STATES, "all")), default="proposed", show_default=True)
@click.option("--public", is_flag=True, help="The public log: decided ones, names masked, without those that endanger somebody.")
@json_option
def list_corrections(record_address: str, state: str, public: bool, as_json: bool) -> None:
    """Open corrections, most pressing first; or those of another state, oldest first."""
    from khronika.jsonl import to_json
    from khronika.review.public import public_log
    from khronika.review.queue import order_queue

    with opened(record_address) as record:
        if public:
            for shown in public_log(record, terminal_policy("research")):
                line = f"{shown.id}  {shown.day}  {shown.event_id}  {shown.field}: {shown.old} -> {shown.new}  {shown.state}  {shown.reason}"
                click.echo(to_json(shown).decode() if as_json else line)
        elif state == "proposed":
            for row in order_queue(record):
                folded = f"  (+{len(row.same)} say the same)" * bool(row.same) + f"  (+{len(row.rivals)} otherwise)" * bool(row.rivals)
                would = f"  would change: {', '.join(row.changes) or 'nothing'}"
                click.echo(to_json(row).decode() if as_json else correction_line(row.correction) + would + folded)
        else:
            for correction in record.corrections(None if state == "all" else state):
                click.echo(to_json(correction).decode() if as_json else correction_line(correction))


@corrections.command("show")
@click.argument("correction_id", metavar="CORRECTION")
@record_option
@json_option
def show_correction(correction_id: str, record_address: str, as_json: bool) -> None:
    """One correction with its words, its reason, who decided, and what else is said of the same field."""
    from khronika.jsonl import to_json
    from khronika.review.deciding import find_correction
    from khronika.review.queue import effect_of, newer_rivals

    with opened(record_address) as record:
        correction = find_correction(record, correction_id)
        if as_json:
            click.echo(to_json(correction).decode())
            return
        click.echo(correction_line(correction))
        click.echo(f"  about    account {(correction.account_id or '-')[:12]}  document {(correction.document_id or '-')[:12]}  {correction.category}")
        click.echo(f"  by       {correction.by}  {correction.at:%Y-%m-%d %H:%M}" if correction.at else f"  by       {correction.by}")
        click.echo(f"  reason   {correction.reason or '-'}" + (f"  (for editors only: {correction.name})" if correction.name else ""))
        if correction.evidence or correction.follows:
            click.echo(f"  with     {correction.evidence or ''} {f'in place of {correction.follows}' if correction.follows else ''}")
        if correction.anchor:
            anchor = correction.anchor
            click.echo(f"  words    {' '.join(anchor.prefix.split())} [{anchor.words}] {' '.join(anchor.suffix.split())}")
        if correction.state == "proposed":
            click.echo(f"  changes  {', '.join(effect_of(record, correction, record.corrections('accepted'))[0]) or 'nothing that the event holds'}")
        if correction.decided_by:
            click.echo(f"  decided  {correction.state} by {correction.decided_by}  {correction.decided_why}")
        for id in newer_rivals(record, correction):
            click.echo(f"  newer    account {id[:12]} says otherwise")
        for other in _others(record, correction):
            click.echo(f"  also     {correction_line(other)}")


def _others(record: Record, correction: Correction) -> list[Correction]:
    target = correction.account_id, correction.field
    return [other for other in record.corrections() if (other.account_id, other.field) == target and other.id != correction.id]


def _decision(name: str, state: str, help: str) -> click.Command:
    @click.command(name, help=help)
    @click.argument("correction_id", metavar="CORRECTION")
    @record_option
    @click.option("--by", default="editor", show_default=True, metavar="NAME", help="Who decides.")
    @click.option("--reason", default="", help="Why.")
    def command(correction_id: str, record_address: str, by: str, reason: str) -> None:
        from khronika.review.deciding import decide

        with opened(record_address, read_only=False) as record:
            decided = decide(record, correction_id, state, by, reason)
            for correction in decided:
                click.echo(correction_line(correction))
            if state == "accepted":
                ids = {correction.id for correction in decided}
                for other in _others(record, decided[0]):
                    if other.state == "accepted" and other.id not in ids:
                        click.echo(f"instead of {correction_line(other)}", err=True)

    return command


@corrections.command("table")
@record_option
@filters
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE.csv", help="File; standard output if left out.")
def table(record_address: str, output: Path | None, **options: Any) -> None:
    """Write accounts as a sheet whose changed cells `correct --from` takes; for editors, nothing in it is masked."""
    from khronika.review.table import write_table

    chosen = wanted(options)
    with opened(record_address) as record:
        if output is None:
            write_table(_accounts(record, chosen), sys.stdout)
            return
        try:
            with output.open("w", encoding="utf-8-sig", newline="") as out:
                count = write_table(_accounts(record, chosen), out)
        except OSError as error:
            raise UsageError(f"{output}: cannot be written: {error.strerror}") from error
    click.echo(f"{count} accounts written to {output}", err=True)


def _accounts(record: Record, chosen: Any) -> Iterator[tuple[str, Account]]:
    from khronika.record.merge import apply_fitting

    accepted = record.corrections("accepted")
    for event in record.events(chosen):
        for account in record.accounts(event.account_ids):
            yield event.id, apply_fitting(account, accepted)


def _change(correction: Correction) -> str:
    """What a correction says, in a few words."""
    from khronika.review.fields import name_of, show_value

    new = "" if correction.new is None else show_value(correction.new)
    if correction.field == "note":
        about = correction.new.get("field") if isinstance(correction.new, dict) else ""
        return " ".join(filter(None, (correction.category, about, new and f"-> {new}"))) + (f": {correction.reason}" if correction.reason else "")
    if correction.field in ("same", "different", "review"):
        apart = ", ".join(id[:12] for id in correction.new) if isinstance(correction.new, list) else new
        return {"same": f"one event with {apart}", "different": f"without {apart}", "review": "read and found right"}[correction.field]
    return f"{name_of(correction.field)}: {show_value(correction.old)} -> {show_value(correction.new)}"


def correction_line(correction: Correction) -> str:
    """One correction in a line of the terminal."""
    danger = "  DANGER" if correction.category == "danger" else ""
    return f"{correction.id}  {correction.state}{danger}  {correction.event_id or '-'}  {_change(correction)}"


for _name, _state, _help in (
    ("accept", "accepted", "Take a correction, and those that say the same: the event gets a new version."),
    ("reject", "rejected", "Refuse an open correction, and those that say the same."),
    ("withdraw", "withdrawn", "Take a correction back; one that was accepted no longer holds."),
    ("reopen", "proposed", "Put a correction that was rejected or withdrawn back in the queue."),
):
    corrections.add_command(_decision(_name, _state, _help))

COMMANDS = (correct, corrections)
