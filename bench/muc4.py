"""MUC-4 in GTT's form: python bench/muc4.py FILE.jsonl [--extractor NAME] [--model DIR] [--predictions OUT] prints one JSON line.

`ceaf_ree_f1` (role fillers, event-agnostic, one-to-one) and `gtt_f1` (templates) as METRICS.md of the data describes them, and F1 by role. What an
extractor reads is turned into roles by one table; at most one mention an entity, no entity twice. No threshold is changed for this bench.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import string
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.sort(key=lambda entry: entry.endswith("bench"))  # last: its html.py would hide the standard one
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from khronika.extract import EXTRACTORS
from khronika.types import Mention, Participant, Reading, Text

ROLES = ("PerpInd", "PerpOrg", "Target", "Victim", "Weapon")
TYPES = {
    **dict.fromkeys(("air_drone_strike", "shelling_artillery_missile", "remote_explosive", "suicide_bomb", "grenade", "chemical_weapon"), "bombing"),
    **dict.fromkeys(("armed_clash", "attack", "sexual_violence", "mob_violence", "government_regains_territory"), "attack"),
    "non_state_actor_overtakes_territory": "attack",
    "abduction": "kidnapping",
    "looting_property_destruction": "arson",
}
_ROBBERY = re.compile(r"\b(?:rob|robb|steal|stole|loot|theft)", re.IGNORECASE)
_PERSON = re.compile(
    r"\b(?:m[ae]n|wom[ae]n|people|persons?|peasants?|guards?|bodyguards?|leaders?|judges?|priests?|soldiers?|officers?|students?|workers?|mayors?"
    r"|ministers?|civilians?|children|residents?|journalists?|police(?:men|man)?|guerrillas?|citizens?|gunm[ae]n|terrorists?|rebels?|troops?"
    r"|individuals?|attackers?|assassins?|assailants?|commandos?|subversives?|hitm[ae]n|youths?|extremists?)\b",
    re.IGNORECASE,
)
_SMALL = frozenset("of and in to s for by".split())
Entities = dict[str, list[str]]
Filler = tuple[float, str]
"""p and words."""
Template = dict[str, Any]
MOST_MAPPINGS = 20_000


def plain(words: str) -> str:
    """Lower case, no punctuation, no articles, single blanks."""
    bare = words.lower().translate(str.maketrans("", "", string.punctuation))
    return " ".join(w for w in bare.split() if w not in ("a", "an", "the"))


def most_pairs(possible: Sequence[Sequence[bool]]) -> int:
    """The greatest number of one-to-one pairs (augmenting paths): what the Hungarian method gives for scores of 0 and 1."""
    owner: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, fits in enumerate(possible[row]):
            if fits and column not in seen:
                seen.add(column)
                if column not in owner or place(owner[column], seen):
                    owner[column] = row
                    return True
        return False

    return sum(place(row, set()) for row in range(len(possible)))


def f1(hit_p: float, predicted: float, hit_r: float, gold: float) -> float:
    """F1 from the hits and totals of precision and recall."""
    p = hit_p / predicted if predicted else 0.0
    r = hit_r / gold if gold else 0.0
    return 2 * p * r / (p + r) if p + r else 0.0


def ceaf_ree(gold: dict[str, dict[str, list[set[str]]]], predicted: dict[str, Entities]) -> dict[str, float]:
    """F1 by role and `micro`: gold entities are sets of mentions, a predicted entity is one mention."""
    counts = {role: [0, 0, 0] for role in ROLES}
    for key, roles in gold.items():
        for role in ROLES:
            ours, theirs = [plain(m) for m in predicted.get(key, {}).get(role, [])], roles[role]
            counts[role][0] += most_pairs([[mention in {plain(m) for m in entity} for mention in ours] for entity in theirs])
            counts[role][1] += len(ours)
            counts[role][2] += len(theirs)
    total = [sum(c[i] for c in counts.values()) for i in range(3)]
    return {role: f1(h, p, h, g) for role, (h, p, g) in counts.items()} | {"micro": f1(total[0], total[1], total[0], total[2])}


def _pair(ours: Template, theirs: Template) -> tuple[int, int] | None:
    """Hits of precision and recall of a mapped pair, None where the types do not fit."""
    if ours["incident_type"] not in theirs["incident_type"]:
        return None
    hit_p = hit_r = 1
    for role in ROLES:
        gold = [{plain(m) for m in entity} for entity in theirs[role]]
        mine = [{plain(m) for m in entity} for entity in ours[role]]
        hit_p += sum(any(one <= other for other in gold) for one in mine)
        hit_r += sum(any(one <= other for one in mine) for other in gold)
    return hit_p, hit_r


def _size(template: Template) -> int:
    return 1 + sum(len(template[role]) for role in ROLES)


def gtt_document(ours: Sequence[Template], theirs: Sequence[Template]) -> tuple[int, int, int, int]:
    """Hits and totals of precision and recall under the mapping with the best F1; by greatest gain where there are too many mappings."""
    predicted, gold = sum(map(_size, ours)), sum(map(_size, theirs))
    pairs = [[_pair(one, other) for other in theirs] for one in ours]
    choices = [[None, *(j for j, hit in enumerate(row) if hit)] for row in pairs]
    count = 1
    for options in choices:
        count *= len(options)
    best = (0, 0)
    if count <= MOST_MAPPINGS:
        for mapping in itertools.product(*choices):
            used = [j for j in mapping if j is not None]
            if len(used) == len(set(used)):
                hits = [pairs[i][j] or (0, 0) for i, j in enumerate(mapping) if j is not None]
                sums = (sum(h[0] for h in hits), sum(h[1] for h in hits))
                if f1(sums[0], predicted, sums[1], gold) > f1(best[0], predicted, best[1], gold):
                    best = sums
    else:
        taken: set[int] = set()
        rows: set[int] = set()
        for hit, i, j in sorted(((hit, i, j) for i, row in enumerate(pairs) for j, hit in enumerate(row) if hit), key=lambda x: -sum(x[0])):
            if i not in rows and j not in taken:
                rows.add(i)
                taken.add(j)
                best = (best[0] + hit[0], best[1] + hit[1])
    return best[0], predicted, best[1], gold


def gtt(gold: dict[str, list[Template]], predicted: dict[str, list[Template]]) -> float:
    """GTT's micro F1 over all documents."""
    rows = [gtt_document(predicted.get(key, []), templates) for key, templates in gold.items()]
    return f1(*(sum(column) for column in zip(*rows, strict=True))) if rows else 0.0


