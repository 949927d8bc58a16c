"""Gold articles in, the weights by which triggers join occurrences out (khronika/data/lexicon/en/join_weights.json).

    python -m train.join_weights ../shared/gold/train

Occurrences grow as the annotation has them; each trigger is compared with those before it, and is the same where it stands in the evidence.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

from khronika import config
from khronika.clean import boilerplate
from khronika.extract.joining import REACH, Joiner, Occurrence
from khronika.extract.lexicon import load
from khronika.extract.segments import segments_of
from khronika.extract.triggers import find_triggers
from khronika.types import Text
from train.logistic import learn

OUT = config.DATA / "lexicon" / "en" / "join_weights.json"
Row = tuple[dict[str, str], bool, float]


def rows_of(path: Path) -> list[Row]:
    """Levels, truth and worth of every comparison of one article."""
    gold: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if gold["language"] != "en":
        return []
    body, day = gold["text"], gold["published"]
    text = Text(id="", document_id="", body=body, cleaner="", published=dt.date.fromisoformat(day[:10]) if day else None, boilerplate=boilerplate.find(body))
    spans = [[(at, at + len(piece)) for piece in event["evidence"] if (at := body.find(piece)) >= 0] for event in gold["events"]]
    segments, lexicon = segments_of(text), load("en")
    joiner, told, order, rows = Joiner(segments, lexicon), dict[int, Occurrence](), list[int](), list[Row]()
    for trigger in find_triggers(segments, lexicon, text.published):
        start, end = trigger.quote.start, trigger.quote.end
        homes = [number for number, pieces in enumerate(spans) if any(start < b and a < end for a, b in pieces)]
        if not homes:
            continue
        for back, number in enumerate(reversed(order[-REACH:])):
            rows.append((joiner.levels(trigger, told[number], back), number in homes, 1.0))
        fresh = [number for number in homes if number not in told]
        for number in fresh[:1]:
            told[number] = Occurrence([trigger], [trigger.at])
            order.append(number)
        for number in homes:
            if number in told and number not in fresh:
                told[number].triggers.append(trigger)
                told[number].sentences.append(trigger.at)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ridge", type=float, default=3.0)
    args = parser.parse_args()
    rows = [row for path in sorted(args.folder.glob("*.json")) for row in rows_of(path)]
    prior, levels = learn([row[0] for row in rows], [row[1] for row in rows], args.ridge, worth=[row[2] for row in rows])
    OUT.write_text(json.dumps({"prior": prior, "levels": levels}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{OUT}: {len(rows)} comparisons, {sum(row[1] for row in rows)} the same", file=sys.stderr)


if __name__ == "__main__":
    main()
