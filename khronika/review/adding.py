"""A text's words and the fields that a person reads in them in, an Account typed by that person out.

The rule: the words must stand in the text, and what the machine has read from them already is corrected, not typed a second time.
"""

from __future__ import annotations

from collections.abc import Mapping

from khronika import config
from khronika.errors import UsageError
from khronika.record.record import Record
from khronika.review.anchoring import find_words
from khronika.review.correcting import check_words, held_with
from khronika.review.fields import Locate, Typed, read_value
from khronika.text import digest_of, overlaps, sentences
from khronika.types import Account, Correction, Document, Mention, Quote, Text, When

BY = "person@1"


def type_account(document: Document, text: Text, words: str, fields: Mapping[str, str], by: str, locate: Locate | None = None) -> Account:
    """The account that a person reads in some words of a text.

    Args:
        words: what tells of the event, exactly as it stands there.
        fields: name of a field (`fields.FIELDS`) -> value as typed; the kind is needed.

    Raises:
        UsageError: the words do not stand there, or a value does not fit.
    """
    if "kind" not in fields:
        raise UsageError("an event needs a kind (--kind); docs/codebook.md has the 25")
    check_words("--by", by, 100)
    trigger = find_words(words, text, 0)
    kind = read_value("kind", fields["kind"], Typed(account=_bare(document, text, trigger, "other_development", by)))[1]
    account = _bare(document, text, trigger, kind, by)
    for name, value in fields.items():
        path, new = read_value(name, value, Typed(account=account, text=text, proof=trigger, locate=locate))
        account = held_with(account, Correction(id="", field=path, new=new, reason="typed", account_id=account.id))
    return account


def _bare(document: Document, text: Text, trigger: Quote, kind: str, by: str) -> Account:
    mention = Mention(
        id=digest_of("mention", text.id, trigger.within, str(trigger.start), str(trigger.end), kind, by),
        text_id=text.id,
        by=BY,
        trigger=trigger,
        kind=kind,  # type: ignore[arg-type]
        evidence=(_sentences_of(text, trigger),),
    )
    return Account(
        id=digest_of("account", document.id, mention.id),
        document_id=document.id,
        mention=mention,
        when=When(basis="open", reason="no day was typed"),
        source=document.source,
        party=_party_of(document.source),
        published=document.published or text.published,
        title=text.title,
        typed_by=by,
    )


def _sentences_of(text: Text, trigger: Quote) -> Quote:
    """The sentences that the words stand in."""
    if trigger.within == "title":
        return trigger
    span = trigger.start, trigger.end
    met = [s for s in sentences(text.body) if overlaps(s, span)]
    start, end = min(s[0] for s in met), max(s[1] for s in met)
    return Quote(start=start, end=end, words=text.body[start:end])


def add_account(record: Record, account: Account) -> str:
    """Enter a typed account and link it; returns the id of its event.

    Raises:
        UsageError: these words are read already; names the account to correct.
    """
    from khronika.link import keys_of, link_accounts

    with record.write(by=account.typed_by or "editor") as tx:
        for known in record.accounts_of_document(account.document_id):
            told, own = known.mention.trigger, account.mention.trigger
            if told.within == own.within and overlaps((told.start, told.end), (own.start, own.end)):
                raise UsageError(f"account {known.id[:12]} tells of “{told.words}” already; khronika correct {known.id[:12]} FIELD VALUE mends it")
        tx.add_account(account, keys_of(account))
        tx.add_linking(link_accounts([account], record, {}))
    return record.event_of(account.id) or ""


def _party_of(source: str | None) -> str | None:
    """The side of the conflict that a registered source speaks for."""
    known = config.read_sources().get(source or "")
    return known.party if known else None
