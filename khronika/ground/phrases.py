"""A resolved name and the words round it in, the Place that the phrase means out: "20 km south of X", "eastern X", "the X region", "X railway station".

The rule: what is not the named point itself gets a radius that covers it; a region is an area and never a sharp point.
"""

from __future__ import annotations

import math
import re

from msgspec.structs import replace

from khronika.ground.gazetteer import Entry, Gazetteer
from khronika.ground.toponyms import Scene
from khronika.types import Place, Precision, Quote

_BEARINGS = {"north": 0.0, "northeast": 45.0, "east": 90.0, "southeast": 135.0, "south": 180.0, "southwest": 225.0, "west": 270.0, "northwest": 315.0}
_DISTANCE = re.compile(
    r"(?:(?P<n>\d+(?:[.,]\d+)?)[ -]?(?P<unit>km|kms|kilomet(?:er|re)s?|miles?|mi)\.?(?: \([^)]*\))?,? )?(?:just |to the |the )*"
    r"(?P<side>(?:north|south)[ -]?(?:east|west)|north|south|east|west) of (?:the )?(?:[\w-]+ ){0,3}$",
    re.IGNORECASE,
)
_AWAY = re.compile(r"(?P<n>\d+(?:[.,]\d+)?)[ -]?(?P<unit>km|kms|kilomet(?:er|re)s?|miles?)\.? (?:away )?from (?:the )?(?:[\w-]+ ){0,3}$", re.IGNORECASE)
_ROUND = re.compile(r"\b(?P<word>near|outside|around|close to|outskirts of|suburbs of|not far from|vicinity of) (?:the )?(?:(?!in |at )[\w-]+ ){0,4}$", re.IGNORECASE)
_SIDE = re.compile(r"\b(?P<side>(?:north|south)[ -]?(?:east|west)(?:ern)?|(?:north|south|east|west)(?:ern)?|central) $", re.IGNORECASE)
_OF_SIDE = re.compile(r"\b(?P<side>north|south|east|west) of $", re.IGNORECASE)
_HIS_SIDE = re.compile(
    r"['’]s (?P<side>(?:north|south)[ -]?(?:east|west)|north|south|east|west)\b(?!-| \w*(?:ern|district|region))"
    r"|['’]s (?P<side_>(?:(?:north|south)[ -]?)?(?:east|west|north|south)ern) (?:regions|parts?|areas?|territor\w+|provinces|cities|front(?:ier)?s?|flank|oblasts|borders?)\b",
    re.IGNORECASE,
)
_REGION = re.compile(r"[ -](?:[a-z]+ )?(?:regions?|oblasts?|provinces?|governorate)\b", re.IGNORECASE)
_GOVERNED = re.compile(r" (?:governorate|province|oblast)\b", re.IGNORECASE)
_OWN_UNIT = re.compile(r"['’]s (?:[a-z]+ )?(?P<name>[A-ZА-Я][\w'’-]+(?: [A-Z][\w'’-]+)?) (?:district|raion|neighbou?rhood|area|quarter|camp)\b")
_SCHOLARLY = re.compile(r"(?:A[dlnrstz]|Ash|El) ")
_LINE = re.compile(r"\b(?P<word>contact line|line of contact) (?:in|of|with) (?:the )?(?:[\w-]+ern )?$", re.IGNORECASE)
_STOP = re.compile(r"[.!?;\n]")
_DISTRICT = re.compile(r" (?:district|raion|rayon|subdistrict)\b", re.IGNORECASE)


def moved(at: tuple[float, float], bearing: float, km: float) -> tuple[float, float]:
    """The point so many kilometres from another, in degrees; the bearing clockwise from north."""
    latitude = at[0] + km / 111.2 * math.cos(math.radians(bearing))
    stretch = max(0.05, math.cos(math.radians(at[0])))
    longitude = at[1] + km / (111.2 * stretch) * math.sin(math.radians(bearing))
    return round(max(-90.0, min(90.0, latitude)), 5), round((longitude + 180) % 360 - 180, 5)


def bearing_of(words: str) -> float | None:
    """Degrees of "south-eastern", "north"; None for "central"."""
    return _BEARINGS.get(re.sub(r"ern$", "", words.casefold()).replace("-", "").replace(" ", "").replace("ern", ""))


def region_name(gazetteer: Gazetteer, entry: Entry) -> str | None:
    """English name of the first-level region that an entry lies in."""
    region = gazetteer.regions.get((entry.country, entry.admin1)) if entry.admin1 else None
    return region.name if region else None


def usual_name(entry: Entry, quote: Quote | None) -> str:
    """The gazetteer's name, or the text's own Latin spelling where that is plain and the gazetteer's is a scholar's ("Dāqūq", "Ar Raqqah")."""
    if quote is None or entry.kind not in ("settlement", "district") or not quote.words.isascii() or not quote.words[:1].isupper():
        return entry.name
    if entry.name.casefold().startswith(f"{quote.words.casefold()} "):
        return quote.words.title() if quote.words.isupper() else quote.words  # "Frankfurt", which GeoNames has as "Frankfurt am Main"
    scholarly = not entry.name.isascii() or _SCHOLARLY.match(entry.name)
    return quote.words.title() if scholarly and quote.words.isupper() else quote.words if scholarly else entry.name


