"""What the policy lets through: python bench/policy.py FOLDER [--gazetteer FILE] [--extractor NAME] prints one line of JSON.

Reads the articles of a gold folder into a temporary record and shows every event (as if an editor had reviewed it, long after) and every account with
the profiles research and public. `names`: personal names in the gold's victims, targets, perpetrators and claims (by, chain, value) that are off the
allow-list; `in_text`: those of them that stand in what the machine read, unmasked; `leaked`: those that stand in what is shown of their article, whole or
by surname; `masked_needlessly`: share of the `phrases` (victims, targets and speakers as read, no person's name in them) that lost a word; `victim_names`: personal names in the victims of
English articles, listed ones too, and `victim_names_found` the share of them that the extractor found.
A name is found by this bench's own rule, not by the extractor's: two to four capitalised words (titles off) of which none is a listed body, people,
country or opener, or that begin with a listed given name, or one capitalised word behind a title; so some agencies and towns count as names too.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not bench/: html.py there would hide the library of that name

from msgspec.structs import replace

from khronika import config
from khronika.acquire.items import Options, find
from khronika.ground.actors import load_registry
from khronika.jsonl import to_json
from khronika.pipeline import Settings, read_into
from khronika.policy import Policy, names_by_document, names_of
from khronika.record import open_record
from khronika.record.record import Record
from khronika.text import fold
from khronika.transfer.flat import event_row
from khronika.types import Event, Filter

LATER = dt.date(2100, 1, 1)
CAPITAL = r"[^\W\d_a-zа-яіїєґё][^\W\d_]*[a-zа-яіїєґё’'ʼ-][^\W_]*"
NAME = re.compile(rf"{CAPITAL}(?:[ \u00a0](?:(?:al|bin|ibn|de|der|van|von|el)[ -]){{0,2}}{CAPITAL}){{1,3}}")
POSTS = frozenset(
    """mr mrs ms dr president minister governor mayor general gen colonel col captain capt major maj lieutenant lt sergeant corporal commander spokesman spokeswoman spokesperson secretary
    adviser advisor ambassador chief head director senator official officer leader judge prosecutor analyst journalist reporter blogger activist lawyer doctor professor sir chancellor
    президент міністр министр губернатор мер мэр генерал полковник майор капитан капітан голова глава речник речниця представитель секретарь секретар радник советник командир начальник
    очільник спікер директор журналіст журналист омбудсмен""".split()
)
BODIES = frozenset(
    """ministry forces army police council republic region oblast state states united agency news service brigade battalion regiment group movement front party office court university hospital
    directorate committee command staff union nations security intelligence defence defense foreign affairs street bridge square airport airbase plant channel guard people's people’s peoples human rights
    watch red cross emergency situations national federation administration islamic jihad school house sea church city district province times post centre center institute company corps
    міністерство збройні сили область району республіка служба безпеки україни росії рф украины россии федерации министерство вооруженные силы области обороны оборони""".split()
)
WORDS = re.compile(r"[^\W_]+(?:[’'ʼ-][^\W_]+)*")


def names_in(phrase: str, given: frozenset[str], wide: bool = True) -> Iterator[str]:
    """Personal names in a gold phrase, titles left off; not `wide`: only those with a title or a listed given name."""
    for match in NAME.finditer(phrase):
        words = [re.sub(r"[’']s$", "", word) for word in match.group().split()]
        posts = [i for i, word in enumerate(words) if fold(word).strip(".") in POSTS]
        words = words[posts[-1] + 1 :] if posts else words
        if len(words) > 1 - bool(posts) and (wide or posts) and not any(fold(word) in BODIES | _listed() for word in words):
            yield " ".join(words)
        elif not any(fold(word) in BODIES for word in words):
            at = next((i for i, word in enumerate(words) if fold(word) in given), None)
            if at is not None and at < len(words) - 1:
                yield " ".join(words[at:])


@cache
def _listed() -> frozenset[str]:
    """Words of countries, peoples and bodies, and what begins no name."""
    lexicon = config.data("lexicon/en/persons.toml")
    peoples = " ".join(str(pair) for pair in config.data("demonyms.toml")["country"].values())
    return frozenset(fold(word) for word in f"{lexicon['words']['never']} {lexicon['places']['words']} {' '.join(WORDS.findall(peoples))}".split())


def gold_names(article: dict[str, Any], given: frozenset[str]) -> set[str]:
    """The personal names of one article's events."""
    phrases = []
    for event in article["events"]:
        phrases += [value["text"] for role in ("victims", "targets", "perpetrators") for value in event[role]]
        phrases += [text for claim in event["claims"] for text in (claim["by"], claim["value"], *claim["chain"]) if isinstance(text, str)]
    return names_of_all(phrases, given)


def names_of_all(phrases: list[str], given: frozenset[str]) -> set[str]:
    """The personal names of some phrases, and what stands alone behind a title."""
    found = {name for phrase in phrases for name in names_in(phrase, given)}
    found |= {match.group(1) for phrase in phrases if (match := re.fullmatch(rf"(?:\w+\.? )?({CAPITAL})", phrase)) and fold(phrase.split()[0]).strip(".") in POSTS and " " in phrase}
    return found


def surname_of(name: str) -> str:
    return name.split()[-1]


