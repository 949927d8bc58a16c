"""Options that several commands share, and how a record is opened for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from khronika.errors import UsageError

if TYPE_CHECKING:
    from khronika.policy import Policy
    from khronika.record.record import Record

DEFAULT_RECORD = "./khronika.sqlite"

record_option = click.option(
    "--record", "record_address", default=DEFAULT_RECORD, show_default=True, metavar="FILE", help="The record: a file, or postgresql://..."
)
at_least_option = click.option(
    "--at-least",
    "at_least",
    type=click.FloatRange(0, 1),
    metavar="P",
    help="Leave out what was read with a lower probability of being right.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def now() -> dt.datetime:
    """The clock, handed down from here."""
    return dt.datetime.now(dt.UTC)


def parse_day(text: str | None, option: str) -> dt.date | None:
    """A day given as YYYY-MM-DD.

    Raises:
        UsageError: it is none, or no year that a report can be of.
    """
    if text is None:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is no day: give YYYY-MM-DD") from error
    if not 1800 <= day.year <= now().year + 1:
        raise UsageError(f"{option} {text}: the year {day.year} cannot be meant")
    return day


def parse_moment(text: str | None) -> int | dt.datetime | None:
    """A seq ("412"), a day or an instant ("2026-05-01T12:00") for --as-of.

    Raises:
        UsageError: it is none of these.
    """
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 19:  # more digits are no number of a store
        return int(text)
    try:
        moment = dt.datetime.fromisoformat(text)
        if len(text) <= 10:  # a day means: at its end
            moment += dt.timedelta(days=1, microseconds=-1)
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--as-of {text[:40]!r}: give a seq, a day (YYYY-MM-DD) or an instant (YYYY-MM-DDTHH:MM)") from error


def not_blank(context: click.Context, option: click.Parameter, value: str) -> str:
    """A callback for an option that must say something.

    Raises:
        UsageError: it is empty.
    """
    if not value.strip():
        raise UsageError(f"{option.opts[0]} is empty")
    return value.strip()


def opened(address: str, *, create: bool = False, read_only: bool = True) -> Record:
    """The record at an address.

    Raises:
        RecordError: it cannot be opened; says why.
    """
    from khronika.record import open_record

    return open_record(address, create=create, read_only=read_only, clock=now)


def terminal_policy(profile: str = "full") -> Policy:
    """The policy for one's own terminal."""
    if profile not in ("full", "research", "public"):
        raise UsageError(f"--profile {profile!r} is unknown; there are: full, research, public")
    return policies_of()(profile)


def policies_of(source_files: Iterable[Path] = (), actor_files: Iterable[Path] = ()) -> Callable[[str], Policy]:
    """Makes the policy of a profile today, with the licences and public names of the user's files too."""
    from khronika.config import read_sources
    from khronika.ground.actors import load_registry
    from khronika.policy import Policy

    names = [alias for actor in load_registry(*actor_files).actors.values() if actor.public for alias in _names(actor)]
    licences = {source.id: source.licence for source in read_sources(*source_files).values()}
    return lambda profile: Policy(profile, now().date(), names, licences=licences)  # type: ignore[arg-type]


def _names(actor: Any) -> list[str]:
    return [actor.name, *(alias for group in actor.aliases.values() for alias in group)]


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose events."""
    for option in reversed(
        (
            click.option("--since", metavar="DAY", help="Events on or after this day."),
            click.option("--until", metavar="DAY", help="Events on or before this day."),
            click.option("--place", help="Part of a place's, region's or country's name."),
            click.option("--kind", help="One of the 25 kinds (docs/codebook.md)."),
            click.option("--contested", is_flag=True, help="Only events with rival versions."),
            click.option("--background", is_flag=True, help="Also events told as background."),
            at_least_option,
            click.option("--as-of", "as_of", metavar="SEQ|INSTANT", help="As the record was then."),
        )
    ):
        command = option(command)
    return command


def wanted(options: dict[str, Any]) -> Any:
    """The Filter that the options of `filters` ask for.

    Raises:
        UsageError: a kind is unknown, a day is none, or until lies before since.
    """
    from khronika.types import KINDS, Filter

    since, until = parse_day(options["since"], "--since"), parse_day(options["until"], "--until")
    if since and until and until < since:
        raise UsageError(f"--until {until} is before --since {since}")
    if options["kind"] and options["kind"] not in KINDS:
        raise UsageError(f"--kind {options['kind']!r} is unknown; there are: {', '.join(KINDS)}")
    return Filter(
        since=since,
        until=until,
        place=options["place"],
        kind=options["kind"],
        contested=True if options["contested"] else None,
        background=options["background"],
        at_least=options["at_least"],
        as_of=parse_moment(options["as_of"]),
    )
