"""New accounts in, groups out: their candidates' component of the record, clustered anew.

The rule: what is joined depends on the set of accounts and verdicts alone, never on their order, and the work on the component
alone, never on the size of the record; what a limit cut off is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from khronika.link.block import keys_of
from khronika.link.cluster import Pair, cluster, pair, standing_verdicts
from khronika.link.compare import Profile, far_apart, features, profile
from khronika.link.syndication import Texts
from khronika.link.weigh import odds, weigh
from khronika.types import Account, Link, Linking, Reason, RecordQuery

VERSION = "link@1"
LIMIT = 500
"""Accounts that one new account is compared with at most."""
COMPONENT = 200
"""Accounts that are clustered anew at most, beside the new ones and ROOM for each of them."""
ROOM = 3
OWN = 6
"""Links that a new account keeps to its own group; the group itself holds the rest."""
RIVALS = 8
"""Groups that a new account keeps links to."""
NEVER = -30.0
"""Log2 odds of a pair that is not compared: days too far apart, or no blocking key in common."""


MADE = 20_000
"""Profiles kept from one call to the next: the candidates of a batch are mostly those of the batch before."""
_made: dict[str, Profile] = {}


def link_accounts(new: Sequence[Account], query: RecordQuery, bodies: Mapping[str, str]) -> Linking:
    """The groups that new accounts belong to, with every account of each group, old ones too.

    Args:
        new: accounts just read; they may be in the record already or not yet.
        query: the record, asked for candidates, stored links, verdicts and texts.
        bodies: document id to body, for the new accounts; older bodies are asked for.
    """
    return _Component(query, bodies).link({account.id: account for account in new})


class _Component:
    """The accounts that a set of new ones can touch, with scores made on demand."""

    def __init__(self, query: RecordQuery, bodies: Mapping[str, str]) -> None:
        self.query = query
        self.bodies: dict[str, str | None] = dict(bodies)
        self.accounts: dict[str, Account] = {}
        self.profiles: dict[str, Profile] = {}
        self.keys: dict[str, frozenset[str]] = {}
        self.scores: dict[Pair, float] = {}
        self.verdicts: dict[Pair, str] = {}
        self.near: dict[str, set[str]] = {}
        self.asked: set[str] = set()
        self.texts = Texts()
        self.notes: list[str] = []

    def link(self, new: dict[str, Account]) -> Linking:
        """Groups, links and near-copies."""
        for account in sorted(new.values(), key=lambda account: account.id):
            self.add(account)
        for id in sorted(new):
            self.near.setdefault(id, set()).update(self.candidates(id, new))
        touched = self.widen(new)
        groups: list[tuple[str, ...]] = []
        for component in self.components(touched):
            same_document = _of_one_document(self.accounts[id] for id in component)
            found, notes = cluster(component, self.score, self.verdicts, same_document)
            groups += found
            self.notes += notes
        groups.sort()
        return Linking(groups=tuple(groups), links=self.links(groups, new), copies=self.copies(groups), notes=tuple(dict.fromkeys(self.notes)))

    def add(self, account: Account) -> None:
        self.accounts.setdefault(account.id, account)
        if account.id not in self.keys:
            self.keys[account.id] = frozenset(keys_of(account))

    def candidates(self, id: str, new: Mapping[str, Account]) -> set[str]:
        """Accounts with positive odds to this one, among the new ones and in the record."""
        keys = self.keys[id]
        stored = self.query.accounts_by_keys(sorted(keys), LIMIT)
        if len(stored) >= LIMIT:
            self.notes.append(f"account {id[:12]} shares blocking keys with {LIMIT} accounts or more; only the oldest {LIMIT} were compared")
        for account in stored:
            self.add(account)
        others = {account.id for account in stored} | {other for other in new if not keys.isdisjoint(self.keys[other])}
        return {other for other in others if other != id and self.score(id, other) > 0}

    def widen(self, new: Mapping[str, Account]) -> set[str]:
        """The new accounts and all that hang together with them by positive odds, verdicts or a stored group; groups are taken whole."""
        touched: set[str] = set()
        waiting, room = set(new), COMPONENT + ROOM * len(new)
        while waiting:
            taken: set[str] = set()
            for id in sorted(waiting):
                members = self.group_of(id) - touched - taken
                if id not in new and len(touched) + len(taken) + len(members) > room + len(new):
                    self.notes.append(f"what hangs together with these accounts is more than {room} accounts; the rest was left as it is")
                    continue
                taken |= members
            self.ask_links(taken)
            touched |= taken
            near = {other for id in taken for other in self.near.get(id, ())} - touched
            for account in self.query.accounts(sorted(near - self.accounts.keys())):
                self.add(account)
            waiting = near & self.accounts.keys() if taken else set()
        return touched

    def group_of(self, id: str) -> set[str]:
        """An account and those of its stored event."""
        event = self.query.event_of(id)
        held = self.query.event(event) if event else None
        members = {id, *held.account_ids} if held else {id}
        for account in self.query.accounts(sorted(members - self.accounts.keys())):
            self.add(account)
        members &= self.accounts.keys()
        for member in members:
            self.near.setdefault(member, set()).update(members - {member})
        return members

    def ask_links(self, ids: Iterable[str]) -> None:
        """Take in stored links and verdicts that touch these accounts."""
        fresh = sorted(set(ids) - self.asked)
        self.asked.update(fresh)
        links = self.query.links_of(fresh) if fresh else []
        spoken = standing_verdicts(links)
        self.verdicts.update(spoken)
        joined = [(link.a, link.b) for link in links if link.by.startswith("link@") and link.weight > 0]
        joined += [ids for ids, verdict in spoken.items() if verdict == "same"]
        for a, b in joined:
            self.near.setdefault(a, set()).add(b)
            self.near.setdefault(b, set()).add(a)

    def components(self, touched: set[str]) -> list[list[str]]:
        """Touched accounts parted where nothing hangs together, so that clustering stays small."""
        near: dict[str, set[str]] = {id: set() for id in touched}
        for id in touched:
            for other in self.near.get(id, set()) & touched:
                near[id].add(other)
                near[other].add(id)
        found, seen = [], set()
        for start in sorted(touched):
            if start in seen:
                continue
            component, waiting = set(), {start}
            while waiting:
                component |= waiting
                waiting = {other for id in waiting for other in near[id]} - component
            seen |= component
            found.append(sorted(component))
        return found

    def score(self, a: str, b: str) -> float:
        """Log2 odds that two accounts tell of one event; NEVER where they share no blocking key or their days are far apart."""
        ids = pair(a, b)
        if ids not in self.scores:
            self.scores[ids] = NEVER if self.keys[a].isdisjoint(self.keys[b]) else self.compare(*ids)
        return self.scores[ids]

    def compare(self, a: str, b: str) -> float:
        one, two = self.profile(a), self.profile(b)
        return NEVER if far_apart(one, two) else odds(features(one, two, self.near_copies(one.account, two.account)))

    def why(self, a: str, b: str) -> tuple[Reason, ...]:
        """The reasons of a pair that was compared."""
        one, two = self.profile(a), self.profile(b)
        return weigh(features(one, two, self.near_copies(one.account, two.account)))

    def profile(self, id: str) -> Profile:
        if id not in self.profiles:
            known = _made.get(id)
            if known is None or known.account != self.accounts[id]:
                known = profile(self.accounts[id], self.body(self.accounts[id].document_id))
                if len(_made) >= MADE:
                    _made.clear()
                _made[id] = known
            self.profiles[id] = known
        return self.profiles[id]

    def body(self, document_id: str) -> str | None:
        if document_id not in self.bodies:
            text = self.query.text(document_id)
            self.bodies[document_id] = text.body if text else None
        return self.bodies[document_id]

    def near_copies(self, a: Account, b: Account) -> bool:
        """Whether the documents of two accounts are near-copies."""
        if a.document_id == b.document_id:
            return False
        for document_id in (a.document_id, b.document_id):
            self.texts.add(document_id, self.body(document_id) or "")
        return self.texts.near_copies(a.document_id, b.document_id)

    def links(self, groups: Iterable[tuple[str, ...]], new: Mapping[str, Account]) -> tuple[Link, ...]:
        """The strongest links of each new account: to some of its own group, and one to each other group that it could belong to."""
        group = {id: number for number, ids in enumerate(groups) for id in ids}
        of_new: dict[str, list[tuple[float, str]]] = {id: [] for id in new}
        for (a, b), score in self.scores.items():
            if score > NEVER and (score > 0 or group.get(a, -1) == group.get(b, -2)):
                for id, other in ((a, b), (b, a)):
                    if id in of_new:
                        of_new[id].append((-score, other))
        kept: set[Pair] = set()
        for id, others in of_new.items():
            seen: dict[int, int] = {}
            for _, other in sorted(others):
                place = group.get(other, -1)
                seen[place] = seen.get(place, 0) + 1
                if seen[place] <= (OWN if place == group.get(id) else 1) and len(seen) <= RIVALS:
                    kept.add(pair(id, other))
        return tuple(
            Link(
                a=a,
                b=b,
                verdict="same" if group.get(a, -1) == group.get(b, -2) else "unsure",
                weight=self.scores[a, b],
                by=VERSION,
                reasons=_spoken(self.why(a, b)),
            )
            for a, b in sorted(kept)
        )

    def copies(self, groups: Iterable[tuple[str, ...]]) -> dict[str, str]:
        """Each account of a near-copy to the earliest account of its group that has that text."""
        found: dict[str, str] = {}
        for ids in groups:
            first = sorted(ids, key=self._age)
            for number, id in enumerate(first):
                for older in first[:number]:
                    if older not in found and self.near_copies(self.accounts[id], self.accounts[older]):
                        found[id] = older
                        break
        return found

    def _age(self, id: str) -> tuple[bool, str, str]:
        account = self.accounts[id]
        return account.published is None, str(account.published), account.id


def _of_one_document(accounts: Iterable[Account]) -> list[Pair]:
    """Pairs that the extractor told apart in one text."""
    by_document: dict[str, list[str]] = {}
    for account in accounts:
        by_document.setdefault(account.document_id, []).append(account.id)
    return [pair(a, b) for ids in by_document.values() for i, a in enumerate(sorted(ids)) for b in sorted(ids)[i + 1 :]]


def _spoken(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Reasons that weigh something."""
    return tuple(reason for reason in reasons if abs(reason.weight) >= 0.05)
