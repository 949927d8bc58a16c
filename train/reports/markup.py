"""Short reports written by hand in a compact markup become articles in the form of the gold standard, one JSON object a line.

    python -m train.reports.markup FILE.txt ... --out train/reports/NAME.jsonl

A report in markup, one sentence a line, a blank line between paragraphs, `~` before a line that is boilerplate:

    == Outlet | 2024-05-12 | Title, or - for none
    Two drones hit a fuel depot in Marsa overnight, killing a guard, the mayor said.
    The army denied it.

    ~ Read also: Bread prices fall
    --
    e air_drone_strike occurred :: hit :: 1,2                     kind, status (then `bg` for background), trigger, sentences (numbers from 1, over all lines)
    t overnight = 2024-05-11..2024-05-12                          time words (or -) = days, one day, or - for open
    w Marsa = Marsa / LY / Marsa District / settlement            place words = name / country / region or - / precision
    p Two drones = unknown                                        perpetrator = neutral name
    g a fuel depot = infrastructure                               target = kind
    v a guard                                                     victim
    x drones                                                      weapon
    k a guard = 1                                                 killed (i injured, d detained) = 3, 3..5, or 24.. where open above
    c reports occurrence :: the mayor :: - :: 1                   claim: stance, about, by [< nearest intermediary < next], value or -, sentence
    a trend :: - :: 2                                             assessment: topic, by or -, sentence (or exact words)
    f the minister :: will :: by spring :: 2                      forecast: by or -, likelihood or -, horizon or -, sentence (or exact words)

Lines `t` to `c` belong to the event above them. Every phrase must stand word for word in the text.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from khronika.text import digest_of
from khronika.types import KINDS

_ROLES = {"p": "perpetrators", "g": "targets", "v": "victims", "x": "weapons"}
_COUNTS = {"k": "killed", "i": "injured", "d": "detained"}
_ONE_OF = {
    "status": {"occurred", "attempted", "foiled", "alleged"},
    "precision": {"site", "settlement", "district", "region", "country"},
    "target kind": {"civilian", "official", "military", "police", "infrastructure", "building", "vehicle", "other"},
    "stance": {"reports", "claims_responsibility", "attributes", "blames", "denies", "doubts"},
    "about": {"occurrence", "perpetrator", "casualties", "target", "weapon", "other"},
    "topic": {"trend", "capability", "control", "intent", "other"},
    "kind": set(KINDS),
}


def _one_of(name: str, value: str) -> str:
    if value not in _ONE_OF[name]:
        raise ValueError(f"{name} {value!r} is none of {', '.join(sorted(_ONE_OF[name]))}")
    return value


class Report:
    """One block of markup, read line by line; `article()` is what it amounts to."""

    def __init__(self, head: str, lines: list[str]) -> None:
        source, published, title = (part.strip() for part in head.split("|", 2))
        date.fromisoformat(published)
        if "--" not in lines:
            raise ValueError("no line '--' between the text and what is in it")
        at = lines.index("--")
        paragraphs: list[list[str]] = [[]]
        self.sentences: list[str] = []
        self.boilerplate: list[str] = []
        for line in (line.strip() for line in lines[:at]):
            if not line:
                paragraphs.append([])
                continue
            if line.startswith("~"):
                line = line[1:].strip()
                self.boilerplate.append(line)
            self.sentences.append(line)
            paragraphs[-1].append(line)
        self.text = "\n\n".join(" ".join(paragraph) for paragraph in paragraphs if paragraph)
        self.head = {"source": source, "published": published, "language": "en", "title": None if title == "-" else title}
        self.events: list[dict[str, Any]] = []
        self.assessments: list[dict[str, Any]] = []
        self.forecasts: list[dict[str, Any]] = []
        for line in (line.strip() for line in lines[at + 1 :]):
            if line:
                try:
                    self._take(line[0], line[1:].strip())
                except (ValueError, TypeError) as error:
                    raise ValueError(f"{line!r}: {error}") from error

    def _words(self, words: str) -> str:
        if words not in self.text:
            raise ValueError(f"{words!r} does not stand in the text")
        return words

    def _maybe(self, words: str) -> str | None:
        return None if words == "-" else self._words(words)

    def _sentence(self, place: str) -> str:
        if place.isdigit() and not 1 <= int(place) <= len(self.sentences):
            raise ValueError(f"there is no sentence {place}")
        return self.sentences[int(place) - 1] if place.isdigit() else self._words(place)

    def _take(self, key: str, rest: str) -> None:
        if key not in "etwpgvxkidcaf":
            raise ValueError(f"{key!r} is no key of a line")
        if key not in "eaf" and not self.events:
            raise ValueError("stands above the first event")
        if key == "e":
            self._event(*rest.split(" :: "))
        elif key == "a":
            topic, by, place = rest.split(" :: ", 2)
            self.assessments.append({"by": self._maybe(by), "text": self._sentence(place), "topic": _one_of("topic", topic)})
        elif key == "f":
            by, likelihood, horizon, place = rest.split(" :: ", 3)
            forecast = {
                "by": self._maybe(by),
                "text": self._sentence(place),
                "likelihood": self._maybe(likelihood),
                "horizon": self._maybe(horizon),
            }
            self.forecasts.append(forecast)
        elif key == "c":
            self._claim(*rest.split(" :: ", 3))
        elif key in ("v", "x"):
            self.events[-1][_ROLES[key]].append({"text": self._words(rest)})
        else:
            words, value = (part.strip() for part in rest.rsplit(" = ", 1))
            self._field(key, words, value)

    def _event(self, what: str, trigger: str, evidence: str) -> None:
        kind, status, *background = what.split()
        if background not in ([], ["bg"]):
            raise ValueError(f"{' '.join(background)!r} behind the status: only bg may stand there")
        event: dict[str, Any] = {
            "type": _one_of("kind", kind),
            "status": _one_of("status", status),
            "trigger": self._words(trigger),
            "evidence": [self._sentence(n.strip()) for n in evidence.split(",")],
            "when": {"text": None, "start": None, "end": None},
            "where": None,
        }
        if not any(trigger in sentence for sentence in event["evidence"]):
            raise ValueError("the trigger stands in no sentence of the evidence")
        event |= {role: [] for role in _ROLES.values()} | dict.fromkeys(_COUNTS.values())
        self.events.append(event | {"claims": [], "background": background == ["bg"]})

    def _claim(self, what: str, voices: str, value: str, place: str) -> None:
        stance, about = what.split()
        by, *chain = (self._words(voice.strip()) for voice in voices.split(" < "))
        claim = {"by": by, "chain": chain, "stance": _one_of("stance", stance), "about": _one_of("about", about)}
        self.events[-1]["claims"].append(claim | {"value": self._maybe(value), "text": self._sentence(place)})

    def _field(self, key: str, words: str, value: str) -> None:
        event = self.events[-1]
        if key == "t":
            days = [None, None] if value == "-" else (value.split("..") * 2)[:2]
            if value != "-" and date.fromisoformat(days[0] or "") > date.fromisoformat(days[1] or ""):
                raise ValueError("the days run backwards")
            event["when"] = {"text": self._maybe(words), "start": days[0], "end": days[1]}
        elif key == "w":
            name, country, region, precision = (part.strip() for part in value.split(" / "))
            if not (len(country) == 2 and country.isupper()):
                raise ValueError(f"country {country!r} is no ISO 3166 alpha-2 code")
            place = {"text": self._words(words), "name": name, "country": country, "admin1": None if region == "-" else region}
            event["where"] = place | {"precision": _one_of("precision", precision)}
        elif key == "p":
            event["perpetrators"].append({"text": self._words(words), "actor": value})
        elif key == "g":
            event["targets"].append({"text": self._words(words), "kind": _one_of("target kind", value)})
        else:
            low, _, high = value.partition("..")
            top = int(high) if high else None if ".." in value else int(low)
            if top is not None and top < int(low):
                raise ValueError("the numbers run backwards")
            event[_COUNTS[key]] = {"text": self._words(words), "low": int(low), "high": top}

    def article(self) -> dict[str, Any]:
        """The report in the form of the gold standard; its id is the digest of its text."""
        head = {"id": digest_of(self.text)[:12], **self.head, "text": self.text}
        return head | {"events": self.events, "assessments": self.assessments, "forecasts": self.forecasts, "boilerplate": self.boilerplate}


def reports(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The articles of a file in markup, and a line for each report that cannot be read (file, line, what)."""
    found, faults = [], []
    lines = path.read_text(encoding="utf-8").splitlines()
    heads = [number for number, line in enumerate(lines) if line.startswith("== ")]
    if not heads:
        return [], [f"{path}: no line begins with '== ', so there is no report in it"]
    for a, b in zip(heads, [*heads[1:], len(lines)], strict=True):
        try:
            found.append(Report(lines[a][3:], lines[a + 1 : b]).article())
        except ValueError as error:
            faults.append(f"{path}:{a + 1}: {error}")
    return found, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="JSON lines, written anew")
    arguments = parser.parse_args()
    articles, faults = [], []
    for path in arguments.files:
        found, wrong = reports(path)
        articles += found
        faults += wrong
    arguments.out.write_text("".join(json.dumps(article, ensure_ascii=False) + "\n" for article in articles), encoding="utf-8")
    print(*faults, f"{len(articles)} reports, {len(faults)} faults", sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
