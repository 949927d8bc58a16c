"""Commands that score what was said and what was read: forecasts (list, register, resolve, score) and audit (draw, code, score)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from khronika.cli.options import json_option, not_blank, now, opened, parse_day, record_option
from khronika.errors import UsageError

if TYPE_CHECKING:
    from khronika.record.record import Record
    from khronika.summarize.auditing import Audit, Code, Result
    from khronika.summarize.forecasting import Row
    from khronika.types import Account, Entry

scale_option = click.option("--scale", default="icd203", show_default=True, help="Words of likelihood by icd203, kent, phia or ipcc.")


@click.group()
def forecasts() -> None:
    """Statements on the future with their words of likelihood: listed, registered, resolved with evidence, scored."""


def _ledger(record: Record, scale: str) -> list[Row]:
    import msgspec

    from khronika.summarize.forecasting import Registration, Resolution, ledger

    registered = {entry.key: msgspec.json.decode(body, type=Registration) for entry, body in record.entries(kind="forecast") if body}
    resolved = {entry.key: msgspec.json.decode(body, type=Resolution) for entry, body in record.entries(kind="resolution") if body}
    return ledger(record.forecasts(), registered, resolved, scale, now().date())


def _row(record: Record, id: str, scale: str) -> Row:
    found = [row for row in _ledger(record, scale) if row.id.startswith(id)]
    if len(found) != 1:
        raise UsageError(f"{id}: {'several forecasts begin so' if found else 'no such forecast'}; khronika forecasts list shows their ids")
    return found[0]


@forecasts.command("list")
@record_option
@scale_option
@click.option("--state", help="Only extracted, unscaled, open, due, true, false or void.")
@json_option
def list_forecasts(record_address: str, scale: str, state: str | None, as_json: bool) -> None:
    """Every forecast with its speaker, words, interval of probability, horizon and state."""
    from typing import get_args

    from khronika.jsonl import to_json
    from khronika.summarize.forecasting import State

    if state and state not in get_args(State):
        raise UsageError(f"--state {state!r} is unknown; there are: {', '.join(get_args(State))}")
    with opened(record_address) as record:
        rows = [row for row in _ledger(record, scale) if state in (None, row.state)]
    for row in rows:
        if as_json:
            click.echo(to_json(row).decode())
            continue
        chance = f"{row.interval.low:.0%}-{row.interval.high:.0%} ({row.interval.scale})" if row.interval else "no probability"
        until = f"until {row.until}" if row.until else f"horizon “{row.horizon}”" if row.horizon else "no horizon"
        click.echo(f"{row.id}  {row.state:9}  {row.speaker or 'the outlet'}  {chance}  {until}\n    “{' '.join(row.words.split())}”")
    if not rows:
        click.echo("no forecasts", err=True)


@forecasts.command("register")
@click.argument("id")
@record_option
@scale_option
@click.option("--until", metavar="DAY", help="Last day on which it can come true; from its words where they give one.")
@click.option("--by", default="editor", show_default=True, callback=not_blank, help="Who registers it (a pseudonym).")
def register_forecast(id: str, record_address: str, scale: str, until: str | None, by: str) -> None:
    """Take a forecast up to be scored: its interval and last day are logged before its end is known."""
    import msgspec

    from khronika.summarize.forecasting import register

    day = parse_day(until, "--until")
    with opened(record_address, read_only=False) as record:
        row = _row(record, id, scale)
        text = record.text(row.document_id)
        published = text.published if text else None
        kept = register(row, day or _horizon(row, published), published, now().date())
        with record.write(by=by) as tx:
            tx.note("forecast", row.id, msgspec.to_builtins(kept))
    click.echo(f"{row.id} registered: {kept.low:.0%}-{kept.high:.0%} by {kept.scale}, until {kept.until}")


def _horizon(row: Row, published: dt.date | None) -> dt.date | None:
    """The last day of the time that the forecast's own words give, where that lies after the report."""
    from khronika.ground.telling import find_times

    if published is None or not row.horizon:
        return None
    told = [time for time in find_times(row.words, published) if time.words in row.horizon or row.horizon in time.words]
    days = [time.last for time in told or find_times(row.horizon, published) if time.last]
    return max((day for day in days if day > published), default=None)


@forecasts.command("resolve")
@click.argument("id")
@click.argument("outcome", type=click.Choice(("true", "false", "void")))
@record_option
@click.option("--evidence", required=True, help="An event's id or an address; what shows it.")
@click.option("--by", default="editor", show_default=True, callback=not_blank, help="Who decides (a pseudonym).")
def resolve_forecast(id: str, outcome: str, record_address: str, evidence: str, by: str) -> None:
    """Say how a registered forecast ended: true, false, or void (it cannot be told)."""
    import msgspec

    from khronika.summarize.forecasting import resolve
    from khronika.summarize.scales import DEFAULT_SCALE

    with opened(record_address, read_only=False) as record:
        row = _row(record, id, DEFAULT_SCALE)
        if evidence.startswith("KHR-") and record.event(evidence) is None:
            raise UsageError(f"--evidence {evidence}: no such event in {record_address}")
        kept = resolve(row, outcome, evidence, now().date())
        with record.write(by=by) as tx:
            tx.note("resolution", row.id, msgspec.to_builtins(kept))
    click.echo(f"{row.id} resolved: {outcome}")


