"""What a reader says of an event or a text in, the Correction that an editor will see out.

The rule: whoever says that something is wrong is heard. A misreading that the words prove becomes a correction of the account that they
belong to; all else is kept as words for an editor, and only what is empty, too long or leads nowhere is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from urllib.parse import urlsplit

from msgspec.structs import replace

from khronika.errors import UsageError
from khronika.record.merge import apply_fitting
from khronika.record.record import Record
from khronika.review.anchoring import AROUND, anchor_at, find_again
from khronika.review.correcting import DANGER, Wish, check_words, enter, make_correction
from khronika.review.fields import FIELDS, Locate
from khronika.text import nfc, overlaps
from khronika.types import Account, Anchor, Correction, Noun, Text

MOST_SELECTED = 256
"""Code points that may be selected in a text."""
MOST_NAME = 100
CATEGORIES = {
    DANGER: "This endangers somebody",
    "misread": "The text was misread",
    "same": "The same as another event",
    "no_event": "Not an event",
    "missing": "An event is missing",
    "new": "There is new information",
    "article": "The article itself is wrong",
    "other": "Something else",
}
"""What can be wrong, in the order in which it is asked."""
ASKED = ("day", "place", "kind", "killed", "injured", "taken", "who")
"""Fields that a reader is asked for; an editor knows all of `fields.FIELDS`."""


class Report(Noun, frozen=True, kw_only=True):
    """What a reader says. `words` are those selected, with where they stood and what stood around them; `other` is another event's id."""

    category: str
    reason: str = ""
    event_id: str | None = None
    document_id: str | None = None
    account_id: str | None = None
    field: str | None = None
    value: str = ""
    other: str = ""
    words: str = ""
    start: int = 0
    prefix: str = ""
    suffix: str = ""
    within: str = "body"
    link: str = ""
    name: str = ""


def take_report(record: Record, report: Report, at: dt.datetime, locate: Locate | None = None) -> Correction:
    """The correction that a report amounts to, still without an id (`propose` gives it one).

    Raises:
        UsageError: it is of nothing that is there, says nothing, or is too long; says what to do.
    """
    _check(report)
    document_id = report.document_id
    text = record.text(document_id) if document_id else None
    if document_id and text is None:
        raise UsageError("this text is not in the record (any longer)")
    anchor = _anchor(report, text)
    if anchor and text and find_again(anchor, text):
        report = replace(report, words=anchor.words, start=anchor.start)
    account = _account_of(record, report)
    document_id = document_id or (account.document_id if account else None)
    event_id = record.event_of(account.id) if account else None
    if report.event_id:
        event = record.event(report.event_id)  # the one that it went into, where it was joined
        if event is None:
            raise UsageError(f"{report.event_id}: no such event")
        event_id = event.id
    text = text or (record.text(document_id) if document_id else None)
    made = _formal(record, report, account, text, at, locate) or _note(record, report, event_id, document_id, at)
    return replace(made, anchor=anchor or made.anchor, evidence=report.link or None, name=_line(report.name) or None)


class TooMany(UsageError):
    """So many corrections are open that no more are taken for now."""


def submit(record: Record, correction: Correction, by: str, most_open: int) -> Correction:
    """Enter what a reader says; who says exactly what an open one says gets that one, and the log does not grow.

    Raises:
        TooMany: `most_open` are open already; what endangers somebody is taken a fifth beyond that.
    """
    most = most_open + (most_open // 5 if correction.category == DANGER else 0)
    _check_room(record, most)  # before the turn to write is taken, and again in it: many may say it at once
    with record.write(by=by) as tx:
        known = next((one for one in record.corrections("proposed") if _content(one) == _content(correction)), None)
        if known is not None:
            return known
        _check_room(record, most)
        return enter(record, tx, [correction])[0]


def _check_room(record: Record, most: int) -> None:
    count = record.count_corrections("proposed")
    if count >= most:
        raise TooMany(f"{count} corrections wait for an editor; please come back in a few days")


def _content(c: Correction) -> tuple[object, ...]:
    words = (c.anchor.words, c.anchor.start) if c.anchor else ()
    return c.category, c.field, c.account_id, c.document_id, c.event_id, c.new, c.reason, words, c.evidence


def _check(report: Report) -> None:
    if report.category not in CATEGORIES:
        raise UsageError(f"{report.category!r}: choose one of {', '.join(CATEGORIES)}")
    if not (report.event_id or report.document_id or report.account_id):
        raise UsageError("say which event or text is meant")
    if report.field and report.field not in FIELDS:
        raise UsageError(f"{report.field!r}: choose one of {', '.join(ASKED)}")
    for what, words in (("why", report.reason), ("the right value", report.value), ("the other event", report.other)):
        check_words(what, words)
    check_words("the name", report.name, MOST_NAME)
    if len(report.words) > MOST_SELECTED:
        raise UsageError(f"select at most {MOST_SELECTED} characters")
    if report.link:
        check_words("the link", report.link)
        if not _is_address(report.link):
            raise UsageError("the link: give an address that begins with https://")
    told = report.reason.strip() or report.value.strip() or report.link or report.other.strip()
    if not told and report.category not in (DANGER, "no_event"):
        raise UsageError("say in a few words what is wrong")
    if report.category == "new" and not (report.link or report.reason.strip()):
        raise UsageError("give a link, or say what is new")


def _is_address(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _line(words: str) -> str:
    return " ".join(nfc(words).split())


def _account_of(record: Record, report: Report) -> Account | None:
    """The account that is meant: as named, else the one whose words are selected, else the only one of the event."""
    accepted = record.corrections("accepted")
    if report.account_id:
        found = record.account(report.account_id)
        if found is None:
            raise UsageError("this reading is not in the record (any longer)")
        return apply_fitting(found, accepted)
    accounts: Iterable[Account] = ()
    if report.document_id:
        accounts = record.accounts_of_document(report.document_id)
        accounts = [a for a in accounts if report.words and _distance(a, report) is not None]
    elif report.event_id:
        event = record.event(report.event_id)
        accounts = record.accounts(event.account_ids) if event and len(event.account_ids) == 1 else ()
    best = min(accounts, key=lambda a: (_distance(a, report) or 0, a.id), default=None)
    return apply_fitting(best, accepted) if best else None


def _distance(account: Account, report: Report) -> int | None:
    """How far the trigger stands from the selected words; None where they are no words of the account."""
    span = report.start, report.start + len(report.words)
    told = [quote for quote in (*account.mention.evidence, account.mention.trigger) if quote.within == report.within]
    if not any(overlaps(span, (quote.start, quote.end)) for quote in told):
        return None
    return abs(account.mention.trigger.start - report.start)


def _anchor(report: Report, text: Text | None) -> Anchor | None:
    """Where the selected words stand; as the reader saw them where they do not stand there (names are masked on the way out)."""
    words = check_words("the words", report.words)
    if not words:
        return None
    seen = Anchor(
        words=nfc(report.words).strip(),
        start=max(0, report.start),
        prefix=nfc(report.prefix)[-AROUND:],
        suffix=nfc(report.suffix)[:AROUND],
        within="title" if report.within == "title" else "body",
    )
    quote = find_again(seen, text) if text else None
    return anchor_at(quote, text) if quote else replace(seen, words=words, prefix=_line(seen.prefix), suffix=_line(seen.suffix))


def _formal(record: Record, report: Report, account: Account | None, text: Text | None, at: dt.datetime, locate: Locate | None) -> Correction | None:
    """The correction of the account's field, where there is one account and the value fits."""
    if account is None or report.category not in ("misread", "no_event"):
        return None
    field, value = ("event", "none") if report.category == "no_event" else (report.field or "", report.value)
    if not field or not value.strip():
        return None
    wish = Wish(field=field, value=value, reason=_line(report.reason) or "see the words", words=report.words.strip() or None, near=report.start)
    try:
        return make_correction(account, wish, text, at, locate)
    except UsageError:
        return None  # kept as words: a person will understand them


def _note(record: Record, report: Report, event_id: str | None, document_id: str | None, at: dt.datetime) -> Correction:
    common = {"id": "", "reason": _line(report.reason), "category": report.category, "event_id": event_id, "document_id": document_id, "at": at}
    if report.category == "same":
        other = record.event(_line(report.other).upper())
        if other is not None and event_id is not None and other.id != event_id:
            return Correction(**common, field="same", new=other.id)  # type: ignore[arg-type]
    if report.category == "no_event" and event_id is not None and document_id is None:
        return Correction(**common, field="event")  # type: ignore[arg-type]
    if report.category == DANGER and document_id is not None and report.event_id is None:
        common["event_id"] = None  # the whole text is hidden, and every event that it tells of
    wanted = {"field": report.field or "", "value": _line(report.value or report.other)}
    return Correction(**common, field="note", new=wanted if any(wanted.values()) else None)  # type: ignore[arg-type]
