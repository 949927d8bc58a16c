"""Small makers of nouns for tests: every field has a plain value, so that a test names only what it is about."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from khronika.text import digest_of
from khronika.types import (
    Account,
    Capture,
    Document,
    Event,
    Filter,
    Held,
    Link,
    Mention,
    Participant,
    Place,
    Quote,
    Reading,
    Text,
    Toll,
    When,
)

NOON = dt.datetime(2031, 5, 4, 12, tzinfo=dt.UTC)
"""An instant for tests."""


def make_quote(words: str, body: str | None = None) -> Quote:
    """A quote of words where they first stand in the body, or at 0."""
    start = body.index(words) if body else 0
    return Quote(start=start, end=start + len(words), words=words)


def make_when(start: str | None = "2031-05-03", end: str | None = None, basis: Any = "explicit") -> When:
    """Days by ISO text."""
    if start is None:
        return When(basis="open", reason="test")
    return When(basis=basis, reason="test", start=dt.date.fromisoformat(start), end=dt.date.fromisoformat(end or start))


def make_place(name: str = "Orlivka", km_north: float = 0.0, **fields: Any) -> Place:
    """A settlement; `km_north` moves it away from the others."""
    values: dict[str, Any] = {
        "precision": "settlement", "reason": "test", "country": "UA", "admin1": "Kherson", "latitude": 46.5 + km_north / 111.2, "longitude": 33.0,
        "radius_km": 2.0, "geonames_id": int(digest_of(name)[:6], 16), "population": 4_000,
    }  # fmt: skip
    return Place(name=name, **{**values, **fields})


def make_document(name: str = "report", published: str | None = "2031-05-04", source: str | None = "Harbour Times", **fields: Any) -> Document:
    """A document whose id is the digest of its name."""
    return Document(
        id=digest_of(name),
        capture=Capture(place=f"{name}.txt", at=NOON, tool="test@1"),
        mime="text/plain",
        name=name,
        source=source,
        published=dt.date.fromisoformat(published) if published else None,
        **fields,
    )


def make_account(document: str = "report", number: int = 0, **fields: Any) -> Account:
    """An account of a strike on Orlivka on 3 May 2031.

    Args:
        document: name of its document.
        number: which mention of the document.
        fields: of Account or Mention; `told` sets the evidence, `killed` and `injured` take an int, a pair or a Toll.
    """
    told = fields.pop("told", "A shell hit a bakery in Orlivka, killing two people.")
    trigger = fields.pop("trigger", told.split(",")[0])
    for field in ("killed", "injured", "detained"):
        if field in fields:
            fields[field] = _toll(fields[field])
    for field in ("perpetrators", "targets", "victims", "weapons"):
        if field in fields:
            fields[field] = tuple(Participant(quote=make_quote(words)) if isinstance(words, str) else words for words in fields[field])
    of_account = {key: fields.pop(key) for key in ("when", "where", "source", "party", "published", "title", "typed_by") if key in fields}
    published = of_account.pop("published", "2031-05-04")
    mention_id = digest_of(document, str(number))
    mention = Mention(
        id=mention_id,
        text_id=digest_of("text", document),
        by="test@1",
        trigger=make_quote(trigger),
        evidence=(make_quote(told),),
        **{"kind": "shelling_artillery_missile", **fields},
    )
    return Account(
        id=digest_of("account", mention_id),
        document_id=digest_of(document),
        mention=mention,
        published=dt.date.fromisoformat(published) if isinstance(published, str) else published,
        **{"when": make_when(), "where": make_place(), "source": "Harbour Times", **of_account},
    )


def _toll(value: int | tuple[int, int | None] | Toll | None) -> Toll | None:
    if value is None or isinstance(value, Toll):
        return value
    low, high = (value, value) if isinstance(value, int) else value
    return Toll(low=low, high=high)


class FakeRecord:
    """A record in memory for those who ask one (types.RecordQuery): accounts, links and groups as they are put in."""

    def __init__(self, bodies: dict[str, str] | None = None) -> None:
        self.stored: dict[str, Account] = {}
        self.keys: dict[str, set[str]] = {}
        self.stored_links: dict[tuple[str, str, str], Link] = {}
        self.group: dict[str, tuple[str, ...]] = {}
        self.bodies = bodies or {}
        self.asked = 0

    def add(self, accounts: Iterable[Account], keys_of: Any) -> None:
        """Put accounts in under their blocking keys."""
        for account in accounts:
            self.stored[account.id] = account
            for key in keys_of(account):
                self.keys.setdefault(key, set()).add(account.id)

    def add_links(self, links: Iterable[Link], groups: Iterable[tuple[str, ...]] = ()) -> None:
        """Put links and the groups that they made in."""
        for link in links:
            self.stored_links[link.a, link.b, link.by] = link
        for ids in groups:
            for id in ids:
                self.group[id] = ids

    def groups(self) -> set[tuple[str, ...]]:
        """The memberships as they stand."""
        return set(self.group.values())

    def head(self) -> int:
        return len(self.stored)

    def events(self, wanted: Filter = Filter()) -> Any:  # noqa: B008
        return iter(())

    def event(self, id: str, as_of: Any = None) -> Event | None:
        ids = self.group.get(id.removeprefix("of "))
        if ids is None:
            return None
        first = self.stored[ids[0]]
        return Event(
            id=id,
            account_ids=ids,
            first_seq=1,
            last_seq=1,
            kind=Held(value=first.mention.kind, rule="test"),
            status=Held(value=first.mention.status, rule="test"),
            when=Held(value=first.when, rule="test"),
            where=Held(value=first.where, rule="test"),
            perpetrators=Held(value=(), rule="test"),
        )

    def event_of(self, account_id: str) -> str | None:
        return f"of {account_id}" if account_id in self.group else None

    def account(self, id: str) -> Account | None:
        return self.stored.get(id)

    def accounts(self, ids: Iterable[str]) -> list[Account]:
        return [self.stored[id] for id in ids if id in self.stored]

    def accounts_of_document(self, document_id: str) -> list[Account]:
        return [account for account in self.stored.values() if account.document_id == document_id]

    def refs_by_keys(self, keys: Sequence[Sequence[str]], limit: int) -> list[list[tuple[str, int]]]:
        self.asked += len(keys)
        found = []
        for each in keys:
            shared = Counter(id for key in set(each) for id in self.keys.get(key, ()))
            most = set(sorted(shared, key=lambda id: (-shared[id], id))[:limit])
            found.append([(id, number) for number, id in enumerate(self.stored) if id in most])
        return found

    def groups_of(self, account_ids: Iterable[str]) -> list[tuple[tuple[str, str, int], ...]]:
        groups = {self.group.get(id, (id,)) for id in account_ids if id in self.stored}
        numbers = {id: number for number, id in enumerate(self.stored)}
        return [tuple((id, self.stored[id].document_id, numbers[id]) for id in group) for group in sorted(groups)]

    def links_of(self, account_ids: Iterable[str]) -> list[Link]:
        wanted = set(account_ids)
        return [link for link in self.stored_links.values() if link.a in wanted or link.b in wanted]

    def document(self, id: str) -> Document | None:
        return None

    def text(self, document_id: str) -> Text | None:
        body = self.bodies.get(document_id)
        return Text(id=digest_of(body), document_id=document_id, body=body, cleaner="test@1") if body is not None else None

    def texts(self, document_ids: Iterable[str]) -> dict[str, Text]:
        return {id: text for id in document_ids if (text := self.text(id))}

    def reading_of(self, document_id: str) -> Reading | None:
        return None

    def readings_of(self, document_ids: Iterable[str]) -> dict[str, Reading]:
        return {}
