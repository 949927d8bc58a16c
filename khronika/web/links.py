"""What a page leads to in, its address out: on a server, or relative between the files of a static copy."""

from __future__ import annotations

from khronika.web import statics

SERVED = {
    "events": "/", "event": "/events/{}", "text": "/texts/{}", "corrections": "/corrections", "feed": "/feed.atom", "removed": "/api/removed",
    "export": "/api/exports/{}", "event_json": "/api/events/{}", "embed": "/embed/{}", "about": "/about", "marks": "/api/marks", "timeline": "/api/timeline",
}  # fmt: skip
COPIED = {
    "events": "index.html", "event": "events/{}.html", "text": "texts/{}.html", "corrections": "corrections.html", "feed": "feed.atom", "removed": "removed.json",
    "export": "data/events.{}", "event_json": "data/events/{}.json", "about": "about.html", "marks": "data/marks.json", "timeline": "data/timeline.json",
}  # fmt: skip


class Links:
    """Addresses on a server."""

    is_copy = False

    def __call__(self, name: str, *parts: str) -> str:
        """The address of a page, by its name and the ids in it."""
        return SERVED[name].format(*parts)

    def asset(self, path: str) -> str:
        """The address of a file under static/."""
        return statics.address(path)


class CopiedLinks(Links):
    """Addresses between the files of a static copy, from a page `depth` folders down."""

    is_copy = True

    def __init__(self, depth: int) -> None:
        self._up = "../" * depth

    def __call__(self, name: str, *parts: str) -> str:
        return self._up + COPIED[name].format(*parts)

    def asset(self, path: str) -> str:
        return f"{self._up}static/{path}"
