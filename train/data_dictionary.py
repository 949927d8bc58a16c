"""The types in, docs/data-dictionary.md out.   python -m train.data_dictionary"""

from __future__ import annotations

import inspect
from pathlib import Path

import msgspec

from khronika import types
from khronika.transfer.export import event_row
from khronika.types import Noun

OUT = Path(__file__).resolve().parents[1] / "docs" / "data-dictionary.md"
FLAT = {
    "event_id": "permanent id; an id that was merged away leads to this one",
    "kind": "one of the 25 kinds (codebook)",
    "status": "occurred, attempted, foiled, alleged",
    "date_start": "first day, ISO; blank: open",
    "date_end": "last day, inclusive",
    "date_basis": "explicit, relative, anchored, assumed_fresh, open",
    "place": "usual English name",
    "precision": "site, settlement, district, region, country",
    "country": "ISO 3166 alpha-2",
    "admin1": "first-level region",
    "latitude": "degrees, EPSG:4326; blank: not found or an area only",
    "longitude": "degrees",
    "radius_km": "radius within which it happened",
    "geonames_id": "GeoNames",
    "author": "who the event holds to have done it; blank: unknown (accusations are in `show`)",
    "targets": "what was attacked, as worded, `; ` between",
    "reports": "accounts with a voice",
    "origins": "independent origins of these reports",
    "party_origins": "how many of them are a party to the event",
    "grade_occurrence": "codebook, two grades",
    "grade_author": "codebook, two grades",
    "contested": "fields with rival versions",
    "review": "machine, one editor, two editors",
    "sources": "outlets",
} | {f"{name}_{end}": f"people {name}: {what}; blank: nobody says" for name in ("killed", "injured", "detained") for end, what in (("low", "lowest"), ("best", "best"), ("high", "highest; blank beside a low: open"))}


def lines() -> list[str]:
    found = ["# Data dictionary", "", "Made by `python -m train.data_dictionary` from khronika/types.py; a test holds it.", "", "## Columns of `export csv` and properties of `export geojson`", ""]
    found += ["| column | content |", "| --- | --- |", *(f"| `{name}` | {FLAT[name]} |" for name in columns()), "", "## Nouns", ""]
    for name, noun in vars(types).items():
        if not (inspect.isclass(noun) and issubclass(noun, Noun) and noun is not Noun):
            continue
        doc = inspect.cleandoc(noun.__doc__ or "").split("\n")
        found += [f"### {name}", "", *doc, "", "| field | type | required |", "| --- | --- | --- |"]
        for field in msgspec.structs.fields(noun):
            shown = noun.__annotations__.get(field.name, "")
            found.append(f"| `{field.name}` | {str(shown).replace('|', 'or')} | {'yes' if field.required else 'no'} |")
        found.append("")
    return found


def columns() -> list[str]:
    """The columns of a flat row, in order."""
    import ast

    tree = ast.parse(inspect.getsource(event_row))
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is None and isinstance(value, ast.Call):
                    names += [f"{value.args[0].value}_{end}" for end in ("low", "best", "high")]  # type: ignore[attr-defined]
                elif isinstance(key, ast.Constant):
                    names.append(str(key.value))
            break
    return names


if __name__ == "__main__":
    OUT.write_text("\n".join(lines()) + "\n", encoding="utf-8")
