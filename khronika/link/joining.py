"""New accounts in, groups out: their candidates' component of the record, clustered anew.

The rule: what is joined depends on the set of accounts and verdicts alone, never on their order, and the work on the component
alone, never on the size of the record; what a limit cut off is said.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

import msgspec
from msgspec.structs import replace

from khronika.casing import with_capitals
from khronika.link.block import keys_of
from khronika.link.cluster import Pair, cluster, pair, standing_verdicts
from khronika.link.compare import Features, Profile, far_apart, features, leads, profile
from khronika.link.shelf import Shelf
from khronika.link.syndication import Outline, Texts
from khronika.link.weigh import odds, weigh
from khronika.link.words import cosine
from khronika.types import Account, Link, Linking, Reason, RecordQuery

VERSION = "link@4"
LIMIT = 8
"""Stored accounts that one new account is compared with at most: those that share most keys."""
COMPONENT = 100
"""Accounts that are clustered anew at most, beside the new ones and ROOM for each of them."""
ROOM = 1
OWN = 6
"""Links that a new account keeps to its own group; the group itself holds the rest."""
RIVALS = 8
"""Groups that a new account keeps links to."""
NEVER = -30.0
"""Log2 odds of a pair that is not compared: days too far apart."""
BURSTS = 1.0
"""Log2 odds that two groups of several accounts each must have more to be one: two bursts of reports are rather two events (chosen by
cross-validation on train/link_pairs, over several shifts of the prior)."""
ALIKE = 0.3
"""Least similarity of the sentences of two accounts whose whole texts are looked at for a near-copy."""
KEPT = 4_000
"""Accounts kept ready in memory from one call to the next: the candidates of a batch are mostly those of the batch before."""
KEPT_TEXTS = 1_000
"""Texts kept so: about those of the accounts, so that both are full after as many articles and memory stays flat from there."""


class _Ready(NamedTuple):
    """An account made ready to be compared, and its blocking keys."""

    profile: Profile
    keys: frozenset[str]


class _Kept(NamedTuple):
    """What is kept of one record: accounts by the number that they have there as long as they do not change, and texts by document."""

    ready: Shelf[int, _Ready]
    outlines: Shelf[str, Outline]

    @classmethod
    def empty(cls) -> _Kept:
        """Nothing yet."""
        decoder = msgspec.msgpack.Decoder(_Ready)
        return cls(Shelf(KEPT, msgspec.msgpack.encode, decoder.decode), Shelf(KEPT_TEXTS, pickle.dumps, pickle.loads))


_kept: WeakKeyDictionary[RecordQuery, _Kept] = WeakKeyDictionary()


def link_accounts(new: Sequence[Account], query: RecordQuery, bodies: Mapping[str, str], keys: Mapping[str, Sequence[str]] | None = None) -> Linking:
    """The groups that new accounts belong to, with every account of each group, old ones too.

    Args:
        new: accounts just read; they may be in the record already or not yet.
        query: the record, asked for candidates, stored links, verdicts and texts.
        bodies: document id to body, for the new accounts; older bodies are asked for.
        keys: account id to blocking keys, of new accounts of which they are known.
    """
    component = _Component(query, bodies, keys)
    try:
        return component.link({account.id: account for account in new})
    finally:
        del component.texts  # they hold the component in turn: without them a batch's texts and accounts are let go at once


class _Component:
    """The accounts that a set of new ones can touch, with scores made on demand."""

    def __init__(self, query: RecordQuery, bodies: Mapping[str, str], keys: Mapping[str, Sequence[str]] | None = None) -> None:
        self.query, self.keys = query, keys or {}
        self.bodies: dict[str, str | None] = dict(bodies)
        self.new: Mapping[str, Account] = {}
        self.accounts: dict[str, Account] = {}
        self.documents: dict[str, str] = {}
        self.numbers: dict[str, int] = {}
        self.ready: dict[str, _Ready] = {}
        if query not in _kept:
            _kept[query] = _Kept.empty()
        self.made, outlines = _kept[query]
        self.scores: dict[Pair, float] = {}
        self.verdicts: dict[Pair, str] = {}
        self.near: dict[str, set[str]] = {}
        self.asked: set[str] = set()
        self.stored: set[tuple[str, ...]] = set()
        self.texts = Texts(self.body, outlines)
        self.notes: list[str] = []

    def link(self, new: dict[str, Account]) -> Linking:
        """Groups that came about or changed, links and near-copies."""
        self.new = new
        self.accounts.update(new)
        self.documents.update((id, account.document_id) for id, account in new.items())
        self.find_candidates()
        groups: list[tuple[str, ...]] = []
        for component in self.components(self.widen()):
            same_document = _of_one_document(component, self.documents)
            known = set(component)
            near = [(id, other) for id in component for other in sorted(self.near.get(id, set()) & known) if id < other]
            found, notes = cluster(component, self.score, self.verdicts, same_document, near, BURSTS)
            groups += (ids for ids in found if ids not in self.stored or not new.keys().isdisjoint(ids))
            self.notes += notes
        groups.sort()
        return Linking(groups=tuple(groups), links=self.links(groups), copies=self.copies(groups), notes=tuple(dict.fromkeys(self.notes)))

    def find_candidates(self) -> None:
        """Note for each new account those with positive odds, among the new ones and in the record."""
        by_key: dict[str, list[str]] = {}
        for id in sorted(self.new):
            for key in self.ready_of(id).keys:
                by_key.setdefault(key, []).append(id)
        others: dict[str, set[str]] = {}
        crowded = 0
        order = sorted(self.new)
        found_by_keys = self.query.refs_by_keys([sorted(self.ready_of(id).keys) for id in order], LIMIT + 1)
        for id, stored in zip(order, found_by_keys, strict=True):
            keys = self.ready_of(id).keys
            crowded += len(stored) > LIMIT
            self.numbers.update(stored)
            shared = Counter(other for key in keys for other in by_key[key])
            others[id] = {other for other, _ in stored} | set(sorted(shared, key=lambda other: (-shared[other], other))[: LIMIT + 1])
        self.keep_ready()
        self.load(set().union(*others.values()))
        for id, found in others.items():
            for other in found - {id}:
                if self.score(id, other) > 0:
                    self.join_near(id, other)
        if crowded:
            self.notes.append(f"{crowded} accounts share blocking keys with {LIMIT} accounts or more; each was compared with those that share most")

    def keep_ready(self) -> None:
        """Keep the new accounts ready for later calls, now that the number is known that each has in the record."""
        for id in self.new.keys() & self.numbers.keys():
            self.made.put(self.numbers[id], self.ready[id])

    def load(self, ids: Iterable[str]) -> None:
        """Take in those of some accounts that are neither here nor ready, with the texts that they are made ready from."""
        missing = sorted(id for id in ids if id not in self.accounts and self.kept(id) is None)
        found = self.query.accounts(missing) if missing else []
        self.accounts.update((account.id, account) for account in found)
        unread = {account.document_id for account in found if leads(account)} - self.bodies.keys()
        self.bodies.update((id, with_capitals(text).body) for id, text in (self.query.texts(unread) if unread else {}).items())

    def ready_of(self, id: str) -> _Ready:
        """The account made ready, or as it was made by an earlier call."""
        found = self.kept(id)
        if found is None:
            account = self.accounts[id] if id in self.accounts else self.query.accounts([id])[0]
            made = profile(account, self.body(account.document_id) if leads(account) else None)
            found = self.ready[id] = _Ready(replace(made, account=_without_words(account)), frozenset(self.keys.get(id) or keys_of(account)))
            if id in self.numbers:
                self.made.put(self.numbers[id], found)
        return found

    def kept(self, id: str) -> _Ready | None:
        """The account as this call or an earlier one made it ready."""
        found = self.ready.get(id)
        if found is None and id in self.numbers:
            found = self.made.get(self.numbers[id])
            if found is not None:
                self.ready[id] = found
        return found

    def widen(self) -> set[str]:
        """The new accounts and all that hang together with them by positive odds, verdicts or a stored group; groups are taken whole."""
        touched: set[str] = set()
        waiting, room = set(self.new), COMPONENT + (ROOM + 1) * len(self.new)
        while waiting:
            groups, taken = self.groups_of(waiting), set[str]()
            for id in sorted(waiting & groups.keys()):
                members = groups[id] - touched - taken
                if id not in self.new and len(touched) + len(taken) + len(members) > room:
                    self.notes.append(f"what hangs together with these accounts is more than {room} accounts; the rest was left as it is")
                    continue
                taken |= members
            self.ask_links(taken)
            self.load(taken)
            touched |= taken
            waiting = {other for id in taken for other in self.near.get(id, ())} - touched if taken else set()
        return touched

    def groups_of(self, ids: set[str]) -> dict[str, set[str]]:
        """Each account with those of its stored event; alone where it is new."""
        found = {id: {id} for id in ids & self.new.keys()}
        for group in self.query.groups_of(sorted(ids)):
            self.documents.update((id, document_id) for id, document_id, _ in group)
            self.numbers.update((id, number) for id, _, number in group)
            members = {id for id, _, _ in group}
            self.stored.add(tuple(sorted(members)))
            for member in members:
                self.near.setdefault(member, set()).update(members - {member})
            found |= {id: members | found.get(id, set()) for id in members & ids}
        return found

    def ask_links(self, ids: Iterable[str]) -> None:
        """Take in stored links and verdicts that touch these accounts; the odds of two that are not new stand."""
        fresh = sorted(set(ids) - self.asked)
        self.asked.update(fresh)
        links = self.query.links_of(fresh) if fresh else []
        spoken = standing_verdicts(links)
        self.verdicts.update(spoken)
        made = [link for link in links if link.by == VERSION]
        self.scores.update(((link.a, link.b), link.weight) for link in made if link.a not in self.new and link.b not in self.new)
        joined = [(link.a, link.b) for link in made if link.weight > 0]
        joined += [ids for ids, verdict in spoken.items() if verdict == "same"]
        for a, b in joined:
            self.join_near(a, b)

    def join_near(self, a: str, b: str) -> None:
        """Note that two accounts hang together."""
        self.near.setdefault(a, set()).add(b)
        self.near.setdefault(b, set()).add(a)

    def components(self, touched: set[str]) -> list[list[str]]:
        """Touched accounts parted where nothing hangs together, so that clustering stays small."""
        found, seen = [], set()
        for start in sorted(touched):
            if start in seen:
                continue
            component, waiting = set(), {start}
            while waiting:
                component |= waiting
                waiting = {other for id in waiting for other in self.near.get(id, ())} & touched - component
            seen |= component
            found.append(sorted(component))
        return found

    def score(self, a: str, b: str) -> float:
        """Log2 odds that two accounts tell of one event; NEVER where their days are far apart. Two that share no blocking key are compared too: they meet only
        where others hang together with both."""
        ids = pair(a, b)
        if ids not in self.scores:
            self.scores[ids] = self.compare(*ids)
        return self.scores[ids]

    def compare(self, a: str, b: str) -> float:
        one, two = self.ready_of(a), self.ready_of(b)
        if far_apart(one.profile, two.profile):
            return NEVER
        return odds(self.features(one.profile, two.profile))

    def features(self, a: Profile, b: Profile) -> Features:
        """What two accounts have in common; whole texts are looked at only where their sentences are alike."""
        return features(a, b, cosine(a.words, b.words) >= ALIKE and self.near_copies(a.account, b.account))

    def why(self, a: str, b: str) -> tuple[Reason, ...]:
        """The reasons of a pair that was compared."""
        return weigh(self.features(self.ready_of(a).profile, self.ready_of(b).profile))

    def body(self, document_id: str) -> str | None:
        if document_id not in self.bodies:
            text = self.query.text(document_id)
            self.bodies[document_id] = text.body if text else None
        return self.bodies[document_id]

    def near_copies(self, a: Account, b: Account) -> bool:
        """Whether the documents of two accounts are near-copies."""
        if a.document_id == b.document_id:
            return False
        return self.texts.near_copies(a.document_id, b.document_id)

    def links(self, groups: Iterable[tuple[str, ...]]) -> tuple[Link, ...]:
        """The strongest links of each new account: to some of its own group, and one to each other group that it could belong to."""
        group = {id: number for number, ids in enumerate(groups) for id in ids}
        of_new: dict[str, list[tuple[float, str]]] = {id: [] for id in self.new}
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
            first = sorted((self.ready_of(id).profile.account for id in ids), key=_age) if len(ids) > 1 else []
            for number, account in enumerate(first):
                for older in first[:number]:
                    if older.id not in found and self.near_copies(account, older):
                        found[account.id] = older.id
                        break
        return found


def _without_words(account: Account) -> Account:
    """What is compared as it stands; the words are in the profile, so that thousands can be kept."""
    return replace(account, mention=replace(account.mention, evidence=(), claims=(), perpetrators=(), targets=(), victims=(), weapons=()))


def _age(account: Account) -> tuple[bool, str, str]:
    return account.published is None, str(account.published), account.id


def _of_one_document(ids: Iterable[str], documents: Mapping[str, str]) -> list[Pair]:
    """Pairs that the extractor told apart in one text."""
    by_document: dict[str, list[str]] = {}
    for id in ids:
        by_document.setdefault(documents[id], []).append(id)
    return [pair(a, b) for told in by_document.values() for i, a in enumerate(sorted(told)) for b in sorted(told)[i + 1 :]]


def _spoken(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Reasons that weigh something."""
    return tuple(reason for reason in reasons if abs(reason.weight) >= 0.05)
