"""Heads and RFC 3161 time stamps: a request for a head out, a stamp in, and whether it is of that head.

The rule: what is stamped is the text "SEQ:DIGEST" as `khronika head` prints it, so that any other tool can check the stamp too
(`openssl ts -verify -data HEAD.txt -in FILE.tsr -CAfile CA.pem`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from khronika.errors import UsageError


class Stamp(NamedTuple):
    """A time stamp: when, over which digest (sha256), and the answer of the authority itself."""

    at: dt.datetime
    digest: bytes
    answer: Any


def make_request(head: str) -> bytes:
    """The request for a stamp of a head, DER, with a nonce."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    return TimestampRequestBuilder().data(head.encode()).hash_algorithm(HashAlgorithm.SHA256).build().as_bytes()


def read_stamp(raw: bytes, name: str) -> Stamp:
    """The stamp in an answer of an authority.

    Raises:
        UsageError: it is none, or the authority refused.
    """
    from rfc3161_client import decode_timestamp_response

    try:
        answer = decode_timestamp_response(_sorted(raw))
        if answer.status not in (0, 1):
            raise UsageError(f"{name}: the authority refused: {'; '.join(answer.status_string) or answer.status}")
        return Stamp(answer.tst_info.gen_time, answer.tst_info.message_imprint.message, answer)
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{name}: no time stamp ({' '.join(str(error).split())})") from error


def _sorted(raw: bytes) -> bytes:
    """The answer with its sets in the order of DER: authorities that run OpenSSL leave the (unsigned) set of certificates as it comes."""
    from asn1crypto.tsp import TimeStampResp

    answer = TimeStampResp.load(raw, strict=True)
    if answer["status"]["status"].native in ("granted", "granted_with_mods"):
        answer["time_stamp_token"]["content"]["certificates"].dump(force=True)
    sorted_answer: bytes = answer.dump(force=True)
    return sorted_answer


def check_stamp(stamp: Stamp, head: str, roots: Sequence[bytes], name: str) -> None:
    """Hold a stamp against a head and the certificates of its authority.

    Args:
        roots: PEM files, one certificate or more in each.

    Raises:
        UsageError: it is not of this head, or not signed by this authority.
    """
    from cryptography.x509 import load_pem_x509_certificates
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        builder = VerifierBuilder(roots=[one for raw in roots for one in load_pem_x509_certificates(raw)])
        builder.build().verify_message(stamp.answer, head.encode())
    except (VerificationError, ValueError) as error:
        raise UsageError(f"{name}: the stamp does not hold: {error}") from error


def head_of(stamp: Stamp, heads: Iterable[tuple[int, str]]) -> str | None:
    """The head that a stamp is of, among the heads that a record has had."""
    for seq, digest in heads:
        head = f"{seq}:{digest}"
        if hashlib.sha256(head.encode()).digest() == stamp.digest:
            return head
    return None
