"""What the voices say of the author in; the author that the event holds, its grade, and what is contested out.

The rule: an enemy's accusation alone never makes somebody the author. It takes the outlet's own word, an admission by the author's side,
or two independent origins that are no party; else the author is unknown and the accusations stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from khronika.record.voices import Member, claim_origin, is_party, side_of
from khronika.types import ActorRef, Claim, Held

Assertion = tuple[str, str, str, bool]
"""Id of the account or claim, how ("outlet", "admission", "accusation"), origin, and whether the origin is a party."""


def _assertions(own: Sequence[Member]) -> dict[str, tuple[ActorRef, list[Assertion]]]:
    """Actor key -> the actor and who names it as author."""
    found: dict[str, tuple[ActorRef, list[Assertion]]] = {}
    for member in own:
        account = member.account
        for value in account.mention.perpetrators:
            if value.actor is None:
                continue
            key = side_of(value.actor) if value.actor.id else None
            _, named = found.setdefault(key or value.actor.name.casefold(), (value.actor, []))
            for number in value.asserted_by or (-1,):
                if number < 0 or number >= len(account.mention.claims):
                    named.append((f"{account.id}:-1", "outlet", account.source or account.document_id, account.party is not None))
                    continue
                claim = account.mention.claims[number]
                if claim.stance in ("denies", "doubts"):
                    continue
                how = "admission" if _admits(claim, value.actor) else "accusation"
                named.append((f"{account.id}:{number}", how, claim_origin(claim), is_party(claim.speaker, member.sides)))
    return {key: (actor, named) for key, (actor, named) in found.items() if named}


def _admits(claim: Claim, actor: ActorRef) -> bool:
    """A claim of responsibility, or a voice that names its own side as the author."""
    own = claim.speaker is not None and claim.speaker.id is not None and side_of(claim.speaker) == side_of(actor)
    return own and claim.stance in ("claims_responsibility", "attributes") or claim.stance == "claims_responsibility" and (
        claim.speaker is None or claim.speaker.id is None
    )


def _is_held(named: Sequence[Assertion]) -> str | None:
    """The ground on which an author is held, or None."""
    if any(how == "admission" for _, how, _, _ in named):
        return "admission by the author's side"
    if any(how == "outlet" and not party for _, how, _, party in named):
        return "an outlet's own word"
    third = {origin for _, how, origin, party in named if not party}
    return "two independent origins that are no party" if len(third) >= 2 else None


def hold_author(own: Sequence[Member]) -> Held[tuple[ActorRef, ...]]:
    """The author that the event holds; an empty tuple is unknown."""
    grounds = {}
    for key, (actor, named) in sorted(_assertions(own).items()):
        ground = _is_held(named)
        if ground:
            grounds[key] = actor, named, ground
    if any(ground.startswith("admission") for _, _, ground in grounds.values()):
        grounds = {key: value for key, value in grounds.items() if value[2].startswith("admission")}
    if any(_is_named(actor) for actor, _, _ in grounds.values()):
        grounds = {key: value for key, value in grounds.items() if _is_named(value[0])}
    denials = tuple(
        f"{member.account.id}:{number}"
        for member in own
        for number, claim in enumerate(member.account.mention.claims)
        if claim.stance in ("denies", "doubts") and claim.about in ("perpetrator", "occurrence")
    )
    if not grounds:
        return Held(value=(), rule="nobody is held to be the author: no outlet's own word, no admission, no two independent origins", disputed_by=denials)
    return Held(
        value=tuple(actor for actor, _, _ in grounds.values()),
        rule="; ".join(dict.fromkeys(ground for _, _, ground in grounds.values())),
        supported_by=tuple(dict.fromkeys(id for _, named, _ in grounds.values() for id, *_ in named)),
        disputed_by=denials,
    )


def _is_named(actor: ActorRef) -> bool:
    """Whether an actor has a name: "gunmen" and "a bomber" describe an author and are none beside a named one."""
    return actor.id is not None or actor.name != actor.name.lower()


def is_author_contested(own: Sequence[Member]) -> bool:
    """Whether rival versions stand: voices name authors of different sides. A bare denial is a claim and no version."""
    # "Gunmen" and "a bomber" describe an author and are no version beside a named one.
    ids = [{id for id, *_ in named} for actor, named in _assertions(own).values() if actor.id]
    return any(not a & b for n, a in enumerate(ids) for b in ids[n + 1 :])


def is_occurrence_contested(own: Sequence[Member]) -> bool:
    """Whether somebody who is not the accused denies or doubts that it happened, or says that something else did."""
    accused = set(_assertions(own))
    return any(
        claim.stance in ("denies", "doubts") and claim.about == "occurrence" and (side_of(claim.speaker) not in accused or claim.value is not None)
        for member in own
        for claim in member.account.mention.claims
    )


def grade_occurrence(origins: Mapping[str, bool]) -> str:
    """How well the occurrence is attested, by origins that are no party."""
    third = sum(not party for party in origins.values())
    return "several origins that are no party" if third >= 2 else "one origin that is no party" if third else "parties only"


def grade_author(own: Sequence[Member], author: Held[tuple[ActorRef, ...]]) -> str:
    """On what the authorship rests: admission against interest, own boast, third party, accusation, or nothing."""
    named = [assertion for _, assertions in _assertions(own).values() for assertion in assertions]
    if any(how == "admission" for _, how, _, _ in named):
        civilian = any(t.kind == "civilian" for member in own for t in member.account.mention.targets)
        return "admission against interest" if civilian else "own claim"
    if author.value:
        return "third party"
    return "accusation" if named else "none"
