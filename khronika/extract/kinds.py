"""An occurrence with its sentences in, its kind out, settled by what all its sentences and those before it name.

The rule: a trigger that names its means keeps its kind; only a kind that was taken by default, or that a ruling of the codebook overrides, changes.
"""

from __future__ import annotations

from functools import cache

from khronika import config
from khronika.extract.lexicon import Lexicon, Words, compile_words
from khronika.extract.segments import Segment
from khronika.extract.triggers import Trigger

FAR = ("air_drone_strike", "shelling_artillery_missile", "remote_explosive")

TAKEN = ("government_regains_territory", "non_state_actor_overtakes_territory")


@cache
def _signs(language: str) -> dict[str, Words]:
    return {name: compile_words(value) for name, value in config.data(f"lexicon/{language}/kinds.toml").items()}


def settle_kind(trigger: Trigger, own: list[Segment], before: list[Segment], lexicon: Lexicon, far: str | None) -> str:
    """The kind of an occurrence.

    Args:
        own: its sentences.
        before: the few sentences before its first.
        far: the kind of violence from afar that the text as a whole tells of, if any.
    """
    words = " ".join(segment.words for segment in own)
    home = next((s.words for s in own if s.within == trigger.quote.within and s.start <= trigger.quote.start < s.end), words)
    return _by_means(_by_trigger(trigger, home, words, own, before, lexicon, far), trigger, home, words, lexicon)


def _by_trigger(trigger: Trigger, home: str, words: str, own: list[Segment], before: list[Segment], lexicon: Lexicon, far: str | None) -> str:
    """The kind that the trigger's own words give, or where they name no means what stands around them."""
    signs, kind = _signs(lexicon.language), trigger.kind
    if kind in ("remote_explosive", "attack", "armed_clash") and signs["suicide"].search(home if kind == "armed_clash" else words):
        return "suicide_bomb" if kind != "armed_clash" else kind
    if kind == "arrests" and signs["protest"].search(words):
        return "protest_with_intervention"
    if kind == "disrupted_weapons_use":
        return _shot_down(words, signs, kind)
    if kind == "non_violent_transfer_of_territory" and signs["group_moves"].search(home) and not signs["place"].search(home):
        return "change_to_group"
    if kind == "non_state_actor_overtakes_territory" and signs["captured"].match(trigger.quote.words) and signs["person"].search(home) and not signs["place"].search(home):
        return "arrests"
    if kind in TAKEN:
        return _taken(kind, home, trigger, own, signs)
    if trigger.levels["group"] not in ("attack", "killing", "strike") or kind != {"strike": "shelling_artillery_missile"}.get(trigger.levels["group"], "attack"):
        return kind
    return _by_context(kind, words, before, lexicon, far)


def _by_means(kind: str, trigger: Trigger, home: str, words: str, lexicon: Lexicon) -> str:
    """The kind where the trigger's sentence says with what, or at whom, and its words alone tell less: a barn that a drone set ablaze was not looted."""
    signs = _signs(lexicon.language)
    if kind in ("attack", "shelling_artillery_missile") and signs["at_crowd"].search(home):
        return "excessive_force_against_protesters"
    if kind == "peaceful_protest" and signs["dispersal"].search(words):
        return "protest_with_intervention"
    if kind == "air_drone_strike" and signs["mixed"].search(home) and not signs["crewed"].search(home):
        return "shelling_artillery_missile"
    if kind in ("air_drone_strike", "remote_explosive") and signs["afloat"].search(home):
        return "remote_explosive"
    if kind == "remote_explosive" and signs["from_air"].search(home):
        return "air_drone_strike"
    if kind == "looting_property_destruction":
        return next((name for name in FAR[:2] if lexicon.means[name].search(home)), kind)
    if kind == "shelling_artillery_missile" and signs["fired"].search(trigger.quote.words) and signs["small_arms"].search(home):
        return kind if lexicon.means[kind].search(home) else "attack"
    return kind


def _taken(kind: str, home: str, trigger: Trigger, own: list[Segment], signs: dict[str, Words]) -> str:
    """A place that a state's own forces take is regained, one that others take is not; told by the last of them before the trigger."""
    segment = next((s for s in own if s.words == home), None)
    before = home[: trigger.quote.start - segment.start] if segment else home
    state, taker = ([match.start() for match in signs[name].finditer(before)] for name in ("state", "taker"))
    if state and (not taker or taker[-1] < state[-1]):
        return "government_regains_territory"
    return "non_state_actor_overtakes_territory" if taker and not state else kind


def _shot_down(words: str, signs: dict[str, Words], kind: str) -> str:
    """Ruling 7: a crewed aircraft shot down is shelling, a drone or missile a disrupted use; wreckage that hit is the strike itself."""
    if signs["down"].search(words) and signs["crewed"].search(words) and not signs["uncrewed"].search(words):
        return "shelling_artillery_missile"
    if signs["fell"].search(words):
        return "air_drone_strike" if signs["drone"].search(words) else "shelling_artillery_missile"
    return kind


def _by_context(kind: str, words: str, before: list[Segment], lexicon: Lexicon, far: str | None) -> str:
    """The kind of violence whose own sentence names no means."""
    signs = _signs(lexicon.language)
    for text in (words, *(segment.words for segment in reversed(before))):
        if text is not words and signs["face"].search(words):
            break
        for name in FAR:
            if lexicon.means[name].search(text):
                return name
    if kind == "attack" and signs["combat"].search(words):
        return "armed_clash"
    if far and not signs["face"].search(words) and (kind != "attack" or signs["struck"].search(words)):
        return far
    return kind


def far_kind_of(segments: list[Segment], language: str) -> str | None:
    """The kind of violence from afar that a text tells of most; None where fewer than two of its sentences tell of any."""
    signs = _signs(language)
    guns, air = (sum(bool(signs[name].search(segment.words)) for segment in segments[:80]) for name in ("war", "air"))
    if max(guns, air) < 2:
        return None
    return "air_drone_strike" if air > guns else "shelling_artillery_missile"