def plain(entry: Entry, gazetteer: Gazetteer, quote: Quote | None, reason: str, p: float) -> Place:
    """The entry itself as a Place."""
    precision: Precision = entry.kind if entry.kind in ("site", "settlement", "district", "region", "country") else "settlement"  # type: ignore[assignment]
    return Place(
        name=usual_name(entry, quote), precision=precision, reason=reason, quote=quote, country=entry.country or None, admin1=region_name(gazetteer, entry),
        admin2=entry.admin2 or None, latitude=entry.latitude, longitude=entry.longitude, radius_km=entry.radius_km,
        geonames_id=entry.id if entry.id > 0 else None, population=entry.population or None, p=round(p, 3),
    )  # fmt: skip


def shaped(scene: Scene, span: tuple[int, int], entry: Entry, gazetteer: Gazetteer, quote: Quote, reason: str, p: float) -> Place:
    """The Place that the words round a resolved name make of it."""
    before, after = scene.body[max(0, span[0] - 70) : span[0]], scene.body[span[1] : span[1] + 50]
    before = _STOP.split(before)[-1]
    place = plain(entry, gazetteer, quote, reason, p)
    if entry.latitude is None or entry.longitude is None:
        return place
    at, low = (entry.latitude, entry.longitude), before.lower()
    if " of " in low and (match := _DISTANCE.search(before)) and (bearing := bearing_of(match["side"])) is not None and not _inner(match, entry):
        km = _km(match["n"], match["unit"]) if match["n"] else min(3.0, max(1.5, entry.radius_km / 2))
        point = moved(at, bearing, km)
        words = match.group().strip()
        return replace(
            place, precision="district", latitude=point[0], longitude=point[1], radius_km=round(max(5.0, km / 3), 1), geonames_id=None, population=None,
            reason=f"{reason}; moved: {words} {entry.name}",
        )  # fmt: skip
    if "from " in low and (match := _AWAY.search(before)):
        km = _km(match["n"], match["unit"])
        return replace(place, precision="district", radius_km=round(max(km, entry.radius_km), 1), reason=f"{reason}; {match.group().strip()}")
    if entry.kind in ("country", "region"):
        if entry.kind == "region" and (match := _OWN_UNIT.match(after)):
            return replace(
                place, name=f"{match['name']} District", precision="district", reason=f"{reason}; a part of {entry.name}", geonames_id=None, population=None
            )  # fmt: skip
        if _REGION.match(after) and entry.admin1:
            return place
        side = _SIDE.search(before)
        within = None if side else _OF_SIDE.search(before) or _HIS_SIDE.match(after)
        if side:
            place = _part(place, entry, side["side"], at, reason)
        elif within:
            place = _part(place, entry, within.groupdict().get("side_") or f"{within['side']}ern", at, reason)
        if side and (match := _LINE.search(before)):
            return replace(place, name=f"{match['word'].capitalize()}, {place.name}", precision="region", reason=f"{reason}; along the {match['word']}")
        return place
    if entry.kind == "settlement":
        if match := _OWN_UNIT.match(after):
            return replace(
                place, name=f"{match['name']}, {entry.name}", precision="district", reason=f"{reason}; a part of {entry.name}", geonames_id=None, population=None,
                radius_km=round(max(3.0, entry.radius_km), 1),
            )  # fmt: skip
        if _DISTRICT.match(after):
            return replace(place, name=f"{place.name.removesuffix(' District')} District", precision="district", radius_km=25.0, geonames_id=None, population=None, reason=f"{reason}; the district named after it")
        if _GOVERNED.match(after):
            return replace(place, precision="region", radius_km=round(max(25.0, entry.radius_km), 1), geonames_id=None, population=None, reason=f"{reason}; the region named after it")
        if match := _ROUND.search(before):
            return replace(place, radius_km=round(entry.radius_km + 10.0, 1), reason=f"{reason}; {match['word'].casefold()}")
    return place


def _inner(match: re.Match[str], entry: Entry) -> bool:
    """ "the south of Ukraine", "in the east of Gaza City" are parts, "50 km south of" is not."""
    return not match["n"] and (entry.kind in ("country", "region") or bool(re.search(r"in the $", match.string[: match.start("side")], re.IGNORECASE)))


def _km(number: str, unit: str) -> float:
    return float(number.replace(",", ".")) * (1.609 if unit.casefold().startswith("mi") else 1.0)


def _part(place: Place, entry: Entry, side: str, at: tuple[float, float], reason: str) -> Place:
    bearing = bearing_of(side)
    word = side.casefold().replace("-", "").replace(" ", "")
    point = moved(at, bearing, entry.radius_km * 0.5) if bearing is not None else at
    named = entry.name if entry.kind == "region" and entry.admin1 and entry.country == "UA" else f"{word.capitalize()} {usual_name(entry, place.quote)}"
    return replace(
        place, name=named, precision="region", latitude=point[0], longitude=point[1], radius_km=round(entry.radius_km * 0.7, 1), geonames_id=None,
        population=None, reason=f"{reason}; its {side.casefold()} part",
    )  # fmt: skip
