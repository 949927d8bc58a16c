"""A web archive (WARC, WACZ) in, one item a page out; records are streamed and pictures, styles and failures passed over."""

from __future__ import annotations

import io
import zipfile
from typing import IO, Any, BinaryIO

from msgspec.structs import replace

from khronika.acquire.items import Found, Options, split
from khronika.errors import InputError
from khronika.types import Capture, SetAside

_TEXTUAL = ("html", "text/plain", "json", "xml", "pdf")


def is_archive(start: bytes) -> bool:
    """Whether a file that begins so is a WARC (gzipped or not) or a zip."""
    return start.startswith((b"WARC/", b"PK\x03\x04")) or start.startswith(b"\x1f\x8b") and b"WARC/" in _unzip_start(start)


def _unzip_start(start: bytes) -> bytes:
    import zlib

    try:
        return zlib.decompressobj(31).decompress(start, 64)
    except zlib.error:
        return b""


def read(file: BinaryIO, start: bytes, capture: Capture, options: Options) -> Found:
    """The pages of an archive."""
    try:
        if not start.startswith(b"PK"):
            yield from _warc(file, capture, options)
            return
        with zipfile.ZipFile(file) as bundle:
            names = [name for name in bundle.namelist() if name.endswith((".warc", ".warc.gz"))]
            if not names:
                raise InputError("a zip file without a web archive in it (no archive/*.warc.gz); unpack it first")
            for name in names:
                with bundle.open(name) as member:
                    yield from _warc(member, replace(capture, place=f"{capture.place}!{name}"), options)
    except InputError as error:
        yield SetAside(place=capture.place, reason=str(error))
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        yield SetAside(place=capture.place, reason=f"the archive is cut or damaged ({error}); get it again")


def _warc(stream: IO[bytes], capture: Capture, options: Options) -> Found:
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    number, records = 0, None
    try:
        records = ArchiveIterator(stream)
        for record in records:
            if record.rec_type not in ("response", "resource"):
                continue
            number += 1
            yield from _record(record, number, capture, options)
    except (ArchiveLoadFailed, EOFError, OSError, ValueError) as error:
        yield SetAside(
            place=f"{capture.place}#{number + 1}",
            reason=f"the archive is cut or damaged after record {number} ({error}); the records before it were read",
        )
        return
    if number == 0:
        raise InputError("an archive without a response record")


def _record(record: Any, number: int, capture: Capture, options: Options) -> Found:
    headers = dict(record.http_headers.headers) if record.http_headers else {}
    mime = (record.http_headers.get_header("Content-Type") if record.http_headers else record.rec_headers.get_header("Content-Type")) or ""
    status = record.http_headers.get_statuscode() if record.http_headers else "200"
    if status != "200" or not any(kind in mime for kind in _TEXTUAL):
        return
    address = record.rec_headers.get_header("WARC-Target-URI")
    where = replace(capture, place=f"{capture.place}#{number}", requested=address, final=address, headers=headers)
    body = io.BytesIO()
    while chunk := record.content_stream().read(1 << 16):
        body.write(chunk)
        if body.tell() > options.max_bytes:
            yield SetAside(place=where.place, reason=f"a record over the limit of {options.max_bytes >> 20} MiB")
            return
    body.seek(0)
    yield from split(body, where, options, mime)
