"""Accounts as a spreadsheet out, the sheet with changed cells in as wishes for corrections.

The rule: only a cell that differs from the account as it is held now asks for anything; an emptied cell does not ("none" takes a value away),
and a sheet with one wrong line is refused whole, the line named.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

from khronika.errors import UsageError
from khronika.record.record import Record
from khronika.review.correcting import Wish, find_account, make_correction
from khronika.review.fields import FIELDS, NONE, Locate, name_of, show_value, value_at
from khronika.text import decode
from khronika.types import Account, Correction

COLUMNS = ("account", *FIELDS, "reason", "words", "told")
"""`reason` and `words` are left empty for the person who corrects; `told` is what the text says."""
MOST_BYTES = 50_000_000


def write_table(rows: Iterable[tuple[str, Account]], out: TextIO) -> int:
    """Write accounts with the ids of their events; returns how many. Absent is an empty cell."""
    table = csv.writer(out)
    table.writerow(COLUMNS)
    count = 0
    for event_id, account in rows:
        told = " … ".join(quote.words for quote in account.mention.evidence or (account.mention.trigger,))
        table.writerow([account.id, *map(_safe, cells_of(event_id, account).values()), "", "", _safe(" ".join(told.split()))])
        count += 1
    return count


def cells_of(event_id: str, account: Account) -> dict[str, str]:
    """Name of each field -> its value as a cell shows it."""
    values = {name: show_value(value_at(account, field.path)) for name, field in FIELDS.items() if name != "event"}
    return {"event": event_id, **{name: "" if value == NONE else value for name, value in values.items()}}


def read_table(path: Path, record: Record, defaults: Wish, at: dt.datetime, locate: Locate | None = None) -> list[Correction]:
    """The corrections that the changed cells of a sheet ask for; comma, semicolon or tab between the cells.

    Args:
        defaults: `by`, and the `reason` of lines that give none.

    Raises:
        UsageError: the file is no such sheet, or a line is wrong (it is named).
    """

    def make(account: Account, wish: Wish) -> Correction:
        return make_correction(account, wish, record.text(account.document_id), at, locate)

    found: list[Correction] = []
    for line, cells in _lines(path):
        try:
            found += _changes(cells, record, defaults, make)
        except UsageError as error:
            raise UsageError(f"{path}, line {line}: {error}") from error
    twice = [c for n, c in enumerate(found) if any((c.account_id, c.field) == (d.account_id, d.field) for d in found[:n])]
    if twice:
        raise UsageError(f"{path}: two lines correct {name_of(twice[0].field)} of {str(twice[0].account_id)[:12]}; leave one of them")
    return found


def _changes(cells: dict[str, str], record: Record, defaults: Wish, make: Callable[[Account, Wish], Correction]) -> list[Correction]:
    account = find_account(record, cells.get("account", ""))
    now = cells_of(record.event_of(account.id) or "", account)
    wishes = [
        Wish(field=name, value=cells[name], reason=cells.get("reason") or defaults.reason, words=cells.get("words") or None, by=defaults.by)
        for name in FIELDS
        if cells.get(name) and _same(cells[name]) != _same(now[name]) and (now[name] or cells[name].casefold() != NONE)
    ]
    return [make(account, wish) for wish in wishes]


def _same(cell: str) -> str:
    return " ".join(cell.casefold().split())


def _lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        raw = path.read_bytes()
        text = decode(raw)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as a table: {error}") from error
    head = text.split("\n", 1)[0].strip()
    delimiter = max(",;\t", key=head.count)
    if len(raw) > MOST_BYTES:
        raise UsageError(f"{path}: over {MOST_BYTES // 1_000_000} MB; correct it in parts")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [name.strip().casefold() for name in reader.fieldnames or ()]
    if "account" not in names or not set(names) & set(FIELDS):
        raise UsageError(f"{path}: no column 'account' beside one of {', '.join(FIELDS)}; khronika corrections table writes such a sheet")
    reader.fieldnames = names
    try:
        found = [(reader.line_num, {k: _plain(v) for k, v in row.items() if k and isinstance(v, str)}) for row in reader]
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}") from error
    return [(line, row) for line, row in found if any(row.values())]


def _safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell[:1] in ("=", "+", "-", "@", "\t") else cell


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell
