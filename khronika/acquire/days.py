"""A publication date as a source writes it in, a day or an aware instant out; nonsense and the future are refused with a line."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime

from khronika.errors import InputError

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d.*)?$|(\d{4})(\d\d)(\d\d)$")


def read_day(text: str | None, now: dt.datetime) -> dt.datetime | dt.date | None:
    """The day or instant that a source states.

    Raises:
        InputError: it is no date, or it lies more than a day after `now`.
    """
    if text is None or not str(text).strip():
        return None
    text = str(text).strip()
    value = _parse(text)
    if value is None:
        raise InputError(f"publication date {text[:40]!r} cannot be read; give it as YYYY-MM-DD")
    day = value.date() if isinstance(value, dt.datetime) else value
    if day.year < 1800:
        raise InputError(f"publication date {text[:40]!r}: the year {day.year} cannot be meant; give it as YYYY-MM-DD")
    if day > now.date() + dt.timedelta(days=1):
        raise InputError(f"publication date {day} lies in the future; correct it in the input")
    return value


def _parse(text: str) -> dt.datetime | dt.date | None:
    match = _ISO.match(text)
    try:
        if match:
            year, month, day = (int(part) for part in match.groups() if part)
            found = dt.date(year, month, day)
            if len(text) <= 10:
                return found
            instant = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
            return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
        if re.fullmatch(r"\d{9,10}", text):
            return dt.datetime.fromtimestamp(int(text), dt.UTC)
        if re.match(r"(?:[A-Z][a-z]{2},\s*)?\d{1,2} [A-Z][a-z]{2} \d{4}", text):
            instant = parsedate_to_datetime(text)
            return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return None
    from dateutil import parser

    try:
        return parser.parse(text, default=dt.datetime(1, 1, 1)).date() if re.search(r"\d{4}", text) else None  # noqa: DTZ001
    except (ValueError, OverflowError, TypeError):
        return None
