"""A record and a policy in, what would be shown out, and what must not be: looked at in the form in which it leaves.

The rule: it does not trust the policy that made it; a fault refuses the publication.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from khronika.jsonl import to_json
from khronika.policy import names_of
from khronika.text import fold
from khronika.types import Noun
from khronika.web import event_view
from khronika.web.context import Context


class Checked(Noun, frozen=True, kw_only=True):
    """One event that would be shown: in one line, and why it must not be (none: it may)."""

    id: str
    line: str
    faults: tuple[str, ...] = ()


def check(context: Context) -> Iterator[Checked]:
    """Every event that the profile would show, newest first."""
    view = context.view
    for at in view.board.order[view.visible[view.board.order]]:
        shown = event_view.show(context.record, context.policy, view.board.event_id(int(at)))
        if shown is not None:
            yield Checked(id=shown.event.id, line=_line(shown), faults=tuple(_faults(context, shown)))


def _line(shown: event_view.Shown) -> str:
    fields = event_view.plain_fields(shown.event)
    tolls = ", ".join(f"{fields[name]} {name}" for name in ("killed", "injured", "detained") if fields[name])
    return f"{fields['kind']}; {fields['where'] or 'no place'}; {fields['when']}; {tolls or 'no toll'}; {len(shown.voices)} voices; {fields['review']}"


def _faults(context: Context, shown: event_view.Shown) -> Iterator[str]:
    policy, event, held = context.policy, shown.event, context.record.event(shown.event.id)
    if policy.profile == "full" or held is None:
        return
    accounts = context.record.accounts(held.account_ids)
    names = names_of(context.record, {account.document_id for account in accounts})
    if policy.is_held_back(held, event_view.last_told(accounts)):
        yield "held back today"
    if policy.profile == "public" and held.review == "machine":
        yield "not reviewed"
    place = event.where.value
    if place is not None and place.precision == "site":
        yield "a place finer than a settlement"
    if policy.is_sensitive(held) and (event.voices or shown.accounts or event.sources):
        yield "quotes or outlets of a sensitive event"
    leaving = to_json([shown.event, [one.account for one in shown.accounts], [one.url for one in shown.accounts], event_view.changes(context.record, policy, event.id)]).decode()
    folded = fold(leaving)
    for name in sorted(names):
        if not policy.is_public(name) and _stands(policy.mask(name.split()[-1], names) != name.split()[-1], name, leaving, folded):
            yield "a private person's name"
            return


def _stands(is_alone: bool, name: str, text: str, folded: str) -> bool:
    """Whether a name stands in a text: whole, or where its last word tells it alone, that word with a capital."""
    words = [word[:1].upper() + word[1:] for word in name.split()]
    whole = len(words) > 1 and re.search(rf"(?<!\w){re.escape(fold(name))}(?!\w)", folded) is not None
    return whole or is_alone and len(words[-1]) > 3 and re.search(rf"(?<!\w){re.escape(words[-1])}(?!\w)", text) is not None
