"""Makes khronika/data/link/words.toml: how rare each word is, from general frequencies and the words of the trade.

    python train/link_words.py FREQUENCIES.tsv > khronika/data/link/words.toml

FREQUENCIES.tsv has a word and its share of running text a line, e.g. of the package wordfreq (data CC BY-SA 4.0):
    python -c "from wordfreq import *; [print(w, word_frequency(w, 'en'), sep='\t') for w in top_n_list('en', 6000)]"
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

TEXTS = 10_000
"""Texts that the table speaks of, each of WORDS words."""
WORDS = 120
PAIRS = Path(__file__).with_name("link_pairs")
STOP = """a an the and or but nor if then than that this these those there here of to in on at by for from with without within into onto over under
after before between during through about against among across since until while as is are was were be been being am do does did done doing have has had
having will would shall should can could may might must not no so such too very it its he she they them his her their our your my we you i me him us who whom
whose which what when where why how all any both each few more most other some own same only just also up down out off again once s t ll ve re d m"""
IRREGULAR = {
    "killing": "kill", "dying": "die", "died": "die", "dies": "die", "men": "man", "women": "woman", "children": "child", "shot": "shoot", "fought": "fight",
    "struck": "strike", "blew": "blow", "blown": "blow", "took": "take", "taken": "take", "held": "hold", "fell": "fall", "fallen": "fall", "left": "leave",
    "fired": "fire", "firing": "fire", "troops": "troop", "policemen": "police", "policeman": "police", "explosion": "explode", "explosions": "explode", "explosive": "explode",
    "explosives": "explode", "detention": "detain", "deaths": "death", "bombing": "bomb", "bombings": "bomb", "bomber": "bomb", "bombers": "bomb",
    "shelling": "shell", "wounded": "wound", "injuries": "injure", "injury": "injure", "gunmen": "gunman", "attackers": "attack", "attacker": "attack",
    "shooting": "shoot", "burnt": "burn", "set": "set", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "twenty": "20",
    "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "thirty": "30", "forty": "40", "fifty": "50", "kiev": "kyiv", "odessa": "odesa", "kharkov": "kharkiv", "lugansk": "luhansk",
    "arrested": "arrest", "protesters": "protest", "protestors": "protest", "protester": "protest", "demonstrators": "demonstrate", "demonstration": "demonstrate",
    "abduction": "abduct", "abducted": "abduct", "kidnapping": "kidnap", "kidnapped": "kidnap", "clashes": "clash", "captured": "capture", "seized": "seize",
    "said": "say", "says": "say", "israeli": "israel", "israelis": "israel", "palestinian": "palestine", "palestinians": "palestine", "ukrainian": "ukraine", "ukrainians": "ukraine",
    "russian": "russia", "russians": "russia", "syrian": "syria", "syrians": "syria", "iraqi": "iraq", "iranian": "iran", "turkish": "turkey", "lebanese": "lebanon", "afghan": "afghanistan",
    "afghans": "afghanistan", "pakistani": "pakistan", "indian": "india", "chinese": "china", "somali": "somalia", "sudanese": "sudan", "nigerian": "nigeria", "malian": "mali", "congolese": "congo",
    "burkinabe": "burkina", "ethiopian": "ethiopia", "yemeni": "yemen", "saudi": "saudi", "egyptian": "egypt", "libyan": "libya", "colombian": "colombia", "mexican": "mexico", "belarusian": "belarus",
    "georgian": "georgia", "armenian": "armenia", "azerbaijani": "azerbaijan", "azeri": "azerbaijan", "kenyan": "kenya", "ugandan": "uganda", "burmese": "myanmar", "american": "us", "americans": "us",
    "jihadis": "jihadist", "jihadi": "jihadist", "jihadists": "jihadist", "islamists": "islamist", "airstrikes": "airstrike", "kurdish": "kurd", "kurds": "kurd", "wounding": "wound", "injuring": "injure",
}  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frequencies", type=Path)
    arguments = parser.parse_args()
    stop = STOP.split()
    print("# How rare words are, made by train/link_words.py: of so many texts, how many hold each term (a stem).")
    print("# General frequencies from the package wordfreq (data CC BY-SA 4.0); words of the trade from train/link_words.toml.")
    print(f'texts = {TEXTS}\nstop = """{" ".join(stop)}"""\n\n[irregular]')
    for word, base in sorted(IRREGULAR.items()):
        print(f'"{word}" = "{base}"')
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    seen = _seen_in(arguments.frequencies, set(stop))
    print("\n[seen_in]")
    for n, terms in sorted(seen.items(), reverse=True):
        print(f'{n} = "{" ".join(sorted(terms))}"')


def _seen_in(frequencies: Path, stop: set[str]) -> dict[int, set[str]]:
    from khronika.link import words as module
    from khronika.text import words_of

    module._table = lambda: {"irregular": IRREGULAR, "stop": " ".join(stop)}  # the table is only being made
    share: dict[str, float] = defaultdict(float)
    for line in frequencies.read_text(encoding="utf-8").splitlines():
        word, frequency = line.split("\t")
        for folded in words_of(word):
            if folded not in stop:
                share[module.stem(folded)] += float(frequency)
    held = {term: 1 - (1 - value) ** WORDS for term, value in share.items()}
    trade = tomllib.loads(Path(__file__).with_name("link_words.toml").read_text(encoding="utf-8"))["of_hundred"]
    for hundred, listed in sorted(trade.items(), key=lambda item: int(item[0])):
        for word in words_of(listed):
            held[module.stem(word)] = max(held.get(module.stem(word), 0), int(hundred) / 100)
    for term, share_of_own in _own_reports(module).items():
        held[term] = max(held.get(term, 0), share_of_own)
    seen: dict[int, set[str]] = defaultdict(set)
    for term, value in held.items():
        n = TEXTS * value
        if n >= 8:
            step = 1.25
            rounded = 1.0
            while rounded * step <= n:
                rounded *= step
            seen[round(rounded)].add(term)
    return seen


def _own_reports(module: object) -> dict[str, float]:
    """Share of our own reports (train/link_pairs) that hold a term, less two reports: a name of one event is no common word."""
    reports = [json.loads(line) for file in sorted(PAIRS.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    held = Counter(term for report in reports for term in set(module.terms_of(f"{report['title']} {report['text']}")))  # type: ignore[attr-defined]
    return {term: (n - 2) / len(reports) for term, n in held.items() if n > 2}


if __name__ == "__main__":
    main()
