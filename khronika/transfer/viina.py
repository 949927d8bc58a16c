"""Events in, VIINA-shaped rows out: `viina`, one row an account (event_info, 23 columns); `viina-1pd`, one row an event (one per day, 44 columns).

The rule: labels come from the kind, the parties and the words by data/exports/viina.toml, never from a guess; the rows are ours, only the shape is VIINA's.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import chain
from typing import IO

from khronika import __version__, config
from khronika.transfer.coding import AccountsOf, Row, Shown, columns, precision_of, source_names, with_row, write_rows
from khronika.types import Event, Place, When

PRECISION = {"site": "ADM3", "settlement": "ADM3", "district": "ADM2", "region": "ADM1"}
SIDES = {"RU": "a_rus", "UA": "a_ukr"}


def write_viina(shown: Shown, out: IO[str]) -> Counter[str]:
    """Write a row an account of each event and return how many events have none, by reason."""
    skipped: Counter[str] = Counter()
    write_rows(columns("viina"), chain.from_iterable(with_row(shown.coded(_code_accounts), skipped)), out)
    return skipped


def _code_accounts(event: Event, accounts_of: AccountsOf) -> list[Row] | str:
    if event.when.value.start is None:
        return "no day"
    accounts, rows = accounts_of(event), []
    own = {voice.account_id: voice for voice in event.voices if voice.claim_id.endswith(":-1")}
    for account in accounts:
        voice = own.get(account.id)
        rows.append(
            {
                **_place(account.where or event.where.value),
                **_day(account.when if account.when.start else event.when.value),
                "event_id": account.id,
                "event_id_1pd": event.id,
                "location": 1,
                "report_id": account.document_id[:12],
                "source": voice.source if voice else None,
                "text": voice.words if voice else None,
            }
        )
    return rows or "accounts withheld by policy"


def write_viina_1pd(shown: Shown, out: IO[str]) -> Counter[str]:
    """Write a row an event and return how many have none, by reason."""
    skipped: Counter[str] = Counter()
    write_rows(columns("viina_1pd"), with_row(shown.coded(_code_event), skipped), out)
    return skipped


def _code_event(event: Event, _: AccountsOf) -> Row | str:
    if event.when.value.start is None:
        return "no day"
    return {
        **_place(event.where.value),
        **_day(event.when.value),
        "event_id_1pd": event.id,
        "n_reports": event.reports,
        "event_ids": ", ".join(event.account_ids),
        "sources": ", ".join(source_names(event)),
        **{f"{name}_b": value for name, value in labels(event).items()},
    }


def labels(event: Event) -> dict[str, int]:
    """VIINA's labels of an event, 1 or 0."""
    phrases = [voice.words for voice in event.voices if voice.claim_id.endswith(":-1")]
    phrases += [part.quote.words for part in (*event.targets, *event.victims, *event.weapons)]
    said = " ; ".join(phrases)
    found = {name: int(event.kind.value in kinds or bool(words and words.search(said))) for name, kinds, words in _labels()}
    authors = {actor.country for actor in event.perpetrators.value}
    hit = {target.actor.country for target in event.targets if target.actor and target.kind in ("military", "police")}
    civilian = any(target.kind in ("civilian", "official") for target in event.targets)
    for code, name in SIDES.items():
        found[f"{name}_init"] = int(code in authors)
        found[name] = int(code in authors | hit)
    found["a_civ"] = int(civilian)
    found["a_other"] = int(bool((authors | hit) - set(SIDES) - {None}))
    dead = event.killed is not None and event.killed.value.best > 0
    soldiers = any(target.kind == "military" for target in event.targets)
    found["t_milcas"], found["t_civcas"] = int(dead and soldiers), int(dead and civilian)
    return found


@cache
def _labels() -> tuple[tuple[str, frozenset[str], re.Pattern[str] | None], ...]:
    table = config.data("exports/viina.toml")
    return tuple(
        (name, frozenset(entry.get("kinds", ())), re.compile(rf"\b(?:{entry['words']})\b", re.IGNORECASE) if "words" in entry else None)
        for name, entry in table.items()
    )


def _day(when: When) -> Row:
    return {"viina_version": f"khronika@{__version__}", "date": f"{when.start:%Y%m%d}", "time": "00:00"}


def _place(place: Place | None) -> Row:
    if place is None:
        return {}
    return {
        "geonameid": place.geonames_id,
        "asciiname": unicodedata.normalize("NFKD", place.name).encode("ascii", "ignore").decode() or None,
        "ADM1_NAME": place.admin1,
        "ADM2_NAME": place.admin2,
        "longitude": place.longitude,
        "latitude": place.latitude,
        "GEO_PRECISION": PRECISION.get(precision_of(place)),
        "GEO_API": "GeoNames" if place.geonames_id else None,
    }
