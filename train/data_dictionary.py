"""The types in, docs/data-dictionary.md out.   python -m train.data_dictionary"""

from __future__ import annotations

import inspect
from pathlib import Path

import msgspec

from khronika import types
from khronika.transfer.coding import columns, fields_of
from khronika.transfer.flat import EVENT_COLUMNS
from khronika.transfer.reports import COLUMNS as REPORT_COLUMNS
from khronika.types import Noun

OUT = Path(__file__).resolve().parents[1] / "docs" / "data-dictionary.md"
SHAPES = {"csv": EVENT_COLUMNS, "reports": REPORT_COLUMNS, "acled": columns("acled"), "ged": columns("ged"), "viina": columns("viina"), "viina-1pd": columns("viina_1pd")}



def lines() -> list[str]:
    found = ["# Data dictionary", "", "Made by `python -m train.data_dictionary` from khronika/types.py and khronika/data/exports; a test holds it.", ""]
    for shape, names in SHAPES.items():
        found += [f"## Columns of `export {shape}`", ""]
        if shape == "csv":
            found += ["Also the properties of `geojson`, the columns of `parquet`, and of the table `event` of `sqlite`.", ""]
        found += ["| column | type | content |", "| --- | --- | --- |"]
        found += [f"| `{field['name']}` | {field['type']} | {field['description']} |" for field in fields_of(shape, names)] + [""]
    found += ["## Nouns", ""]
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


if __name__ == "__main__":
    OUT.write_text("\n".join(lines()) + "\n", encoding="utf-8")