def type_of(mention: Mention) -> str | None:
    """MUC's incident type of a mention, None for kinds that MUC does not know."""
    found = TYPES.get(mention.kind)
    return "robbery" if found == "arson" and _ROBBERY.search(mention.trigger.words) else found


def muc_role(words: str, kind: str | None) -> str:
    """PerpInd or PerpOrg, by the perpetrator's kind, else by its words."""
    return "PerpInd" if kind == "person" or (kind is None and _PERSON.search(words)) else "PerpOrg"


def fillers(mention: Mention) -> dict[str, list[Filler]]:
    """The mention's participants by MUC's roles, each with its p (without one: the mention's)."""
    found: dict[str, list[Filler]] = {role: [] for role in ROLES}

    def add(role: str, who: Participant) -> None:
        found[role].append((who.p if who.p is not None else mention.p or 0.0, who.quote.words))

    for who in mention.perpetrators:
        add(muc_role(who.quote.words, who.kind), who)
    for what in mention.targets:
        person = what.kind in ("civilian", "official", "military", "police") and _PERSON.search(what.quote.words)
        add("Victim" if person else "Target", what)
    for who in mention.victims:
        add("Victim", who)
    for what in mention.weapons:
        add("Weapon", what)
    return found


def same(one: str, other: str, role: str) -> bool:
    """Whether two phrases name one entity: all words of one in the other, an acronym, or, of authors and weapons, the same last word."""
    a, b = plain(one).split(), plain(other).split()
    if set(a) <= set(b) or set(b) <= set(a):
        return True
    short, long = sorted((a, b), key=len)
    if len(short) == 1 and len(long) > 1 and short[0] in ("".join(w[0] for w in long), "".join(w[0] for w in long if w not in _SMALL)):
        return True
    return role in ("PerpInd", "PerpOrg", "Weapon") and len(a[-1]) > 3 and a[-1].rstrip("s") == b[-1].rstrip("s")


def distinct(phrases: Sequence[Filler], role: str) -> list[str]:
    """Each entity once, by its surest phrase."""
    kept: list[str] = []
    for _, phrase in sorted(phrases, key=lambda filler: -filler[0]):
        if plain(phrase) and not any(same(phrase, other, role) for other in kept):
            kept.append(phrase.lower())
    return kept


def converted(reading: Reading) -> tuple[Entities, list[Template]]:
    """Role fillers of the whole document, and its templates."""
    told = [(type_of(m), fillers(m)) for m in sorted(reading.mentions, key=lambda m: -(m.p or 0.0)) if type_of(m)]
    roles = {role: distinct([filler for _, filled in told for filler in filled[role]], role) for role in ROLES}
    templates = [{"incident_type": kind} | {role: [[m] for m in distinct(filled[role], role)] for role in ROLES} for kind, filled in told]
    return roles, templates


def gold_of(items: Sequence[dict[str, Any]]) -> dict[str, tuple[str, dict[str, list[set[str]]], list[Template]]]:
    """Document to its text, the entities of each role (sets of mentions), and its templates."""
    found = {}
    for item in items:
        named: dict[str, list[set[str]]] = {role: [] for role in ROLES}
        filled: list[Template] = []
        for template in item["templates"]:
            fillers = {role: [{m[0] for m in entity} for entity in template.get(role) or []] for role in ROLES}
            filled.append({"incident_type": template["incident_type"]} | fillers)
            for role in ROLES:
                named[role] += [entity for entity in fillers[role] if entity not in named[role]]
        found[item["docid"]] = (item["doctext"], named, filled)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--extractor", default="rules", choices=sorted(EXTRACTORS))
    parser.add_argument("--model", type=Path)
    parser.add_argument("--predictions", type=Path)
    args = parser.parse_args()
    extractor = EXTRACTORS[args.extractor](args.model)
    gold = gold_of([json.loads(line) for line in args.file.read_text(encoding="utf-8").splitlines()])
    roles: dict[str, Entities] = {}
    templates: dict[str, list[Template]] = {}
    for key, (body, _, _) in gold.items():
        text = Text(id=key, document_id=key, body=body, cleaner="bench", language="en")
        roles[key], templates[key] = converted(extractor.read(text))
    gold_roles, gold_templates = ({key: entry[n] for key, entry in gold.items()} for n in (1, 2))
    if args.predictions:
        lines = [json.dumps({"docid": key, "roles": roles[key], "templates": templates[key]}) for key in roles]
        args.predictions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    figures = ceaf_ree(gold_roles, roles)
    print(json.dumps({"ceaf_ree_f1": round(figures.pop("micro"), 4), "gtt_f1": round(gtt(gold_templates, templates), 4)} | {k: round(v, 4) for k, v in figures.items()} | {"documents": len(roles)}))


if __name__ == "__main__":
    main()
