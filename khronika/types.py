"""The nouns that the layers hand each other: frozen, compared by value, absent is None.

Flow: Document -> Text -> Reading (Mention, Claim, Assessment, Forecast) -> Account -> Link -> Event.
A stage returns something new and never changes its input (`msgspec.structs.replace`). Unknown fields of an older or
newer record are ignored and every field that was added later has a default, so that an old record stays readable.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar, get_args

import msgspec

T = TypeVar("T")

Kind = Literal[
    "armed_clash", "government_regains_territory", "non_state_actor_overtakes_territory", "non_violent_transfer_of_territory",
    "air_drone_strike", "shelling_artillery_missile", "remote_explosive", "suicide_bomb", "grenade", "chemical_weapon", "attack",
    "sexual_violence", "abduction", "arrests", "looting_property_destruction", "disrupted_weapons_use", "peaceful_protest",
    "protest_with_intervention", "excessive_force_against_protesters", "violent_demonstration", "mob_violence", "agreement",
    "headquarters_or_base", "change_to_group", "other_development",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
Status = Literal["occurred", "attempted", "foiled", "alleged"]
Stance = Literal["reports", "claims_responsibility", "attributes", "blames", "denies", "doubts"]
About = Literal["occurrence", "perpetrator", "casualties", "target", "weapon", "other"]
Topic = Literal["trend", "capability", "control", "intent", "other"]
Precision = Literal["site", "settlement", "district", "region", "country"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
"""The most exact first."""
TargetKind = Literal["civilian", "official", "military", "police", "infrastructure", "building", "vehicle", "other"]
Basis = Literal["explicit", "relative", "anchored", "assumed_fresh", "open"]
Verdict = Literal["same", "different", "unsure"]
Review = Literal["machine", "one editor", "two editors"]


class Noun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all nouns: stored without its defaults; frozen and keyword-only, which each class repeats for the type checker."""


# --- acquire ---------------------------------------------------------------------------------------------------------


class Source(Noun, frozen=True, kw_only=True):
    """A publisher, from data/sources.toml; `party` is the side of the conflict that it speaks for."""

    id: str
    name: str
    language: str | None = None
    country: str | None = None
    licence: str | None = None
    party: str | None = None
    hosts: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


class Capture(Noun, frozen=True, kw_only=True):
    """How bytes came in. `place` is the file path, `path#n`, WARC record id or feed entry; `tool` is name@version."""

    place: str
    at: dt.datetime
    tool: str
    requested: str | None = None
    final: str | None = None
    headers: dict[str, str] = {}
    by: str | None = None


class Document(Noun, frozen=True, kw_only=True):
    """One item as it came in: `id` is the sha256 of its own bytes. `name` is the article's own id where it has one.

    `published` is the day as the source gives it, `published_at` the instant where it gives one; `published_guessed` marks a date that was only inferred.
    `supersedes` is the id of the older version of the same address.
    """

    id: str
    capture: Capture
    mime: str
    name: str | None = None
    source: str | None = None
    url: str | None = None
    published: dt.date | None = None
    published_at: dt.datetime | None = None
    published_guessed: bool = False
    language: str | None = None
    title: str | None = None
    supersedes: str | None = None


class Item(Noun, frozen=True, kw_only=True):
    """One document with its bytes on the way from acquire to clean.

    `text` is set where the item gives its text itself (JSON, CSV, feed entry, Telegram); then clean only marks boilerplate.
    `feed_html` says that `text` is markup.
    """

    document: Document
    payload: bytes
    text: str | None = None
    feed_html: bool = False


class SetAside(Noun, frozen=True, kw_only=True):
    """One input that could not be read: where, why (one line: what, where, what to do), and its bytes where there were any."""

    place: str
    reason: str
    payload: bytes = b""
    document: Document | None = None


class Poll(Noun, frozen=True, kw_only=True):
    """What is kept of a feed, or of a host, from one poll to the next."""

    next: dt.datetime
    """Not to be asked before."""
    validators: dict[str, str] = msgspec.field(default_factory=dict)
    """"etag" and "modified" of a feed's last answer, for the next request."""
    seen: tuple[str, ...] = ()
    """Ids of the documents in that answer."""


# --- clean -----------------------------------------------------------------------------------------------------------


class Alignment(Noun, frozen=True, kw_only=True):
    """`length` code points of the body from `start` on come from the decoded raw text at `raw_start` to `raw_end`."""

    start: int
    length: int
    raw_start: int
    raw_end: int


