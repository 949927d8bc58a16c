"""A text and its place names in, the sites that it names by them out: "Kramatorsk railway station", "the al-Khani mosque in Daquq".

The rule: a site bears its own words and the town's name, and lies at the town's middle; ground/scenes.py decides whether the event was there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from khronika.ground.toponyms import Found, Scene
from khronika.text import Span

_WORD = r"[\w’'.-]+"
_TAIL = re.compile(r"(?:,? also)?,? (?:in|at|near|of|outside|inside|on the outskirts of|(?:just )?(?P<side>(?:north|south)?-?(?:east|west|north|south)(?:east|west)?) of) (?:the )?(?:(?!(?:in|at|near|of|outside|inside) )[\w-]+ ){0,3}?$")
_PART_OF = re.compile(r"^(?:[\w-]+ )?(?:fence|gates?|area|region|grounds?|territory|premises|entrance|yard|courtyard|vicinity|outskirts|walls?|front|building|roof|perimeter|site) (?:of|to) (?:the |a |an )?", re.IGNORECASE)
_HEAD = re.compile(rf"\b(?P<article>the|a|an|its|their|this) (?P<words>(?:(?!(?:the|a|an|its|their|this) ){_WORD} ){{0,5}}(?P<noun>[\w-]+))$", re.IGNORECASE)
_CUT = re.compile(r"[.;:!?\n“”\"(]")
_FUNCTION = re.compile(r"\b(?:an?|the|in|on|at|to|and|or|from|by|with|was|were|is|are|has|have|had|after|before|where|when|for|as|that|who|which|said|near|against|into|its|their|his|her)\b")
_CONTROL = re.compile(r"^(?:[\w]+-(?:held|controlled|operated|run|occupied|owned|backed|led)|occupied|nearby|local|main|large|huge|major|old|former|small|own|two|three|several) ", re.IGNORECASE)
_CAMP = re.compile(r" (?:refugee )?camp\b", re.IGNORECASE)
REACH = 100


class Site(NamedTuple):
    """A site named by a place name: the number of that name, the span of the site's words, its name, and what kind of phrase it is."""

    n: int
    span: Span
    name: str
    marks: frozenset[str]


def find_sites(scene: Scene, found: Sequence[Found], names: Sequence[str]) -> list[Site]:
    """Sites of a text, in its order; `names` are the usual names of the places found."""
    sites = []
    for n, name in enumerate(found):
        for site in (_before(scene, n, name, names[n]), _after(scene, n, name, names[n])):
            if site and not any(other is not name and _is_the_same(scene, site, other) for other in found[max(0, n - 2) : n + 3]):
                sites.append(site)
    return sites


def _is_the_same(scene: Scene, site: Site, other: Found) -> bool:
    """Whether a site is a place known by its own name: "Balata camp in Nablus"."""
    start, end = other.start, other.end
    return site.span[0] <= start and end < site.span[1] and any(e.kind in ("district", "site") for e in other.candidates) and _ends_name(scene, other)


def _ends_name(scene: Scene, name: Found) -> bool:
    """Whether a name holds the site's kind or goes straight on with "camp"."""
    return name.words.split()[-1].casefold() in scene.lists["site_words"] or bool(_CAMP.match(scene.body, name.end))


def _before(scene: Scene, n: int, name: Found, town: str) -> Site | None:
    """ "the al-Khani mosque in Daquq"."""
    start = max(0, name.start - REACH)
    before = _CUT.split(scene.body[start : name.start])[-1]
    tail = _TAIL.search(before)
    if not tail:
        return None
    head = before[: tail.start()]
    match = _HEAD.search(head)
    if not match or match["noun"].casefold() not in scene.lists["site_words"] or _FUNCTION.search(match["words"]):
        return None
    if scene.lists["buried"].issuperset(match["words"].casefold().split()):
        return None  # "struck a mine near Gorgadji" tells of no pit
    words = _PART_OF.sub("", match["words"])
    while shorter := _CONTROL.match(words):
        words = words[shorter.end() :]
    if (first := words.split(" ")[0]) in scene.adjectives and len(words) > len(first):
        words = words[len(first) + 1 :]
    if not re.search(r"\b[A-Z\d]", words) and match["noun"].casefold() not in scene.lists["installations"]:
        return None  # "the market in Daquq" names no site; "the prison in Olenivka" does, since a town has one
    at = name.start - len(before) + match.start("words")
    label = f"{words} {tail['side']} of {town}" if tail["side"] else f"{words}, {town}"
    return Site(n, (at, name.end), label, _marks(words, "site in a town", match["article"].casefold()))


def _after(scene: Scene, n: int, name: Found, town: str) -> Site | None:
    """ "Kramatorsk railway station", "Kabul's Inter-Continental Hotel"."""
    match = _own_site(scene.lists["site_words"]).match(scene.body[name.end : name.end + 60])
    if not match or _FUNCTION.search(match["words"]):
        return None
    words = match["words"].strip()
    label = f"{words}, {town}" if match["own"] else f"{town} {words}"
    before = re.search(r"(\w+) $", scene.body[max(0, name.start - 12) : name.start])
    article = "its" if match["own"] else before.group(1).casefold() if before and before.group(1).casefold() in ("the", "a", "an") else "no"
    return Site(n, (name.start, name.end + match.end()), label, _marks(words, "town's site", article))


@cache
def _own_site(nouns: frozenset[str]) -> re.Pattern[str]:
    return re.compile(rf"(?P<own>['’]s)?(?P<words>(?: [\w’'-]+){{0,3}}? (?i:{'|'.join(sorted(nouns))})(?: of [A-Z]\w+)?)\b(?! (?:district|area|quarter))")


def _marks(words: str, shape: str, article: str) -> frozenset[str]:
    """Signs of a site: how it is named, by which article, and its kind ("prison")."""
    named = "site named" if re.search(r"\b[A-Z\d]", words) else "site described"
    noun = re.sub(r" of [A-Z]\w+$", "", words).split()[-1].casefold()
    return frozenset({shape, named, f"{named}, {article if article in ('the', 'its') else 'a'}", f"{named} {noun}"})
