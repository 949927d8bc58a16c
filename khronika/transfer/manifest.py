"""What was exported, and how, in; a data package (frictionless `datapackage.json`) that says it, with the data dictionary, out.

The rule: nothing in it depends on the clock or the machine, so that the same record, seq, day, policy and version make the same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from khronika import __version__
from khronika.transfer.coding import columns, fields_of
from khronika.transfer.flat import EVENT_COLUMNS
from khronika.transfer.reports import COLUMNS as REPORT_COLUMNS

MEDIA = {
    "geojson": "application/geo+json",
    "jsonl": "application/jsonl",
    "plover": "application/jsonl",
    "jsonld": "application/ld+json",
    "parquet": "application/vnd.apache.parquet",
    "sqlite": "application/vnd.sqlite3",
}
SHAPED = {
    "acled": "ACLED-shaped",
    "ged": "UCDP-GED-shaped",
    "plover": "PLOVER-shaped",
    "viina": "VIINA-shaped",
    "viina-1pd": "VIINA-shaped",
}
SIDES = {"deletions": ("event_id", "what", "into"), "unknown-fatalities": ("event_id_cnty", "fatalities_open_upwards")}
_SIDE_TEXT = {
    "event_id": "id of an event that stands no more",
    "what": "merged or deleted",
    "into": "the event that it is in now",
    "event_id_cnty": "row whose fatalities are 0 because unknown, or a least figure",
    "fatalities_open_upwards": "true: the figure is a least one; false: nobody gives one",
}


class Made(NamedTuple):
    """How an export was made; `filter` as the options said it, `audit` the latest audit's figures or None."""

    format: str
    profile: str
    policy_version: str
    policy_digest: str
    today: str
    rule: str
    head: str
    as_of: str | None
    filter: dict[str, Any]
    shown: int
    reviewed: int
    kept_back: int
    no_row: Counter[str]
    audit: dict[str, Any] | None
    licence: str


def columns_of(format: str) -> Sequence[str] | None:
    """The columns of a tabular format, None for the others."""
    own = {"csv": EVENT_COLUMNS, "parquet": EVENT_COLUMNS, "sqlite": EVENT_COLUMNS, "reports": REPORT_COLUMNS}
    if format in own:
        return own[format]
    return columns(format.replace("-", "_")) if format in ("acled", "ged", "viina", "viina-1pd") else None


def package(output: Path, made: Made, sides: Iterable[Path]) -> dict[str, Any]:
    """The data package of a file and the files beside it."""
    share = f"{made.reviewed / made.shown:.0%}" if made.shown else "0%"
    kind = f"{SHAPED[made.format]}, " if made.format in SHAPED else ""
    return {
        "name": _slug(output.name),
        "title": f"{kind}machine-coded, {share} reviewed: events of a khronika record",
        "description": (
            f"{made.shown - made.no_row.total()} events by rule {made.rule}, {made.kept_back} kept back by policy {made.policy_version} (profile {made.profile})."
            " Not to be mixed with rows that carry the ids of another data set. What the shape loses: docs/exports.md of khronika."
        ),
        "licenses": [{"name": made.licence, "title": made.licence}],
        "sources": [{"title": "khronika record", "path": f"urn:khronika:head:{made.head}"}],
        "contributors": [{"title": f"khronika {__version__}", "role": "publisher"}],
        "resources": [_resource(output, made.format, columns_of(made.format)), *(_side(path) for path in sides)],
        "khronika": {
            "version": __version__,
            "citation": f"Events of a khronika record, head {made.head[:24]}, made by khronika {__version__} as of {made.today}, profile {made.profile}.",
            **{name: value for name, value in made._asdict().items() if name != "no_row"},
            "no_row": dict(sorted(made.no_row.items())),
        },
    }


def _slug(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in name.lower())


def _resource(path: Path, format: str, names: Sequence[str] | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": _slug(path.stem),
        "path": path.name,
        "mediatype": MEDIA.get(format, "text/csv"),
        "bytes": path.stat().st_size,
        "hash": f"sha256:{_digest(path)}",
    }
    if names is not None:
        found["schema"] = {"fields": fields_of(format, names), "missingValues": [""]}
    if format not in MEDIA:
        found |= {"format": "csv", "encoding": "utf-8", "type": "table"}
    return found


def _side(path: Path) -> dict[str, Any]:
    which = next(name for name in SIDES if path.name.endswith(f".{name}.csv"))
    fields = [{"name": name, "type": "string", "description": _SIDE_TEXT[name]} for name in SIDES[which]]
    return {
        "name": _slug(path.stem),
        "path": path.name,
        "mediatype": "text/csv",
        "format": "csv",
        "encoding": "utf-8",
        "type": "table",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{_digest(path)}",
        "schema": {"fields": fields, "missingValues": [""]},
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def to_text(found: dict[str, Any]) -> str:
    """The package as JSON, keys in the order in which they are made."""
    return json.dumps(found, ensure_ascii=False, indent=1, default=str) + "\n"


def unknown_fatalities(acled: Path) -> Iterator[dict[str, str]]:
    """The rows of an ACLED-shaped file whose `fatalities` stands for unknown or for a least figure, streamed."""
    with acled.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        names = next(rows)
        id_at, tags_at = names.index("event_id_cnty"), names.index("tags")
        for row in rows:
            is_open = "fatalities open upwards" in row[tags_at]
            if is_open or "fatalities unknown" in row[tags_at]:
                yield {"event_id_cnty": row[id_at], "fatalities_open_upwards": str(is_open).lower()}