class Text(Noun, frozen=True, kw_only=True):
    """What a document says. `body` is NFC and never cut for plain text; `boilerplate` marks what is no part of the article."""

    id: str
    document_id: str
    body: str
    cleaner: str
    title: str | None = None
    language: str | None = None
    published: dt.date | None = None
    source: str | None = None
    boilerplate: tuple[tuple[int, int], ...] = ()
    alignments: tuple[Alignment, ...] = ()


# --- extract ---------------------------------------------------------------------------------------------------------


class Quote(Noun, frozen=True, kw_only=True):
    """Exact words: `words == body[start:end]` (or of the title where `within` says so)."""

    start: int
    end: int
    words: str
    within: Literal["body", "title"] = "body"


class ActorRef(Noun, frozen=True, kw_only=True):
    """Who an actor is held to be: a registry id where known, else the neutral form of the source's own words."""

    name: str
    id: str | None = None
    kind: str | None = None
    country: str | None = None
    reason: str = ""


class Participant(Noun, frozen=True, kw_only=True):
    """One phrase in one role. `kind` is a TargetKind for targets, `person` or `organisation` for perpetrators."""

    quote: Quote
    kind: str | None = None
    actor: ActorRef | None = None
    asserted_by: tuple[int, ...] = ()
    """For perpetrators: indices of the mention's claims that name them; -1 is the outlet's own voice."""
    p: float | None = None


class Toll(Noun, frozen=True, kw_only=True):
    """A count of people. `high` None is open upwards ("at least 12" = 12, None); `of` says whom, as worded (None: unknown).

    `parts` are the counts that the total is derived from; `shared` marks a total that several events of the text share;
    `word` keeps a vague word ("dozens") whose number came from data/conventions.
    """

    low: int
    high: int | None
    quote: Quote | None = None
    of: str | None = None
    word: str | None = None
    parts: tuple[Toll, ...] = ()
    shared: bool = False
    p: float | None = None


class Claim(Noun, frozen=True, kw_only=True):
    """Who says what of a mention. `chain` is nearest to the outlet first; `origin` the end of the chain (registry id or words)."""

    by: Quote
    stance: Stance
    about: About
    quote: Quote
    chain: tuple[Quote, ...] = ()
    value: Quote | None = None
    killed: Toll | None = None
    injured: Toll | None = None
    speaker: ActorRef | None = None
    origin: str | None = None
    p: float | None = None


class Mention(Noun, frozen=True, kw_only=True):
    """One event as one text tells it; `id` is a digest of text id, trigger span and kind. `by` is extractor name@version."""

    id: str
    text_id: str
    by: str
    trigger: Quote
    kind: Kind
    status: Status = "occurred"
    background: bool = False
    rollup: bool = False
    """A tally or several places summed up ("40 villages shelled"): it never swallows single events."""
    evidence: tuple[Quote, ...] = ()
    when_words: tuple[Quote, ...] = ()
    where_words: tuple[Quote, ...] = ()
    perpetrators: tuple[Participant, ...] = ()
    targets: tuple[Participant, ...] = ()
    victims: tuple[Participant, ...] = ()
    weapons: tuple[Participant, ...] = ()
    killed: Toll | None = None
    injured: Toll | None = None
    detained: Toll | None = None
    claims: tuple[Claim, ...] = ()
    p: float | None = None


class Assessment(Noun, frozen=True, kw_only=True):
    """A judgement on a trend, capability, control or intent; `by` None is the outlet's own voice."""

    quote: Quote
    topic: Topic
    by: Quote | None = None
    chain: tuple[Quote, ...] = ()
    speaker: ActorRef | None = None
    when: When | None = None
    where: Place | None = None
    p: float | None = None


class Forecast(Noun, frozen=True, kw_only=True):
    """A statement on the future that could turn out true or false."""

    quote: Quote
    by: Quote | None = None
    likelihood: Quote | None = None
    horizon: Quote | None = None
    chain: tuple[Quote, ...] = ()
    speaker: ActorRef | None = None
    p: float | None = None


