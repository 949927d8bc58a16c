"""Days of gold events: gold trigger and evidence in, share of events whose start and end the grammar gives as the gold has them.

    python bench/days.py GOLD_DIR [--language en] [--errors N]

Prints `right` (of events that the gold dates and those that it leaves open, background left out), `dated`, `open`, `events` as one JSON line.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])  # in place of bench/, whose html.py would hide the standard one

from khronika.ground.when import when_of_mentions  # noqa: E402
from khronika.types import Mention, Quote, Reading, Text  # noqa: E402


def find(article: dict[str, Any], words: str, near: int = 0) -> Quote | None:
    """A piece of the article; the title where the body lacks it."""
    for within in ("text", "title"):
        at = (article.get(within) or "").find(words, near if within == "text" else 0)
        at = at if at >= 0 else (article.get(within) or "").find(words)
        if words and at >= 0:
            return Quote(start=at, end=at + len(words), words=words, within="body" if within == "text" else "title")
    return None


def read_article(article: dict[str, Any], *, words: bool) -> tuple[Text, Reading, list[dict[str, Any]]]:
    """The article as a text, and its gold events as mentions without their days."""
    published = dt.date.fromisoformat(article["published"][:10]) if article.get("published") else None
    text = Text(id="t", document_id="d", body=article["text"], cleaner="gold", title=article.get("title"), language=article.get("language"), published=published)
    mentions, events = [], []
    for number, event in enumerate(article.get("events", [])):
        evidence = [quote for piece in event["evidence"] if (quote := find(article, piece))]
        trigger = next((q for e in evidence if (q := find(article, event["trigger"], e.start)) and e.start <= q.start < e.end), None) or find(article, event["trigger"])
        trigger = trigger or (evidence[0] if evidence else None)
        if trigger is None:
            continue
        near = find(article, (event.get("when") or {}).get("text") or "", evidence[0].start if evidence else 0) if words else None
        mentions.append(Mention(when_words=(near,) if near else (), id=str(number), text_id="t", by="gold", trigger=trigger, kind=event["type"], status=event["status"],
                                background=event["background"], evidence=tuple(evidence)))  # fmt: skip
        events.append(event)
    return text, Reading(text_id="t", by="gold", mentions=tuple(mentions)), events


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language", default="en")
    parser.add_argument("--words", action="store_true", help="give the gold date words too, so that only their meaning is measured")
    parser.add_argument("--errors", type=int, default=0)
    options = parser.parse_args()
    right = dated = dated_right = open_right = events_n = 0
    shown = 0
    for path in sorted(options.folder.glob("*.json")):
        article = json.loads(path.read_text(encoding="utf-8"))
        if article.get("language", "en") != options.language:
            continue
        text, reading, events = read_article(article, words=options.words)
        for event, mention, when in zip(events, reading.mentions, when_of_mentions(text, reading)):
            if event["background"]:
                continue
            gold = ((event.get("when") or {}).get("start"), (event.get("when") or {}).get("end"))
            found = (when.start.isoformat() if when.start else None, when.end.isoformat() if when.end else None)
            events_n += 1
            dated += gold[0] is not None
            right += gold == found
            dated_right += gold[0] is not None and gold == found
            open_right += gold[0] is None and found[0] is None
            if gold != found and shown < options.errors:
                shown += 1
                print(path.name, article.get("published"), "GOLD", (event.get("when") or {}).get("text"), *gold, "FOUND", when.quote and when.quote.words,
                      *found, when.basis, "|", when.reason, "| [", mention.trigger.words, "]", " // ".join(q.words for q in mention.evidence)[:500], "\n",
                      file=sys.stderr)  # fmt: skip
    print(json.dumps({"right": round(right / max(events_n, 1), 4), "dated": round(dated_right / max(dated, 1), 4),
                      "open": round(open_right / max(events_n - dated, 1), 4), "events": events_n}))  # fmt: skip


if __name__ == "__main__":
    main()
