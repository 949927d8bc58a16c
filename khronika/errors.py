"""The one tree of errors that a caller may catch; each message is one line: what, where, what to do.

    KhronikaError
      UsageError        wrong option, unknown name, address or file given by the user       exit 2
      InputError        one document cannot be read; it is set aside and the run goes on     exit 1
        NotCodedError   kept, but not coded (a language without a lexicon, no article)
      RecordError       the record cannot be used (locked, newer, damaged, disk full)        exit 3
      DataError         a data file of ours or of the user's is wrong                        exit 2
      ModelError        weights missing, damaged or of another version                       exit 2
"""

from __future__ import annotations

from typing import Any


class KhronikaError(Exception):
    """Root of all errors raised on purpose; `exit_code` is what the command line ends with."""

    exit_code = 1


class UsageError(KhronikaError):
    """What the user asked for does not exist or makes no sense."""

    exit_code = 2


class InputError(KhronikaError):
    """One document cannot be read; its bytes are kept with the reason."""

    exit_code = 1


class NotCodedError(InputError):
    """The document is kept but not coded, and listed as such; carries what is known of it (a Document and a Text)."""

    def __init__(self, message: str, document: Any = None, text: Any = None) -> None:
        super().__init__(message)
        self.document = document
        self.text = text


class RecordError(KhronikaError):
    """The record cannot be opened, read or written."""

    exit_code = 3


class DataError(KhronikaError):
    """A data file (lexicon, actors, gazetteer, policy) is wrong."""

    exit_code = 2


class ModelError(KhronikaError):
    """Model weights are missing, damaged or of another version."""

    exit_code = 2
