"""Event coreference on ECB+: python bench/ecbplus.py EVENT_MENTIONS.json CORPUS.txt prints one JSON line of figures.

Gold mentions, the topic (first number of the document id) given, the whole part scored at once, singletons included. Mentions are joined by
khronika's own weighing and clustering with a feature set of text alone; its weights (khronika/data/link/ecb.json) come from train/ecb_weights.py.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

sys.path.sort(key=lambda entry: entry.endswith("bench"))  # last: its html.py would hide the standard one
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import coreference
from khronika.config import DATA, data
from khronika.link.cluster import cluster
from khronika.link.weigh import read_weights, total, weigh
from khronika.link.words import Vector, cosine, stem, weight
from khronika.text import fold

WEIGHTS = DATA / "link" / "ecb.json"
LIGHT = frozenset("be have do make take get give go come put set the a an of to in on at up out off down for from with by and 's his her its their was were is are had has".split())
BINS = (0.03, 0.08, 0.15, 0.25, 0.4, 0.6)
STORY = 0.12
"""Average cosine of the documents of one story."""
DOCUMENT_BINS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


class EventMention(NamedTuple):
    """One gold mention with what stands around it."""

    id: str
    document: str
    topic: str
    chain: str
    stems: tuple[str, ...]
    head: str
    sentence: Vector
    near: frozenset[str]
    text: Vector
    place: int
    """Sentence number."""
    story: str
    """The group of documents of the topic that tell one story, as found by clustering them."""


def read_mentions(mentions: Path, corpus: Path) -> list[EventMention]:
    """All mentions of a part, in the order of the file."""
    sentences: dict[tuple[str, int], list[str]] = defaultdict(list)
    for line in corpus.read_text(encoding="utf-8").splitlines():
        if line.strip():
            document, sentence, _, word, *_ = line.split("\t")
            sentences[document, int(sentence)].append(word)
    stems = {key: [stem(fold(word)) for word in words] for key, words in sentences.items()}
    of_document: dict[str, list[str]] = defaultdict(list)
    for (document, _), found in stems.items():
        of_document[document] += found
    rare = _rarity(of_document)
    texts = {document: _vector(found, rare[document.split("_")[0]]) for document, found in of_document.items()}
    story = _stories(texts)
    return [_mention(number, entry, sentences, stems, texts, rare[entry["doc_id"].split("_")[0]], story) for number, entry in enumerate(json.loads(mentions.read_text(encoding="utf-8")))]


def _rarity(of_document: dict[str, list[str]]) -> dict[str, dict[str, float]]:
    """Topic to its terms by how few of its documents hold them; a part's size does not matter."""
    found: dict[str, dict[str, float]] = {}
    for topic in {document.split("_")[0] for document in of_document}:
        own = [set(terms) for document, terms in of_document.items() if document.split("_")[0] == topic]
        found[topic] = {term: weight(term) * math.sqrt(math.log((len(own) + 1) / n)) for term, n in Counter(term for terms in own for term in terms).items()}
    return found


def _stories(texts: dict[str, Vector]) -> dict[str, str]:
    """Document to the first document of its story: average-link over the texts of a topic."""
    found: dict[str, str] = {}
    for topic in sorted({document.split("_")[0] for document in texts}):
        documents = [document for document in texts if document.split("_")[0] == topic]
        groups, _ = cluster(documents, lambda a, b: cosine(texts[a], texts[b]) - STORY, {})
        found |= {document: ids[0] for ids in groups for document in ids}
    return found


def _mention(number: int, entry: dict, sentences: dict, stems: dict, texts: dict, idf: dict[str, float], story: dict[str, str]) -> EventMention:  # type: ignore[type-arg]
    document, sentence, places = entry["doc_id"], entry["sent_id"], entry["tokens_number"]
    own = tuple(stem(fold(word)) for word in entry["tokens_str"].split())
    content = [term for term in own if term not in LIGHT and term[:1].isalnum()] or list(own)
    words = sentences[document, sentence]
    around = [term for place, term in enumerate(stems[document, sentence]) if place not in places]
    window = range(max(0, places[0] - 8), min(len(words), places[-1] + 9))
    near = frozenset(stems[document, sentence][i] for i in window if i not in places and len(words[i]) > 2 and weight(stems[document, sentence][i]) > 2.5)
    head = content[0] if len(content) == 1 else content[-1]
    return EventMention(
        f"{document}/{sentence}/{places[0]}/{number:05}", document, document.split("_")[0], entry["coref_chain"], tuple(content), head,
        _vector(around, idf), near, texts[document], sentence, story[document],
    )  # fmt: skip


