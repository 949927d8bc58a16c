"""Bytes of every form that acquire reads, made here; all names and events are invented."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import Any

BODY = (
    "Two shells hit the grain store of Oldbrook on Tuesday morning, the district council said.\n\n"
    "A watchman was hurt by splinters and taken to hospital; the store burned for three hours."
)
PAGE = (
    "<!doctype html><html lang='en'><head><title>Grain store hit in Oldbrook</title>{head}</head><body><article>"
    "<h1>Grain store hit in Oldbrook</h1>{paragraphs}</article></body></html>"
)
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Dale Post</title><id>x</id>
<entry><title>Bridge closed</title><id>a</id><link href="https://dale.example/a"/><updated>2024-03-02T10:00:00Z</updated>
<content type="html">&lt;p&gt;The bridge was closed.&lt;/p&gt;&lt;p&gt;Nobody was hurt.&lt;/p&gt;</content></entry></feed>"""
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Dale Post</title><language>en-gb</language>
<item><title>Bridge closed</title><link>https://dale.example/a</link><pubDate>Sat, 02 Mar 2024 10:00:00 GMT</pubDate>
<description>The bridge was closed.</description></item>
<item><title>Bridge open</title><link>https://dale.example/b</link><pubDate>Sun, 03 Mar 2024 10:00:00 GMT</pubDate>
<description>The bridge is open again.</description></item></channel></rss>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="x"><title>Dale Post</title></channel><item rdf:about="y"><title>Bridge closed</title>
<link>https://dale.example/a</link><description>The bridge was closed.</description></item></rdf:RDF>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Dale Post",
    "items": [{"id": "1", "url": "https://dale.example/a", "title": "Bridge closed", "content_text": BODY, "date_published": "2024-03-02T10:00:00Z"}],
}
TELEGRAM = {
    "name": "Dale Watch",
    "username": "dalewatch",
    "type": "public_channel",
    "id": 77,
    "messages": [
        {"id": 1, "type": "service", "action": "create_channel"},
        {"id": 2, "type": "message", "date": "2024-03-02T10:00:00", "date_unixtime": "1709373600", "text": "Shots near the mill."},
        {"id": 3, "type": "message", "date": "2024-03-02T11:00:00", "text": ["Mill ", {"type": "bold", "text": "on fire"}, "."]},
        {"id": 4, "type": "message", "date": "2024-03-02T12:00:00", "text": "", "photo": "x.jpg"},
    ],
}


def article(**fields: Any) -> dict[str, Any]:
    """One JSON article."""
    return {"id": "a1", "source": "Dale Post", "published": "2024-03-02", "language": "en", "title": "Store hit", "text": BODY, **fields}


def page(head: str = "", body: str = BODY) -> str:
    """One HTML page."""
    return PAGE.format(head=head, paragraphs="".join(f"<p>{part}</p>" for part in body.split("\n\n")))


def pdf(words: str | None) -> bytes:
    """A PDF of one page, with a text layer where words are given."""
    drawn = f"BT /F1 12 Tf 20 100 Td ({words}) Tj ET" if words else "0 0 50 50 re f"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    tail = f"xref\n0 6\n0000000000 65535 f \n{table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{len(made)}\n%%EOF"
    return (made + tail).encode("ascii")


def warc(pages: dict[str, str], zipped: bool = True) -> bytes:
    """A web archive with one response a page, and a picture and a failure that are to be passed over."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=zipped)
    answers = [("https://dale.example/x.png", "200 OK", "image/png", b"\x89PNG"), ("https://dale.example/gone", "404 Not Found", "text/html", b"gone")]
    answers += [(url, "200 OK", "text/html; charset=utf-8", markup.encode()) for url, markup in pages.items()]
    for url, status, mime, body in answers:
        headers = StatusAndHeaders(status, [("Content-Type", mime), ("Content-Length", str(len(body)))], protocol="HTTP/1.1")
        writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=headers))
    return out.getvalue()


def wacz(pages: dict[str, str]) -> bytes:
    """The same as a WACZ bundle."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        bundle.writestr("datapackage.json", "{}")
        bundle.writestr("archive/data.warc.gz", warc(pages))
    return out.getvalue()


def lines(*articles: dict[str, Any]) -> bytes:
    """JSONL."""
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in articles)


def zipped(raw: bytes) -> bytes:
    """Gzip."""
    return gzip.compress(raw, mtime=0)
