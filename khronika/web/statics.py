"""The files of static/ in, served from memory with their digest out, compressed once; and which of the pages' scripts are missing."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

FOLDER = Path(__file__).with_name("static")
NEEDED = ("htmx.js", "leaflet.js", "leaflet.css", "topojson.js", "uplot.js", "uplot.css", "world.json")
"""What `make install` puts under static/vendor (vendor/build.py)."""

router = APIRouter(include_in_schema=False)


class File(NamedTuple):
    """One file as it is sent."""

    body: bytes
    packed: bytes
    mime: str
    tag: str


@cache
def files() -> dict[str, File]:
    """Every file by its path under static/; read once."""
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            mime = mimetypes.guess_type(path.name)[0] or "text/plain"
            mime += "; charset=utf-8" if mime.startswith("text/") or mime.endswith(("javascript", "json")) else ""
            found[path.relative_to(FOLDER).as_posix()] = File(body, gzip.compress(body, 9, mtime=0), mime, hashlib.sha256(body).hexdigest()[:16])
    return found


def address(path: str) -> str:
    """The address of a file, which changes with its content."""
    file = files().get(path)
    return f"/static/{path}" + (f"?v={file.tag}" if file else "")


def missing() -> list[str]:
    """Scripts that were not installed; without them the pages are plain lists."""
    return [name for name in NEEDED if f"vendor/{name}" not in files()]


@router.get("/static/{path:path}")
def static(path: str, request: Request) -> Response:
    """One file."""
    file = files().get(path)
    if file is None:
        raise HTTPException(404, "no such file")
    headers = {"ETag": f'"{file.tag}"', "Vary": "Accept-Encoding"}
    headers["Cache-Control"] = "public, max-age=31536000, immutable" if request.query_params.get("v") == file.tag else "no-cache"
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", "") and len(file.packed) < len(file.body):
        return Response(file.packed, media_type=file.mime, headers={**headers, "Content-Encoding": "gzip"})
    return Response(file.body, media_type=file.mime, headers=headers)
