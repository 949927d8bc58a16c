"""Mentions in, their days out: placeholder until the grammar lands; every mention is held to be fresh news.

The rule: the order of the mentions is kept and no date is made up where the text has no publication day.
"""

from __future__ import annotations

from khronika.types import Reading, Text, When


def when_of_mentions(text: Text, reading: Reading) -> list[When]:
    """The days of each mention, in the order of the reading."""
    if text.published is None:
        return [When(basis="open", reason="no publication day; give one with --published") for _ in reading.mentions]
    day = text.published
    return [When(basis="assumed_fresh", reason="told as fresh news", start=day, end=day) for _ in reading.mentions]
