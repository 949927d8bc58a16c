"""Events made of accounts, and a stand-in for what an export hands its writers."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO, Any

from khronika.record.merge import merge
from khronika.transfer.coding import AccountsOf, Code, Shown
from khronika.types import Account, ActorRef, Claim, Event, Participant
from tests.factories import make_quote

NORTH = ActorRef(name="Northland armed forces", id="mil-no", kind="State forces", country="NO")
HOME = ActorRef(name="Ukrainian armed forces", id="mil-ua", kind="State forces", country="UA")
REBELS = ActorRef(name="Harbour Front", id="front", kind="Rebel group")
MILITIA = ActorRef(name="Quay Guard", id="guard", kind="Political militia")


class Told:
    """Some accounts, each list one event, numbered from `first` on."""

    def __init__(self, *groups: list[Account], first: int = 41) -> None:
        self._accounts = {account.id: account for group in groups for account in group}
        self.events: list[Event] = []
        self.rows: int | None = None
        for group in groups:
            self.events.append(merge([(first + place, account) for place, account in enumerate(group)], {}, frozenset(), (), 99))
            first += len(group)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def coded(self, code: Callable[[Event, AccountsOf], Code]) -> Iterator[Code]:
        return (code(event, self._of) for event in self.events)

    def _of(self, event: Event) -> list[Account]:
        return [self._accounts[id] for id in event.account_ids]


def actor(ref: ActorRef, kind: str | None = None, *claims: int) -> Participant:
    """A phrase for an actor; as a perpetrator in the outlet's own voice unless claims are named."""
    return Participant(quote=make_quote(ref.name), actor=ref, kind=kind, asserted_by=claims or (-1,))


def hit(kind: str, words: str = "people") -> Participant:
    """A target without an actor."""
    return Participant(quote=make_quote(words), kind=kind)


def blame(speaker: ActorRef) -> Claim:
    return Claim(
        by=make_quote(speaker.name), stance="blames", about="perpetrator", quote=make_quote(f"{speaker.name} says so"), speaker=speaker, origin=speaker.id
    )


def read_back(write: Callable[[Shown, IO[str]], Counter[str]], told: Shown) -> tuple[list[dict[str, Any]], Counter[str], list[str]]:
    """The rows as a reader of CSV gets them, what was skipped, and the header."""
    out = io.StringIO(newline="")
    skipped = write(told, out)
    reader = csv.DictReader(io.StringIO(out.getvalue(), newline=""))
    rows = list(reader)
    return rows, skipped, list(reader.fieldnames or ())
