"""Folders of corpora that annotate one thing each go in, labelled texts come out: voices (PolNeAR), weapons (re3d), places (LGL, GeoVirus), times (TimeML).

Of the places and times only documents whose digest of the name is even are read; the others are for measuring (bench/geo.py, bench/temporal.py).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.geo import articles
from bench.temporal import read_tml
from khronika.extract.model.layout import SPANS, TAGS
from khronika.extract.model.wordpiece import WordPiece
from khronika.text import Span
from train.extractor.datasets import SOURCE, plain
from train.extractor.examples import TIMEX, TOPONYM, Labelled, Tokens

WEAPON = SPANS.index("weapon")


def brat(path: Path) -> dict[str, list[Span]]:
    """Label -> spans (each piece of a broken one for itself) of a stand-off file."""
    found: dict[str, list[Span]] = {}
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("T") and line.count("\t") >= 2:
            label, _, places = line.split("\t")[1].partition(" ")
            found.setdefault(label, []).extend((int(a), int(b)) for a, b in (place.split() for place in places.split(";")))
    return found


def from_polnear(folder: Path, pieces: WordPiece) -> Iterator[Labelled]:
    """News with every attribution: sources as spans, cues and contents as tags of tokens."""
    annotations: dict[str, Path] = {}
    for path in sorted((folder / "attributions").glob("*.ann")):
        annotations.setdefault(path.stem.rpartition("_")[0], path)
    for name, path in annotations.items():
        given = brat(path)
        tokens = Tokens(plain((folder / "text" / f"{name}.txt").read_text(encoding="utf-8")), pieces)
        spans = {(SOURCE, *t) for s in given.get("Source", []) if (t := tokens.span(*s))}
        tags = [(TAGS.index(tag), *t) for tag in TAGS for s in given.get(tag.title(), []) if (t := tokens.under(*s))]
        yield Labelled(name, tokens.ids, tokens.marks, tokens.sentences, {SOURCE: None}, spans=spans, tags=tags)


def from_re3d(folder: Path, pieces: WordPiece) -> Iterator[Labelled]:
    """Documents on Syria and Iraq with their weapons and military platforms, asked only in the sentences that name one."""
    for source in sorted(folder.iterdir()):
        entities: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for line in _lines(source / "entities.json"):
            entities[line["documentId"]].append(line)
        for document in _lines(source / "documents.json"):
            tokens = Tokens(plain(document["text"]), pieces)
            held = [e for e in entities[document["_id"]] if e["type"] in ("Weapon", "MilitaryPlatform")]
            arms = {(WEAPON, *t) for e in held if (t := tokens.span(e["begin"], e["end"]))}
            if arms:
                yield Labelled(document["_id"], tokens.ids, tokens.marks, tokens.sentences, {WEAPON: {tokens.home(a) for _, a, _ in arms}}, spans=arms)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    yield from (json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip())


def from_geo(folder: Path, pieces: WordPiece) -> Iterator[Labelled]:
    """News with every place name, the even part of LGL and of GeoVirus."""
    for name in ("lgl.xml", "GeoVirus.xml"):
        for article in articles(folder / name, "even"):
            yield _all_of(TOPONYM, article.id, article.text, [(g.start, g.end) for g in article.gold], pieces)


def from_times(folders: list[Path], pieces: WordPiece) -> Iterator[Labelled]:
    """TimeML texts with every expression of time, the even part."""
    for path in sorted(p for folder in folders for p in folder.glob("*.tml")):
        if int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % 2 == 0:
            body, _, spans = read_tml(path)
            yield _all_of(TIMEX, path.name, body, [(a, b) for a, b, *_ in spans], pieces)


def _all_of(kind: int, id: str, words: str, spans: list[Span], pieces: WordPiece) -> Labelled:
    tokens = Tokens(plain(words), pieces)
    return Labelled(id, tokens.ids, tokens.marks, tokens.sentences, {kind: None}, spans={(kind, *t) for s in spans if (t := tokens.span(*s))})
