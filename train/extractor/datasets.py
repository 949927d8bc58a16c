"""Folders of data sets go in, labelled texts come out: gold articles and own reports with all fields, MUC-4 with its templates."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from khronika.extract.model.layout import SENTENCE, SPANS, STANCES, STATES
from khronika.extract.model.wordpiece import WordPiece
from khronika.text import Span
from khronika.types import KINDS, Text
from train.extractor.examples import Happening, Labelled, Tokens, Typed, occurrences

TRIGGER, SOURCE, PLACE, TIME = (SPANS.index(name) for name in ("trigger", "source", "place", "time"))
_PEOPLE = re.compile(
    r"\b(gunm[ae]n|m[ae]n|wom[ae]n|attackers?|assailants?|militants?|bombers?|drivers?|individuals?|persons?|people|youths?|teenagers?|suspects?"
    r"|shooters?|he|she|they|terrorists?|rebels?|fighters?|president|commander|general|mr|mrs|soldiers?|officers?)\b",
    re.IGNORECASE,
)


def gold_articles(folder: Path, language: str = "en") -> list[dict[str, Any]]:
    """Articles of a folder in the form of the gold standard."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return [article for article in read if article["language"] == language]


def own_reports(folder: Path) -> list[dict[str, Any]]:
    """Our own short reports, one JSON object a line in the form of the gold standard; none where the folder is absent."""
    read = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    return [report for report in read if report["language"] == "en"]


def text_of(article: dict[str, Any]) -> Text:
    """A gold article as a Text."""
    day = dt.date.fromisoformat(article["published"][:10]) if article["published"] else None
    return Text(
        id=article["id"], document_id=article["id"], body=article["text"], cleaner="gold", title=article["title"], language="en", published=day
    )


def plain(words: str, id: str = "plain") -> Text:
    """Words of which no day and no title are known."""
    return Text(id=id, document_id=id, body=words, cleaner="none", language="en")


# --- the gold standard's form ------------------------------------------------------------------------------------------


def from_gold(article: dict[str, Any], pieces: WordPiece) -> Labelled:
    """An article with all fields, in tokens."""
    tokens = Tokens(text_of(article), pieces)
    asked: dict[int, set[int] | None] = {**dict.fromkeys(range(len(SPANS))), SOURCE: set()}
    made = Labelled(article["id"], tokens.ids, tokens.marks, tokens.sentences, asked, labels=[[0.0] * len(SENTENCE) for _ in tokens.sentences])
    for event in article["events"]:
        _add_event(event, tokens, made)
    for name in ("assessments", "forecasts"):
        for item in article.get(name) or []:
            at = tokens.text.find(item["text"])
            if at < 0:
                continue
            area = (at, at + len(item["text"]))
            _add_source(item.get("by"), _wider(tokens, area), tokens, made)
            for number in tokens.within([area]):
                made.labels[number][SENTENCE.index(name[:-1])] = 1.0
                if name == "assessments":
                    made.labels[number][SENTENCE.index(item["topic"], len(SENTENCE) - 5)] = 1.0
    made.eventful = bool(made.happenings)
    return made


def _add_event(event: dict[str, Any], tokens: Tokens, made: Labelled) -> None:
    text = tokens.text
    areas = [(at, at + len(words)) for words in event["evidence"] if (at := text.find(words)) >= 0]
    evidence = tokens.within(areas)
    for number in evidence:
        made.labels[number][1 if event.get("background") else 0] = 1.0
        made.labels[number][SENTENCE.index(event["type"])] = 1.0
    near = [s for s in occurrences(text, event["trigger"]) if _inside(s, areas)]
    trigger = next((t for s in near or occurrences(text, event["trigger"]) if (t := tokens.span(*s))), None)
    if trigger is None:
        return
    states = [float(bool(event.get("background"))), *(float(event["status"] == s) for s in STATES[1:])]
    happening = Happening(trigger, KINDS.index(event["type"]), states, evidence | {tokens.home(trigger[0])})
    phrases = [(_role(role, phrase["text"]), phrase["text"]) for role in ("perpetrators", "targets", "victims", "weapons") for phrase in event.get(role) or []]
    phrases += [(number, held["text"]) for number, name in ((PLACE, "where"), (TIME, "when")) if (held := event.get(name)) and held.get("text")]
    for kind, phrase in phrases:
        found = occurrences(text, phrase)
        inside = [s for s in found if _inside(s, areas)] or found[:1]
        happening.arguments |= {(kind, *t) for s in inside if (t := tokens.span(*s))}
    for claim in event.get("claims") or []:
        at = text.find(claim["text"])
        spans = _add_source(claim["by"], _wider(tokens, (at, at + len(claim["text"]))) if at >= 0 else areas, tokens, made)
        happening.arguments |= {(SOURCE, *t) for t in spans}
        made.stances |= dict.fromkeys(spans, STANCES.index(claim["stance"]))
    made.spans |= {(TRIGGER, *trigger)} | happening.arguments
    made.happenings.append(happening)


def _add_source(by: str | None, areas: list[Span], tokens: Tokens, made: Labelled) -> list[Span]:
    """The places of a voice within some areas; where one is known, its sentence is asked for sources."""
    spans = [t for s in occurrences(tokens.text, by or "") if _inside(s, areas) and (t := tokens.span(*s))]
    made.spans |= {(SOURCE, *t) for t in spans}
    asked = made.asked[SOURCE]
    if asked is not None:
        asked |= {tokens.home(a) for a, _ in spans}
    return spans


