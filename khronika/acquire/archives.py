"""A web archive (WARC, WACZ) in, one item a page out; records are streamed and pictures, styles and failures passed over."""

from __future__ import annotations

import io
import zipfile
import zlib
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


class _Unzipped(io.RawIOBase):
    """A gzip stream of one or more members. What comes before a cut is given, and the cut is remembered.

    warcio by itself takes a cut for the end, and refuses a file that was zipped as one member.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._member = stream, zlib.decompressobj(31)
        self._waiting = b""
        self.is_cut = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.is_cut:
            rest = self._member.unused_data.lstrip(b"\0") if self._member.eof else self._waiting
            packed = rest or self._stream.read(1 << 16)
            if self._member.eof:
                if not packed:
                    return 0
                self._member = zlib.decompressobj(31)
            elif not packed:
                self.is_cut = True
                break
            try:
                out = self._member.decompress(packed, len(buffer))
            except zlib.error:
                self.is_cut = True
                break
            self._waiting = self._member.unconsumed_tail
            if out:
                buffer[: len(out)] = out
                return len(out)
        return 0


def _warc(stream: IO[bytes], capture: Capture, options: Options) -> Found:
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    number = 0
    is_zipped = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    try:
        unzipped = _Unzipped(stream) if is_zipped else None
        for record in ArchiveIterator(io.BufferedReader(unzipped) if unzipped else stream):
            if record.rec_type not in ("response", "resource"):
                continue
            number += 1
            yield from _record(record, number, capture, options)
        if unzipped and unzipped.is_cut:
            raise EOFError("the last zipped block is not whole")
    # AttributeError: warcio, on a record without a target address.
    except (ArchiveLoadFailed, AttributeError, EOFError, OSError, ValueError, zlib.error) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0][:120]
        yield SetAside(
            place=f"{capture.place}#{max(number, 1)}",
            reason=f"the archive is cut or damaged near record {number} ({why}); the records before it were read",
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
    while record.raw_stream.read(1 << 16):
        pass
    if record.raw_stream.limit > 0:
        raise EOFError("the last record is not whole")
    body.seek(0)
    yield from split(body, where, options, mime)
