"""`--at-least P`: what was read less surely is left out, and nothing else."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from click.testing import CliRunner
from msgspec.structs import replace

from khronika.cli import main
from khronika.record.likely import likely_accounts
from khronika.record.record import Record
from khronika.types import Account, Claim, Filter, Linking, Participant, Toll
from tests.factories import make_account, make_document, make_place, make_quote, make_when

ROOT = Path(__file__).resolve().parents[2]


def told() -> Account:
    body = "The army said that rebels shot two guards with rifles, a farmer said."
    account = make_account()
    claims = tuple(Claim(by=make_quote(by, body), stance="reports", about="occurrence", quote=make_quote(body, body), p=p) for by, p in (("The army", 0.3), ("a farmer", 0.9)))
    mention = replace(
        account.mention,
        p=0.7,
        claims=claims,
        perpetrators=(Participant(quote=make_quote("rebels", body), asserted_by=(0,)), Participant(quote=make_quote("rebels", body), asserted_by=(0, 1), p=0.8)),
        victims=(Participant(quote=make_quote("two guards", body), p=0.4), Participant(quote=make_quote("guards", body))),
        killed=Toll(low=2, high=2, p=0.5),
        injured=Toll(low=1, high=1),
    )
    return replace(account, mention=mention)


def test_days_and_places_below_are_unknown_with_the_reason() -> None:
    account = told()
    assert account.where is not None
    account = replace(account, when=replace(account.when, p=0.5), where=replace(account.where, p=0.4))
    (sure,), (unsure,) = likely_accounts([account], 0.4), likely_accounts([account], 0.6)
    assert (sure.when, sure.where) == (account.when, account.where)
    assert (unsure.when.start, unsure.when.basis, unsure.where) == (None, "open", None) and "less sure than 0.6" in unsure.when.reason


def test_values_below_go_and_voices_keep_their_numbers() -> None:
    (account,) = likely_accounts([told()], 0.6)
    mention = account.mention
    assert [claim.by.words for claim in mention.claims] == ["a farmer"]
    assert [value.asserted_by for value in mention.perpetrators] == [(0,)]
    assert [value.quote.words for value in mention.victims] == ["guards"]
    assert mention.killed is None and mention.injured is not None


def test_accounts_below_go() -> None:
    assert likely_accounts([told()], 0.75) == ()
    assert likely_accounts([told()], 0.0) == (told(),)


def test_an_event_is_merged_anew_from_what_is_sure(record: Record) -> None:
    sure = {"when": replace(make_when("2031-05-02"), p=0.9), "where": replace(make_place("Novy Lug"), p=0.9), "killed": Toll(low=1, high=1, p=0.9)}
    unsure = {"when": replace(make_when("2031-05-01"), p=0.3), "where": replace(make_place(precision="site"), p=0.3), "killed": Toll(low=4, high=4, p=0.3)}
    accounts = [make_account("one", p=0.8, published="2031-05-04", **unsure), make_account("two", p=0.8, published="2031-05-03", **sure)]
    with record.write(by="test") as tx:
        for name, account in zip(("one", "two"), accounts, strict=True):
            tx.add_document(make_document(name), b"")
            tx.add_account(account, [])
        tx.add_linking(Linking(groups=(tuple(account.id for account in accounts),)))
    head, (held,), (likely,) = record.head(), record.events(), record.events(Filter(at_least=0.6))
    assert held.where.value and likely.where.value and held.killed and likely.killed
    assert (held.where.value.name, likely.where.value.name) == ("Orlivka", "Novy Lug")
    assert (held.when.value.start, likely.when.value.start) == (dt.date(2031, 5, 1), dt.date(2031, 5, 2))
    assert (held.killed.value.low, likely.killed.value.low) == (4, 1)
    assert (likely.id, likely.account_ids, likely.former_ids, likely.last_seq) == (held.id, held.account_ids, held.former_ids, held.last_seq)
    assert list(record.events(Filter(at_least=0.0))) == [held] == list(record.events(Filter(at_least=0.2, as_of=head)))
    assert list(record.events(Filter(at_least=0.85))) == []


def test_commands(tmp_path: Path) -> None:
    record, report = str(tmp_path / "r.sqlite"), tmp_path / "a.txt"
    report.write_text("A drone struck a fuel depot near Kherson on Monday, killing two guards. Gunmen shot dead the mayor of Odesa on Tuesday, police said.\n")

    def run(*args: str) -> str:
        result = CliRunner().invoke(main, [*args, "--record", record])
        assert result.exit_code == 0, result.stderr
        return result.stdout

    shape = json.loads(run("read", str(report), "--published", "2026-03-05", "--json"))
    ps = sorted(account["p"] for account in shape["accounts"])
    assert len(ps) == 2
    least = str(ps[-1] if ps[0] < ps[-1] else 1)
    kept = sum(p >= float(least) for p in ps)
    shown = json.loads(run("read", str(report), "--published", "2026-03-05", "--json", "--at-least", least, "--no-record"))
    assert [account["p"] for account in shown["accounts"]] == [p for p in ps if p >= float(least)]
    assert len(run("events", "--json").splitlines()) == 2
    assert len(run("events", "--json", "--at-least", least).splitlines()) == kept
    assert len(run("export", "jsonl", "--at-least", least).splitlines()) == kept


def test_read_without_json_is_told_that_the_record_keeps_all() -> None:
    result = CliRunner().invoke(main, ["read", "x.txt", "--at-least", "0.5"])
    assert result.exit_code == 2 and "the record keeps all" in result.stderr