def _inside(span: Span, areas: list[Span]) -> bool:
    return any(a <= span[0] and span[1] <= b for a, b in areas)


def _wider(tokens: Tokens, area: Span) -> list[Span]:
    """The sentences (characters) that an area touches."""
    whole = [(tokens.spans[a][0], tokens.spans[b - 1][1]) for a, b in tokens.sentences]
    return [(a, b) for a, b in whole if a < area[1] and area[0] < b]


def _role(role: str, words: str) -> int:
    if role != "perpetrators":
        return SPANS.index(role[:-1])
    return SPANS.index("perp_person" if _PEOPLE.search(words) and "force" not in words else "perp_group")


# --- MUC-4 -------------------------------------------------------------------------------------------------------------

_MUC = {"PerpInd": "perp_person", "PerpOrg": "perp_group", "Target": "target", "Victim": "victim", "Weapon": "weapon"}
_SIGNS = {
    "bombing": r"bomb\w*|explo\w+|dynamit\w*|blast\w*|detonat\w+|grenades? attack|mortar attack|rocket attack",
    "attack": r"kill\w*|attack\w*|murder\w*|assassinat\w*|ambush\w*|shot|shoot\w*|massacr\w*|slain|machine-?gunn\w*|fired|execut\w+|wound\w*",
    "kidnapping": r"kidnap\w*|abduct\w*|hostages?|seiz\w+|held",
    "arson": r"burn\w*|set fire|set on fire|arson|torch\w*|fire",
    "robbery": r"rob\w*|stole\w*|stolen|steal\w*|loot\w*|theft",
    "forced work stoppage": r"strike|stoppage|blockad\w*",
}
_ANY_SIGN = re.compile(rf"\b(?:{'|'.join(_SIGNS.values())})\b")
_SOLDIERS = re.compile(r"soldier|patrol|troop|garrison|barrack|army|military|brigade|battalion|convoy")


def _muc_kind(incident: str, fillers: list[str], weapons: list[str]) -> str:
    told = " ".join(weapons)
    if incident == "bombing":
        for kind, sign in (("grenade", "grenade"), ("shelling_artillery_missile", "mortar|rocket|artillery|shell|missile"), ("air_drone_strike", "aircraft|plane|helicopter")):
            if re.search(sign, told):
                return kind
        return "remote_explosive"
    if incident == "attack":
        return "armed_clash" if _SOLDIERS.search(" ".join(fillers)) else "attack"
    return {"kidnapping": "abduction", "arson": "looting_property_destruction", "robbery": "looting_property_destruction"}.get(incident, "other_development")


def from_muc(path: Path, pieces: WordPiece) -> Iterator[Labelled]:
    """MUC-4 in GTT's form: the fillers of roles wherever they stand, and for each template the trigger in the sentence that tells most of it.

    A template names no words for the occurrence itself, so other sentences with a word of violence stay unknown.
    """
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line.strip():
            continue
        item = json.loads(line)
        tokens = Tokens(plain(item["doctext"]), pieces)
        words = [tokens.text[tokens.spans[a][0] : tokens.spans[b - 1][1]] for a, b in tokens.sentences]
        quiet = {n for n, sentence in enumerate(words) if not _ANY_SIGN.search(sentence)}
        labels = tokens.unlabelled()
        for number in quiet:
            labels[number][0] = 0.0
        asked: dict[int, set[int] | None] = {**dict.fromkeys(SPANS.index(name) for name in _MUC.values()), TRIGGER: set(quiet)}
        made = Labelled(item["docid"], tokens.ids, tokens.marks, tokens.sentences, asked, labels=labels, eventful=bool(item["templates"]))
        for template in item["templates"]:
            _add_template(template, words, tokens, made)
        yield made


def _add_template(template: dict[str, Any], words: list[str], tokens: Tokens, made: Labelled) -> None:
    fillers = {role: [m[0] for entity in template.get(role) or [] for m in entity] for role in _MUC}
    arguments: set[Typed] = set()
    for role, name in _MUC.items():
        for phrase in fillers[role]:
            arguments |= {(SPANS.index(name), *t) for s in occurrences(tokens.text, phrase) if (t := tokens.span(*s))}
    made.spans |= arguments
    told = [sum(a <= start < b for _, start, _ in arguments) for a, b in tokens.sentences]
    incident = template["incident_type"].split(" / ")[0]
    sign = re.compile(rf"\b(?:{_SIGNS[incident]})\b")
    able = [n for n, sentence in enumerate(words) if sign.search(sentence)]
    if not able:
        return
    best = max(able, key=lambda n: (told[n], -n))
    match = sign.search(words[best])
    start = tokens.spans[tokens.sentences[best][0]][0]
    trigger = tokens.span(start + match.start(), start + match.end()) if match else None
    asked = made.asked[TRIGGER]
    if trigger is None or asked is None:
        return
    kind = _muc_kind(incident, fillers["Target"] + fillers["Victim"], fillers["Weapon"])
    made.happenings.append(Happening(trigger, KINDS.index(kind), [], None, arguments))
    made.spans.add((TRIGGER, *trigger))
    made.labels[best][0], made.labels[best][SENTENCE.index(kind)] = 1.0, 1.0
    asked.add(best)