def stands_in(text: str, name: str) -> bool:
    """Whether a name stands in a text, whole or by its surname, inflected too."""
    last = surname_of(name)
    stem = last if last.isascii() or len(last) < 6 else last[:-2]
    return re.search(rf"(?<!\w){re.escape(stem)}{'' if last.isascii() else '[а-яіїєґё]*'}(?!\w)", text) is not None or name.casefold() in text.casefold()


def phrases_of(event: Event) -> list[str]:
    """Victims, targets and speakers other than outlets."""
    return [p.quote.words for p in (*event.victims, *event.targets)] + [v.speaker for v in event.voices if not v.claim_id.endswith(":-1")]


def shown(record: Record, policies: Iterable[Policy], given: frozenset[str], persons: dict[str, set[str]]) -> tuple[dict[str, str], dict[str, str], int, int, list[str]]:
    """By document all that is shown of it, and the same unmasked; and the phrases without a name, the events shown, and the phrases masked in vain."""
    told: dict[str, str] = defaultdict(str)
    raw: dict[str, str] = defaultdict(str)
    clean = events = 0
    lost = []
    for event in record.events(Filter(background=True)):
        reviewed = replace(event, review="one editor")
        accounts = record.accounts(event.account_ids)
        documents = {account.document_id for account in accounts}
        names = names_of(record, documents)
        private = {surname for document in documents for name in persons.get(document, ()) for surname in (surname_of(name),)}
        for policy in policies:
            out = policy.show_event(reviewed, names, max((a.published for a in accounts if a.published), default=dt.date(2000, 1, 1)))
            if out is None:
                continue
            events += 1
            pieces = [to_json(out), to_json(event_row(out))]
            pieces += [to_json(account) for account in (policy.show_account(a, names, reviewed) for a in accounts) if account is not None]
            for document in documents:
                told[document] += b"\n".join(pieces).decode()
                raw[document] += b"\n".join([to_json(event), *map(to_json, accounts)]).decode()
            if policy.profile == "research" and not policy.is_sensitive(event):
                for before, after in zip(phrases_of(event), phrases_of(out), strict=True):
                    if any(names_in(before, given, False)) or any(surname in before for surname in private) or any(w in names for w in WORDS.findall(before)):
                        continue
                    clean += 1
                    if "[name withheld]" in after:
                        lost.append(f"{before} -> {after}")
    return told, raw, clean, events, lost


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gazetteer", type=Path)
    parser.add_argument("--extractor", default="rules")
    args = parser.parse_args()
    given = frozenset(fold(n) for group in config.data("lexicon/en/persons.toml")["given"].values() for n in group.split())
    given |= {fold(n) for n in config.data("policy.toml")["forms"]["given"].split()}
    allowed = [
        name for actor in load_registry().actors.values() if actor.public for name in (actor.name, *(a for group in actor.aliases.values() for a in group))
    ]
    policies = [Policy("research", LATER, allowed), Policy("public", LATER, allowed)]
    articles = {article["id"]: article for path in sorted(args.folder.glob("*.json")) for article in [json.loads(path.read_text(encoding="utf-8"))]}
    with tempfile.TemporaryDirectory() as folder:
        record = open_record(f"{folder}/policy.sqlite", clock=lambda: dt.datetime(2031, 1, 1, tzinfo=dt.UTC))
        ids: dict[str, str] = {}

        def note(read: Any, _: bool) -> None:
            if hasattr(read, "reading") and read.document.name:
                ids[read.document.id] = read.document.name

        items = find([str(path) for path in sorted(args.folder.glob("*.json"))], Options(now=dt.datetime(2031, 1, 1, tzinfo=dt.UTC)))
        read_into(record, items, Settings(workers=1, gazetteer=args.gazetteer, extractor=args.extractor), "bench", note)
        persons = {document: gold_names(articles[name], given) for document, name in ids.items() if name in articles}
        victims = {
            document: names_of_all([value["text"] for event in articles[name]["events"] for value in event["victims"]], given)
            for document, name in ids.items()
            if name in articles and articles[name]["language"] == "en"
        }
        hidden = names_by_document(record, victims)
        missed = [(document, name) for document, found in victims.items() for name in found if not any(stands_in(words, name) for words in hidden.get(document, ()))]
        told, raw, clean, events, lost = shown(record, policies, given, persons)
        record.close()
    names = leaked = in_text = 0
    for document, found in persons.items():
        for name in sorted(found):
            if policies[0].is_public(name):
                continue
            names += 1
            in_text += stands_in(raw[document], name)
            if stands_in(told[document], name):
                leaked += 1
                at = told[document].find(surname_of(name))
                print(f"leaked {ids[document]}: {name}: {told[document][max(0, at - 60) : at + 60]!r}", file=sys.stderr)
    for line in lost:
        print("needless", line, file=sys.stderr)
    for document, name in missed:
        print(f"not found {ids[document]}: {name}", file=sys.stderr)
    sought = sum(map(len, victims.values()))
    share = round(len(lost) / clean, 4) if clean else None
    print(json.dumps({"names": names, "in_text": in_text, "leaked": leaked, "masked_needlessly": share, "phrases": clean, "articles": len(persons), "events_shown": events, "victim_names": sought, "victim_names_found": round(1 - len(missed) / max(1, sought), 4)}))


if __name__ == "__main__":
    main()
