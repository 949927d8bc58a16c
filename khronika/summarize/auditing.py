"""Accounts in, a stratified sample out; two people's codes of it in, agreement and the machine's precision and recall out.

Coders are blind: they see the text with the trigger marked, neither the machine's values nor each other's codes. Draw and codes are log entries.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from khronika.errors import UsageError
from khronika.text import fold
from khronika.types import Account

STRATA = ("kind", "source", "language")
FIELDS = ("event", "kind", "day", "place", "killed")


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """A draw: log entry `audit` under its id."""

    id: str
    seed: int
    stratify: tuple[str, ...]
    account_ids: tuple[str, ...]
    population: int
    head: int


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """One person's codes of one account: log entry `audit_code`. Where `event` is False the rest is None.

    `day` is the first day (ISO) or None where the text gives none; `killed` the lower bound or None. Once a text: `marked`, how many events the machine has of
    it, and `missed`, how many the coder finds that it lacks, background aside.
    """

    audit_id: str
    account_id: str
    coder: str
    event: bool
    kind: str | None = None
    day: str | None = None
    place: str | None = None
    killed: int | None = None
    marked: int | None = None
    missed: int | None = None


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A share with its 95 % interval (Wilson)."""

    of: str
    right: int
    n: int
    share: float
    low: float
    high: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit says so far. `alpha`: Krippendorff's, nominal, between coders (None: fewer than two coded the same, or no variation)."""

    audit_id: str
    coded: dict[str, int]
    alpha: dict[str, float | None]
    precision: tuple[Rate, ...]
    recall: Rate | None


def parse_strata(text: str) -> tuple[str, ...]:
    """The strata of `--stratify kind,source,language`.

    Raises:
        UsageError: one of them is unknown.
    """
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    unknown = [word for word in words if word not in STRATA]
    if unknown:
        raise UsageError(f"--stratify {unknown[0]!r} is unknown; there are: {', '.join(STRATA)}")
    return words


def draw(accounts: Iterable[tuple[Account, str | None]], size: int, stratify: Sequence[str], seed: int) -> tuple[tuple[str, ...], int]:
    """Ids of a sample in random order, and how many there were to draw from; every stratum gets its share, by largest remainders.

    Args:
        accounts: each with the language of its text.
    """
    strata: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for account, language in accounts:
        of = {"kind": account.mention.kind, "source": account.source or "", "language": language or ""}
        strata[tuple(of[name] for name in stratify)].append(account.id)
    total = sum(map(len, strata.values()))
    size = min(size, total)
    quotas = {key: size * len(ids) / total for key, ids in strata.items()}
    taken = {key: int(quota) for key, quota in quotas.items()}
    for key in sorted(quotas, key=lambda k: (taken[k] - quotas[k], k))[: size - sum(taken.values())]:
        taken[key] += 1
    chance = random.Random(seed)
    chosen = [id for key in sorted(strata) for id in chance.sample(sorted(strata[key]), taken[key])]
    chance.shuffle(chosen)
    return tuple(chosen), total


def to_code(audit: Audit, codes: Iterable[Code], coder: str) -> list[str]:
    """Account ids that this person has not coded yet, in the order of the draw."""
    done = {code.account_id for code in codes if code.coder == coder}
    return [id for id in audit.account_ids if id not in done]


def evaluate(audit: Audit, codes: Sequence[Code], accounts: Mapping[str, Account]) -> Result:
    """Agreement between coders, and the machine against each coder's codes, pooled; accounts that are gone since are left out."""
    codes = [code for code in codes if code.account_id in accounts]
    coders = sorted({code.coder for code in codes})
    rates = [_rate("event", [code.event for code in codes])]
    right = [code for code in codes if code.event]
    for name in FIELDS[1:]:
        rates.append(_rate(name, [_same(name, getattr(code, name), machine_value(accounts[code.account_id], name)) for code in right]))
    return Result(
        audit_id=audit.id,
        coded={coder: sum(code.coder == coder for code in codes) for coder in coders},
        alpha={name: _alpha(codes, coders, name) for name in FIELDS},
        precision=tuple(rate for rate in rates if rate is not None),
        recall=_recall(codes),
    )


def _recall(codes: Sequence[Code]) -> Rate | None:
    """Of the texts that were asked about: marked events, as far as marks are right, among those and the missed ones."""
    asked = [code for code in codes if code.missed is not None and code.marked is not None]
    if not asked:
        return None
    right = sum(code.event for code in codes) / len(codes)
    found = round(right * sum(code.marked or 0 for code in asked))
    return _wilson("events of the sampled texts", found, found + sum(code.missed or 0 for code in asked))


def machine_value(account: Account, name: str) -> Any:
    """What the machine says of a field, in the form of a code."""
    if name == "kind":
        return account.mention.kind
    if name == "day":
        return account.when.start.isoformat() if account.when.start else None
    if name == "place":
        return account.where.name if account.where else None
    return account.mention.killed.low if account.mention.killed else None


def _same(name: str, code: Any, machine: Any) -> bool:
    if name == "place" and code and machine:
        return fold(code) == fold(machine)
    return bool(code == machine)


def _alpha(codes: Sequence[Code], coders: Sequence[str], name: str) -> float | None:
    """By the krippendorff package; units that fewer than two coded do not count."""
    if len(coders) < 2:
        return None
    import krippendorff
    import numpy as np

    values: dict[tuple[str, str], Any] = {
        (code.coder, code.account_id): getattr(code, name) for code in codes if name == "event" or code.event
    }
    units = sorted({id for _, id in values})
    texts = {key: fold(str(value)) for key, value in values.items()}
    numbers = {text: number for number, text in enumerate(sorted(set(texts.values())))}
    table = np.array([[float(numbers[texts[coder, id]]) if (coder, id) in texts else np.nan for id in units] for coder in coders])
    paired = (~np.isnan(table)).sum(axis=0) >= 2 if units else np.array([], bool)
    if not paired.any() or len(np.unique(table[:, paired][~np.isnan(table[:, paired])])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement="nominal"))


def _rate(of: str, values: Sequence[bool]) -> Rate | None:
    return _wilson(of, sum(values), len(values)) if values else None


def _wilson(of: str, right: int, n: int) -> Rate | None:
    from statsmodels.stats.proportion import proportion_confint

    if not n:
        return None
    low, high = proportion_confint(right, n, method="wilson")
    return Rate(of=of, right=right, n=n, share=right / n, low=float(low), high=float(high))