def _vector(terms: list[str], idf: dict[str, float]) -> Vector:
    counts = Counter(terms)
    raw = {term: (1 + math.log(n)) * idf.get(term, 0.0) for term, n in counts.items() if idf.get(term, 0.0) > 0 and term[:1].isalnum()}
    length = math.sqrt(sum(value * value for value in raw.values()))
    return {term: value / length for term, value in raw.items()} if length else {}


@cache
def _synonyms() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for number, group in enumerate(data("link/synonyms.toml")["groups"]):
        for word in group.split():
            found[stem(fold(word))].add(number)
    return {term: frozenset(numbers) for term, numbers in found.items()}


def alike_heads(a: EventMention, b: EventMention) -> str:
    """How alike the words of two mentions are."""
    if a.head == b.head:
        return "same" if set(a.stems) == set(b.stems) else "same head"
    if set(a.stems) & set(b.stems):
        return "share a stem"
    groups = _synonyms()
    if groups.get(a.head, frozenset()) & groups.get(b.head, frozenset()):
        return "synonyms"
    shared = 0
    for one, two in zip(a.head, b.head, strict=False):
        if one != two:
            break
        shared += 1
    if shared >= 4 and shared >= 0.6 * min(len(a.head), len(b.head)):
        return "same beginning"
    return "other"


def features(a: EventMention, b: EventMention) -> dict[str, str]:
    """Text-only features of two mentions of one topic."""
    head = alike_heads(a, b)
    sentence, text = _bin(cosine(a.sentence, b.sentence), BINS), _bin(cosine(a.text, b.text), DOCUMENT_BINS)
    near = min(len(a.near & b.near), 4)
    document = "same" if a.document == b.document else f"{text}{'' if a.story == b.story else ', other story'}"
    return {
        "head and document": f"{head}, {document}",
        "head and sentence": f"{head}, {'same' if a.document == b.document and a.place == b.place else sentence}",
        "near": f"{'alike' if head != 'other' else 'other'}, {near}",
        "sentence place": "both first" if a.place <= 1 and b.place <= 1 else "one first" if min(a.place, b.place) <= 1 else "later",
    }


def _bin(value: float, bins: tuple[float, ...]) -> str:
    return f"{max((low for low in (0.0, *bins) if value >= low), default=0.0):.2f}"


def topics(mentions: list[EventMention]) -> Iterator[list[EventMention]]:
    """Mentions of each topic."""
    found: dict[str, list[EventMention]] = defaultdict(list)
    for mention in mentions:
        found[mention.topic].append(mention)
    yield from found.values()


def join(mentions: list[EventMention], weights_file: Path = WEIGHTS) -> dict[str, int]:
    """Mention id to the number of its cluster."""
    by = read_weights(weights_file)
    response: dict[str, int] = {}
    for topic in topics(mentions):
        named = {mention.id: mention for mention in topic}
        groups, _ = cluster(named, lambda a, b, named=named: total(weigh(features(named[a], named[b]), by)), {})  # type: ignore[misc]
        for ids in groups:
            response.update(dict.fromkeys(ids, len(response)))
    return response


def measure(mentions: list[EventMention], response: dict[str, int]) -> dict[str, float]:
    """The figures, in full."""
    key = {mention.id: mention.chain for mention in mentions}
    scores = {"muc_f1": coreference.muc(key, response)[2], "b3_f1": coreference.b_cubed(key, response)[2], "ceafe_f1": coreference.ceaf_e(key, response)[2]}
    return {"conll_f1": round(sum(scores.values()) / 3, 4), **{name: round(value, 4) for name, value in scores.items()}}


def main() -> None:
    """Print the figures of one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mentions", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    mentions = read_mentions(arguments.mentions, arguments.corpus)
    print(json.dumps(measure(mentions, join(mentions, arguments.weights))))


if __name__ == "__main__":
    main()
