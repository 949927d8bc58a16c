"""A record in, the public pages as plain files out, for any web server: pages, map, timeline, data, feed, corrections log, list of removed items.

The rule: nothing is written before every event was checked, and the folder is put in place when it is whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from khronika.errors import UsageError
from khronika.jsonl import to_json
from khronika.record.record import Record
from khronika.review.public import public_log
from khronika.transfer.export import EXPORTS
from khronika.transfer.outgoing import Outgoing
from khronika.web import event_view, feed, marks, statics, text_view
from khronika.web.api import event_json, removed
from khronika.web.check import check
from khronika.web.context import Context, Setup
from khronika.web.filters import Wanted
from khronika.web.index import Index
from khronika.web.links import CopiedLinks
from khronika.web.pages import event_values, list_of

ROWS = 200
MARK = "removed.json"
"""A folder that has this file is a copy of before and may be replaced."""


class RefusedError(UsageError):
    """The check found what must not be shown; nothing was written."""


def write_site(record: Record, setup: Setup, out: Path) -> int:
    """Write the copy into a folder, in place of an older copy there; returns the number of events.

    Raises:
        UsageError: the folder holds something else, or cannot be written.
        RefusedError: something must not be shown.
    """
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise UsageError(f"{out}: not empty, and no copy of before ({MARK} is missing); choose an empty folder")
    index = Index()
    root = _context(record, setup, index, 0)
    for checked in check(root):
        if checked.faults:
            raise RefusedError(f"{checked.id}: {', '.join(checked.faults)}; nothing was written (khronika policy check lists all)")
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        count = _write(record, setup, index, draft)
        old = out.with_name(f".{out.name}.{os.getpid()}.old")
        if out.exists():
            out.rename(old)
        draft.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return count


def _context(record: Record, setup: Setup, index: Index, depth: int) -> Context:
    return Context(record, setup, index, links=CopiedLinks(depth))


def _write(record: Record, setup: Setup, index: Index, out: Path) -> int:
    for folder in ("events", "texts", "data/events", "static"):
        (out / folder).mkdir(parents=True)
    root, below, deep = (_context(record, setup, index, depth) for depth in (0, 1, 2))
    for path, file in statics.files().items():
        (out / "static" / path).parent.mkdir(parents=True, exist_ok=True)
        (out / "static" / path).write_bytes(file.body)
    for name, text in (*_lists(root), ("about.html", root.render("about.html")), ("feed.atom", feed.render(root)), ("robots.txt", "User-agent: *\nDisallow: /\n")):
        _put(out / name, text)
    _put(out / "corrections.html", root.render("log.html", rows=list(public_log(record, root.policy))))
    documents: set[str] = set()
    ids = [root.view.board.event_id(int(at)) for at in root.view.board.order[root.view.visible[root.view.board.order]]]
    for id in ids:
        shown = event_view.show(record, root.policy, id)
        if shown is None:
            continue
        documents |= {one.document_id for one in shown.accounts}
        _put(out / "events" / f"{id}.html", below.render("event.html", **event_values(below, shown)))
        (out / "data" / "events" / f"{id}.json").write_bytes(to_json(event_json(deep, shown)))
    for document_id in sorted(documents):
        found = text_view.show(record, root.policy, document_id)
        if found is not None:
            _put(out / "texts" / f"{document_id}.html", below.render("text.html", text=found, summary=text_view.summary))
    _data(record, root, ids, out)
    return len(ids)


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _lists(context: Context) -> Iterator[tuple[str, str]]:
    """The list in pages of 200."""
    after, number = None, 1
    while True:
        values = list_of(context, Wanted(), after, ROWS)
        name = "index.html" if number == 1 else f"list-{number}.html"
        after = values["after_next"]
        yield name, context.render("events.html", **{**values, "after": None, "more": f"list-{number + 1}.html" if after else None})
        if after is None:
            return
        number += 1


def _data(record: Record, context: Context, ids: list[str], out: Path) -> None:
    view = context.view
    picked = view.pick(record, context.profile, Wanted())
    (out / "data" / "timeline.json").write_bytes(to_json(marks.timeline(view.board, picked)))
    rows = [view.board.row(int(at)) for at in picked]
    (out / "data" / "marks.json").write_bytes(to_json({"marks": [_mark(row) for row in rows if row.latitude is not None]}))
    (out / MARK).write_bytes(to_json(removed(context)))
    for format in ("csv", "geojson", "jsonl"):
        with (out / "data" / f"events.{format}").open("w", encoding="utf-8", newline="") as file:
            EXPORTS[format](Outgoing(record, (event for id in reversed(ids) if (event := record.event(id))), context.policy), file)


def _mark(row: Any) -> dict[str, Any]:
    shown = {"lat": row.latitude, "lon": row.longitude, "n": 1, "id": row.id, "name": row.place, "precision": row.precision, "km": row.radius_km}
    return {**shown, "contested": len(row.contested), "kind": row.kind, "start": row.start}

