"""Events in, files that are no text out: Parquet (DuckDB), and a SQLite file that Datasette opens well (tables event and claim, views).

The rule: the same rows every time; the bytes of these two formats are their libraries' own.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from khronika.errors import UsageError
from khronika.jsonl import to_json
from khronika.transfer.coding import AccountsOf, Row, Shown, field_types
from khronika.transfer.flat import EVENT_COLUMNS, event_row
from khronika.transfer.reports import COLUMNS as CLAIM_COLUMNS
from khronika.transfer.reports import report_rows
from khronika.types import Event

_SQL = {"string": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "TEXT", "date": "TEXT"}
_DUCK = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "VARCHAR", "date": "DATE"}
VIEWS = {
    "events_by_month": """SELECT substr(date_start, 1, 7) AS month, count(*) AS events, sum(killed_low) AS killed_low, sum(killed_high) AS killed_high,
        count(killed_low) AS events_with_killed FROM event GROUP BY 1 ORDER BY 1""",
    "events_by_country_and_kind": "SELECT country, kind, count(*) AS events, sum(killed_low) AS killed_low FROM event GROUP BY 1, 2 ORDER BY 3 DESC",
    "contested_events": "SELECT * FROM event WHERE contested IS NOT NULL ORDER BY date_start",
    "who_says_what": """SELECT claim.event_id, event.date_start, event.place, event.kind, speaker, stance, about, value, words, source
        FROM claim JOIN event USING (event_id)""",
}


def write_parquet(shown: Shown, out: IO[bytes]) -> Counter[str]:
    """Write one row an event, the columns of `csv`, compressed with zstd.

    Raises:
        UsageError: DuckDB is not installed, or there is no room to make it in the folder for temporary files.
    """
    try:
        import duckdb
    except ImportError as error:
        raise UsageError("parquet needs DuckDB: pip install 'khronika[analytics]'") from error
    types = field_types("csv", EVENT_COLUMNS)
    with tempfile.TemporaryDirectory() as folder:
        rows, made = Path(folder, "rows.jsonl"), Path(folder, "made.parquet")
        with rows.open("wb") as lines:
            lines.writelines(shown.coded(_line))
        if not rows.stat().st_size:
            rows.write_text("{}\n", encoding="utf-8")
        wanted = "{" + ", ".join(f"{name}: '{_DUCK[type]}'" for name, type in types.items()) + "}"
        source = f"read_json('{rows}', format='newline_delimited', columns={wanted})"
        try:
            with duckdb.connect() as db:
                db.execute(f"COPY (SELECT * FROM {source} WHERE event_id IS NOT NULL) TO '{made}' (FORMAT parquet, COMPRESSION zstd)")
        except duckdb.IOException as error:
            raise UsageError(_no_room(folder, error)) from error
        with made.open("rb") as found:
            shutil.copyfileobj(found, out)
    return Counter()


def _line(event: Event, _: AccountsOf) -> bytes:
    return to_json(event_row(event)) + b"\n"


def write_sqlite(shown: Shown, out: IO[bytes]) -> Counter[str]:
    """Write tables `event` (columns of `csv`) and `claim` (columns of `reports`), and the views.

    Raises:
        UsageError: there is no room to make it in the folder for temporary files.
    """
    import sqlite3

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "made.sqlite")
        db = sqlite3.connect(made)
        try:
            _create(db, "event", field_types("csv", EVENT_COLUMNS), "PRIMARY KEY (event_id)")
            _create(db, "claim", field_types("reports", CLAIM_COLUMNS), "FOREIGN KEY (event_id) REFERENCES event (event_id)")
            for event, claims in shown.coded(_rows):
                _insert(db, "event", EVENT_COLUMNS, [event])
                _insert(db, "claim", CLAIM_COLUMNS, claims)
            for name, query in VIEWS.items():
                db.execute(f"CREATE VIEW {name} AS {query}")
            for table, column in (("event", "date_start"), ("event", "kind"), ("event", "country"), ("claim", "event_id")):
                db.execute(f"CREATE INDEX {table}_{column} ON {table} ({column})")
            db.commit()
        except sqlite3.OperationalError as error:
            raise UsageError(_no_room(folder, error)) from error
        finally:
            db.close()
        with made.open("rb") as found:
            shutil.copyfileobj(found, out)
    return Counter()


def _rows(event: Event, accounts_of: AccountsOf) -> tuple[Row, list[Row]]:
    return event_row(event), report_rows(event, accounts_of)


def _no_room(folder: str, error: Exception) -> str:
    return f"{folder}: cannot be written ({' '.join(str(error).split())[:120]}); TMPDIR names another folder for temporary files"


def _create(db: Any, table: str, types: dict[str, str], also: str) -> None:
    db.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {_SQL[type]}' for name, type in types.items())}, {also})")


def _insert(db: Any, table: str, names: Sequence[str], rows: Iterable[Row]) -> None:
    marks = ", ".join("?" * len(names))

    def cells() -> Iterator[list[Any]]:
        for row in rows:
            yield [
                value if value is None or isinstance(value, (int, float, str)) else str(value)
                for value in (row.get(name) for name in names)
            ]

    db.executemany(f"INSERT INTO {table} VALUES ({marks})", cells())


def datasette_metadata(package: dict[str, Any]) -> str:
    """What `datasette FILE --metadata FILE` shows above the tables: title, licence, source, and each column's meaning."""
    fields = {field["name"]: field["description"] for field in package["resources"][0]["schema"]["fields"]}
    tables = {
        "event": {"description": "One row an event", "columns": fields, "sort_desc": "date_start"},
        "claim": {"description": "One row an account and claim"},
    }
    names = [Path(package["resources"][0]["path"]).stem]
    return json.dumps(
        {
            "title": package["title"],
            "description": package["description"],
            "license": package["licenses"][0]["title"],
            "databases": {name: {"tables": tables} for name in names},
        },
        indent=1,
    )