@forecasts.command("score")
@record_option
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw the calibration to this file (PNG or SVG).")
@json_option
def score_forecasts(record_address: str, plot: Path | None, as_json: bool) -> None:
    """Brier and log score of what ended, by speaker and by phrase, against the base rate, and calibration."""
    from khronika.jsonl import to_json
    from khronika.summarize.forecasting import calibration, score
    from khronika.summarize.plots import plot_calibration
    from khronika.summarize.scales import DEFAULT_SCALE

    with opened(record_address) as record:
        rows = _ledger(record, DEFAULT_SCALE)
    scores, bins = score(rows), calibration(rows)
    if plot and bins:
        plot_calibration(plot, [(one.mean_p, one.share, one.n) for one in bins])
    if as_json:
        click.echo(to_json({"scores": scores, "calibration": bins}).decode())
        return
    if not scores:
        click.echo("nothing to score: no registered forecast has ended; khronika forecasts list --state due shows what waits", err=True)
    for one in scores:
        skill = "-" if one.skill is None else f"{one.skill:+.2f}"
        click.echo(f"{one.of}: n={one.n}, true {one.came_true}, mean p {one.mean_p:.2f}, Brier {one.brier:.3f} (base rate {one.base_brier:.3f}, skill {skill}), log {one.log_score:.3f}")  # fmt: skip
    for bin in bins:
        click.echo(f"  said {bin.low:.0%}-{bin.high:.0%}: n={bin.n}, came true {bin.share:.0%}")


# --- audit -----------------------------------------------------------------------------------------------------------


@click.group(invoke_without_command=True)
@record_option
@click.option("--sample", default=200, show_default=True, type=click.IntRange(1), help="How many accounts to draw.")
@click.option("--stratify", default="kind,source,language", show_default=True, help="What the sample is spread over.")
@click.option("--seed", default=1, show_default=True, help="The same seed draws the same from the same record.")
@click.pass_context
def audit(context: click.Context, record_address: str, sample: int, stratify: str, seed: int) -> None:
    """How right the machine is: draw a sample; `audit code` lets two people code it blind; `audit score` says what came out."""
    if context.invoked_subcommand is not None:
        context.default_map = {context.invoked_subcommand: {"record_address": record_address}}
        return
    import msgspec

    from khronika.summarize.auditing import Audit, draw, parse_strata

    strata = parse_strata(stratify)
    with opened(record_address, read_only=False) as record:
        chosen, total = draw(_standing(record), sample, strata, seed)
        if not chosen:
            raise UsageError(f"{record_address}: no accounts to draw from; khronika read PATH... puts some in")
        kept = Audit(id=f"A{record.head() + 1}", seed=seed, stratify=strata, account_ids=chosen, population=total, head=record.head())
        with record.write(by="auditor") as tx:
            tx.note("audit", kept.id, msgspec.to_builtins(kept))
    click.echo(f"{kept.id}: {len(chosen)} of {total} accounts drawn; next, each of two people alone: khronika audit code --coder NAME")


def _standing(record: Record) -> Any:
    """Accounts as they stand, with the language of their text."""
    for document in record.documents():
        accounts = record.accounts_of_document(document.id)
        text = record.text(document.id) if accounts else None
        yield from ((account, text.language if text else None) for account in accounts)


def _audits(record: Record, id: str | None, until: int | None = None) -> tuple[Audit, list[Code]]:
    """An audit (the latest where none is named) and its codes, those after a seq `until` left out; a person's later code of the same account counts."""
    import msgspec

    from khronika.summarize.auditing import Audit, Code

    def told(kind: str) -> list[tuple[Entry, bytes]]:
        return [(entry, body) for entry, body in record.entries(kind=kind) if body and (until is None or entry.seq <= until)]

    drawn = [msgspec.json.decode(body, type=Audit) for _, body in told("audit")]
    found = next((one for one in reversed(drawn) if id in (None, one.id)), None)
    if found is None:
        raise UsageError(f"{id or 'no audit'}: not in this record; khronika audit --sample 200 draws one")
    codes = [msgspec.json.decode(body, type=Code) for entry, body in told("audit_code") if entry.key == found.id]
    return found, list({(code.coder, code.account_id): code for code in codes}.values())


