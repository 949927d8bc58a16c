"""A seed and a number in, so many distinct report-like texts out; for speed and memory, never for quality."""

from __future__ import annotations

import json
import random
from pathlib import Path

PLACES = (
    "Kherson Melitopol Kramatorsk Mykolaiv Kharkiv Sumy Chernihiv Nikopol Izium Berdiansk Enerhodar Tokmak Skadovsk Bakhmut Kupiansk Orikhiv Odesa "
    "Poltava Konotop Shostka Pavlohrad Lozova Balakliia Vovchansk Chuhuiv Sloviansk Druzhkivka Toretsk Avdiivka Pokrovsk Vuhledar Polohy Vasylivka "
    "Beryslav Henichesk Kakhovka Ochakiv Voznesensk Izmail Zhytomyr Korosten Rivne Lutsk Lviv Ternopil Vinnytsia Uman Cherkasy Kremenchuk Dnipro "
    "Mogadishu Baidoa Kismayo Beledweyne Maiduguri Kaduna Sokoto Zaria Jos Funtua Nyala Khartoum Omdurman Kassala Aleppo Homs Idlib Raqqa Mosul Kirkuk "
    "Baqubah Ramadi Kabul Kandahar Jalalabad Ghazni Kunduz Quetta Peshawar Turbat Aden Taiz Marib Hodeidah Goma Bukavu Bunia Gao Kidal Menaka"
).split()
ACTORS = ["Russian forces", "Ukrainian troops", "fighters of the resistance", "an armed group", "border guards", "unknown gunmen", "a drone unit"]
THINGS = ["a warehouse", "two houses", "a bridge", "a railway station", "a school", "an ammunition depot", "a market", "a hospital", "a power station"]
MEANS = ["a missile", "three drones", "artillery shells", "a roadside bomb", "mortar rounds", "a guided bomb", "rockets"]
VOICES = ["the governor", "a spokesman for the army", "the police", "local doctors", "the mayor", "the defence ministry", "an aid group", "witnesses"]
FILLERS = (
    "The road was closed for {n} hours while crews cleared it.", "Power was cut in {n} streets, and water had to be brought by lorry.",
    "Shops opened again towards {d}, though few people came.", "Traders near the {t} spoke of {n} quiet days before it.",
    "{v} said that help was on its way from {p}.", "A train to {p} left {n} minutes late because of the alarm.",
    "Residents of {p} queued at {n} wells and two kitchens.", "Snow and {n} degrees of frost made the work harder, {v} added.",
    "Volunteers from {p} brought {n} blankets and a generator.", "Nobody could say when the {t} would be mended.",
    "The council of {p} will meet on {d} to hear {v}.", "Prices of bread in {p} have gone up by {n} per cent since autumn.",
)  # fmt: skip
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def make_text(draw: random.Random, words: int) -> str:
    """One text of about so many words."""
    parts: list[str] = []
    size = 0
    while size < words:
        slots = {"p": draw.choice(PLACES), "n": draw.randint(2, 97), "d": draw.choice(DAYS), "t": draw.choice(THINGS).split(" ", 1)[1], "v": draw.choice(VOICES)}
        if draw.random() < 0.12:
            sentence = (
                f"On {draw.choice(DAYS)}, {draw.choice(ACTORS)} hit {draw.choice(THINGS)} in {slots['p']} with {draw.choice(MEANS)}, "
                f"killing {draw.randint(1, 40)} people and wounding {draw.randint(2, 90)}, {slots['v']} said."
            )
        else:
            sentence = draw.choice(FILLERS).format(**slots)
            sentence = sentence[0].upper() + sentence[1:]
        parts.append(sentence + ("\n\n" if draw.random() < 0.25 else " "))
        size += len(sentence.split())
    return "".join(parts).strip()


def write_texts(path: Path, count: int, words: int = 400, seed: int = 7) -> None:
    """A JSONL file of articles."""
    draw = random.Random(seed)
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            row = {"id": f"s{number}", "source": f"outlet {number % 40}", "published": f"2023-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"}
            out.write(json.dumps(row | {"language": "en", "title": None, "text": make_text(draw, words)}) + "\n")