class Reading(Noun, frozen=True, kw_only=True):
    """All that one extractor made of one text. `persons` are the names of people in it, wherever they stand."""

    text_id: str
    by: str
    mentions: tuple[Mention, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    persons: tuple[Quote, ...] = ()
    dropped: dict[str, int] = {}
    """What a language model said that does not stand in the text, by reason."""


class Extractor(Protocol):
    """One way of reading; `name` is name@version, and for a model name@digest."""

    name: str

    def read(self, text: Text) -> Reading:
        """What the text says. Never raises on odd text; offsets always hold.

        Raises:
            InputError: what reads it (a model server) gave no answer; the document is set aside.
        """
        ...

    def settle(self, accounts: Sequence[Account]) -> tuple[Account, ...]:
        """What becomes of the accounts of a text now that days and places are known, the last word on which of them are one event."""
        ...


# --- ground ----------------------------------------------------------------------------------------------------------


class When(Noun, frozen=True, kw_only=True):
    """Days earliest..latest, inclusive; None, None where the text gives no ground. `value`, `type` are TIMEX3."""

    basis: Basis
    reason: str
    start: dt.date | None = None
    end: dt.date | None = None
    quote: Quote | None = None
    granularity: str | None = None
    value: str | None = None
    type: str | None = None
    p: float | None = None


class Place(Noun, frozen=True, kw_only=True):
    """Where. `latitude` None means that no gazetteer entry was found; a region is an area with a radius, never a sharp point."""

    name: str
    precision: Precision
    reason: str
    quote: Quote | None = None
    country: str | None = None
    admin1: str | None = None
    admin2: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    radius_km: float | None = None
    geonames_id: int | None = None
    population: int | None = None
    p: float | None = None


class Account(Noun, frozen=True, kw_only=True):
    """A mention set into space, time and names: one document's telling of one event. `id` is a digest of document and mention."""

    id: str
    document_id: str
    mention: Mention
    when: When
    where: Place | None = None
    source: str | None = None
    party: str | None = None
    """The side of the conflict that the source speaks for."""
    published: dt.date | None = None
    title: str | None = None
    typed_by: str | None = None
    """Set where a person wrote the account over the document's words."""


# --- link and review -------------------------------------------------------------------------------------------------


class Reason(Noun, frozen=True, kw_only=True):
    """One comparison: the feature, the level that held, and what it adds in log2 odds."""

    feature: str
    level: str
    weight: float


class Link(Noun, frozen=True, kw_only=True):
    """A verdict on two accounts (a < b); `weight` is the sum of the reasons in log2 odds."""

    a: str
    b: str
    verdict: Verdict
    weight: float
    by: str
    reasons: tuple[Reason, ...] = ()
    at: dt.datetime | None = None


class Linking(Noun, frozen=True, kw_only=True):
    """What linking made of some accounts: groups of account ids (each group one event), the links, and near-copies.

    `copies` maps an account to the older account of which its text is a near-copy: both are one voice.
    """

    groups: tuple[tuple[str, ...], ...]
    links: tuple[Link, ...] = ()
    copies: dict[str, str] = {}
    notes: tuple[str, ...] = ()


class Anchor(Noun, frozen=True, kw_only=True):
    """Words with what stands around them, so that a correction finds its place again in a text that moved."""

    words: str
    start: int
    prefix: str = ""
    suffix: str = ""
    within: Literal["body", "title"] = "body"


class Correction(Noun, frozen=True, kw_only=True):
    """What somebody says is wrong. `category` says what kind of thing; a misreading is of one account's field and provable from its words.

    `old` and `new` are JSON values of that field. Other fields: "event" (new None: it tells of no event), "same" (new: the other event), "different"
    (new: the accounts to go), "review" (an editor read it) and "note" (words for an editor). `follows` is the one that this one carries out.
    `name` is what a reader gave as their name; it is shown to nobody but editors.
    """

    id: str
    field: str
    reason: str
    account_id: str | None = None
    document_id: str | None = None
    event_id: str | None = None
    category: str = "misread"
    old: Any = None
    new: Any = None
    anchor: Anchor | None = None
    evidence: str | None = None
    state: Literal["proposed", "accepted", "rejected", "withdrawn"] = "proposed"
    by: str = "reader"
    name: str | None = None
    follows: str | None = None
    at: dt.datetime | None = None
    decided_by: str | None = None
    decided_at: dt.datetime | None = None
    decided_why: str = ""


# --- record ----------------------------------------------------------------------------------------------------------


class Entry(Noun, frozen=True, kw_only=True):
    """One row of the log: `digest` covers seq, at, by, kind, key, the salted payload digest and the digest before."""

    seq: int
    at: dt.datetime
    by: str
    kind: str
    key: str
    payload_digest: str
    digest: str


class Held(Noun, Generic[T], frozen=True, kw_only=True):
    """A value that an event holds, the accounts and claims for and against it, and the rule that chose it."""

    value: T
    rule: str
    supported_by: tuple[str, ...] = ()
    disputed_by: tuple[str, ...] = ()


class Range(Noun, frozen=True, kw_only=True):
    """Low, best and high of a count over all voices; `high` None is open."""

    low: int
    best: int
    high: int | None


class Voice(Noun, frozen=True, kw_only=True):
    """One row of "who says what": a speaker's stance on one event, with its words. `claim_id` is `account:index`, -1 the outlet."""

    claim_id: str
    speaker: str
    stance: Stance
    about: About
    account_id: str
    origin: str
    actor: str | None = None
    side: str | None = None
    value: str | None = None
    words: str = ""
    source: str | None = None


class Event(Noun, frozen=True, kw_only=True):
    """The accounts held to be one event, merged by a named rule per field. `id` is minted from the seq of its first account."""

    id: str
    account_ids: tuple[str, ...]
    first_seq: int
    last_seq: int
    kind: Held[Kind]
    status: Held[Status]
    when: Held[When]
    where: Held[Place | None]
    perpetrators: Held[tuple[ActorRef, ...]]
    """The author that the event holds; empty means unknown (the accusations stand in `voices`)."""
    targets: tuple[Participant, ...] = ()
    victims: tuple[Participant, ...] = ()
    weapons: tuple[Participant, ...] = ()
    killed: Held[Range] | None = None
    injured: Held[Range] | None = None
    detained: Held[Range] | None = None
    tolls_of: dict[str, Range] = {}
    """Killed by whom they count (a party, civilians, unknown)."""
    voices: tuple[Voice, ...] = ()
    contested: tuple[str, ...] = ()
    reports: int = 0
    origins: int = 0
    party_origins: int = 0
    grade_occurrence: str = ""
    grade_author: str = ""
    background: bool = False
    rollup: bool = False
    review: Review = "machine"
    sources: tuple[str, ...] = ()
    shared_tolls: tuple[str, ...] = ()
    former_ids: tuple[str, ...] = ()
    hidden: bool = False
    """Somebody says that showing it endangers a person, and no editor has said otherwise yet. Set whenever it is looked at, in old views too."""


class Filter(Noun, frozen=True, kw_only=True):
    """Which events are asked for; None is no restriction. `as_of` is a seq or an instant."""

    since: dt.date | None = None
    until: dt.date | None = None
    place: str | None = None
    kind: str | None = None
    actor: str | None = None
    source: str | None = None
    contested: bool | None = None
    background: bool = False
    words: str | None = None
    least_killed: int | None = None
    at_least: float | None = None
    """Events one of whose accounts was read with this p, as they are told without what was read less surely; the other restrictions look at them as held."""
    as_of: int | dt.datetime | None = None


class Sum(NamedTuple):
    """Events of one day and one value of each dimension asked for; `day` None: the day is open. Sums are over the events that give the toll.

    `*_open`: how many of them have no upper bound; their lower one stands in the sum of the upper ones.
    """

    day: dt.date | None
    values: tuple[str | None, ...]
    events: int
    killed_low: int
    killed_high: int
    killed_counted: int
    killed_open: int
    injured_low: int
    injured_high: int
    injured_counted: int
    injured_open: int


class Coverage(NamedTuple):
    """Documents of one outlet (None: unknown) published on one day (None: unknown)."""

    day: dt.date | None
    source: str | None
    documents: int


class RecordQuery(Protocol):
    """What link/, summarize/, review/, transfer/ and web/ may ask a record; record/ implements it, pipeline hands it over."""

    def head(self) -> int:
        """Seq of the newest entry; 0 for an empty record."""
        ...

    def events(self, wanted: Filter = ...) -> Iterator[Event]:
        """Events in the order of their first day, then id; streamed, never all in memory."""
        ...

    def event(self, id: str, as_of: int | dt.datetime | None = None) -> Event | None:
        """The event under this id, or under an id that led to it after a merge."""
        ...

    def event_of(self, account_id: str) -> str | None: ...

    def account(self, id: str) -> Account | None: ...

    def accounts(self, ids: Iterable[str]) -> list[Account]: ...

    def accounts_of_document(self, document_id: str) -> list[Account]: ...

    def refs_by_keys(self, keys: Sequence[Sequence[str]], limit: int) -> list[list[tuple[str, int]]]:
        """For each set of blocking keys the ids of accounts that share one, oldest first, each with a number that changes where the account does; the `limit` that share most."""
        ...

    def groups_of(self, account_ids: Iterable[str]) -> list[tuple[tuple[str, str, int], ...]]:
        """The events that accounts belong to, each as (account id, document id, number as in `refs_by_keys`) of all that speak in it; accounts that are not here are left out."""
        ...

    def links_of(self, account_ids: Iterable[str]) -> list[Link]:
        """Stored links and verdicts that touch any of these accounts."""
        ...

    def document(self, id: str) -> Document | None: ...

    def text(self, document_id: str) -> Text | None: ...

    def texts(self, document_ids: Iterable[str]) -> dict[str, Text]:
        """What each of these documents that has a text says."""
        ...

    def reading_of(self, document_id: str) -> Reading | None: ...

    def readings_of(self, document_ids: Iterable[str]) -> dict[str, Reading]:
        """The newest reading of each of these documents that has one."""
        ...