@audit.command("code")
@record_option
@click.option("--audit", "audit_id", help="Which one; the latest if left out.")
@click.option("--coder", required=True, callback=not_blank, help="A pseudonym; the other coder's answers are not shown.")
def code_accounts(record_address: str, audit_id: str | None, coder: str) -> None:
    """Code the sample, one account after the other; q stops, and the next call goes on from there."""
    import msgspec

    from khronika.summarize.auditing import to_code

    with opened(record_address, read_only=False) as record:
        drawn, codes = _audits(record, audit_id)
        waiting = to_code(drawn, codes, coder)
        asked = {_document(record, code.account_id) for code in codes if code.coder == coder and code.missed is not None}
        for number, account_id in enumerate(waiting, 1):
            account = record.account(account_id)
            text = record.text(account.document_id) if account else None
            if account is None or text is None:
                continue
            click.echo(
                f"\n--- {number} of {len(waiting)}  {text.source or ''}  published {text.published or 'without a date'}\n{text.title or ''}\n"
            )
            click.echo(_marked(text.body, account))
            marks = record.accounts_of_document(account.document_id) if account.document_id not in asked else None
            code = _ask(drawn.id, account, coder, marks)
            if code is None:
                click.echo(f"stopped; {len(waiting) - number + 1} to go")
                return
            asked.add(account.document_id)
            with record.write(by=coder) as tx:
                tx.note("audit_code", drawn.id, msgspec.to_builtins(code))
    click.echo(f"{drawn.id}: all coded by {coder}; khronika audit score")


def _document(record: Record, account_id: str) -> str | None:
    account = record.account(account_id)
    return account.document_id if account else None


def _marked(body: str, account: Account) -> str:
    trigger = account.mention.trigger
    if trigger.within != "body":
        return f"{body}\n\n(in the title: [[{trigger.words}]])"
    return f"{body[: trigger.start]}[[{trigger.words}]]{body[trigger.end :]}"


def _ask(audit_id: str, account: Account, coder: str, marks: list[Account] | None) -> Code | None:
    """The codes typed for one account; None where the coder stops."""
    from khronika.summarize.auditing import Code
    from khronika.types import KINDS

    answer = click.prompt("does [[...]] tell of an event (docs/codebook.md)?", type=click.Choice(("y", "n", "q")), show_choices=True)
    if answer == "q":
        return None
    fields: dict[str, Any] = {}
    if answer == "y":
        fields["kind"] = click.prompt("kind", type=click.Choice(KINDS), show_choices=False)
        fields["day"] = click.prompt("first day (YYYY-MM-DD, - for none)", value_proc=_typed_day)
        place = click.prompt("place (the most exact name, - for none)").strip()
        fields["place"] = None if place == "-" else place
        fields["killed"] = click.prompt("killed, at least (- where not said)", value_proc=_typed_number)
    if marks is not None:
        told = [mark.mention.trigger.words for mark in marks if not mark.mention.background]
        click.echo("marked as events in this text: " + "; ".join(f"[[{words}]]" for words in told))
        fields["marked"] = len(told)
        fields["missed"] = click.prompt("how many more events, background aside, does it tell?", type=click.IntRange(0), default=0)
    return Code(audit_id=audit_id, account_id=account.id, coder=coder, event=answer == "y", **fields)


def _typed_day(text: str) -> str | None:
    if text.strip() == "-":
        return None
    try:
        return dt.date.fromisoformat(text.strip()).isoformat()
    except ValueError as error:
        raise click.UsageError(f"{text!r} is no day: YYYY-MM-DD, or - for none") from error


def _typed_number(text: str) -> int | None:
    if text.strip() == "-":
        return None
    if not text.strip().isdigit():
        raise click.UsageError(f"{text!r} is no number: digits, or - where not said")
    return int(text)


@audit.command("score")
@record_option
@click.option("--audit", "audit_id", help="Which one; the latest if left out.")
@json_option
def score_audit(record_address: str, audit_id: str | None, as_json: bool) -> None:
    """Agreement between the coders, and precision and recall of the machine with 95 % intervals."""
    with opened(record_address) as record:
        result = audit_result(record, audit_id)
    if as_json:
        from khronika.jsonl import to_json

        click.echo(to_json(result).decode())
        return
    click.echo(f"{result.audit_id}: coded " + ", ".join(f"{n} by {coder}" for coder, n in result.coded.items()))
    for name, alpha in result.alpha.items():
        click.echo(f"alpha {name}: {'-' if alpha is None else f'{alpha:.2f}'}")
    for rate in (*result.precision, *([result.recall] if result.recall else [])):
        what = "recall, " if rate is result.recall else "right, "
        click.echo(f"{what}{rate.of}: {rate.right} of {rate.n}, {rate.share:.0%} ({rate.low:.0%} to {rate.high:.0%})")


def audit_result(record: Record, audit_id: str | None = None, until: int | None = None) -> Result:
    """What an audit (the latest where none is named) says so far, or said at the seq `until`.

    Raises:
        UsageError: there is none.
    """
    from khronika.summarize.auditing import evaluate

    drawn, codes = _audits(record, audit_id, until)
    return evaluate(drawn, codes, {account.id: account for account in record.accounts(drawn.account_ids)})


COMMANDS = (forecasts, audit)
