"""Readings set into space and time: assessments too."""

from __future__ import annotations

import datetime as dt

from khronika.ground.accounts import Grounding
from khronika.ground.actors import load_registry
from khronika.ground.gazetteer import Gazetteer, ensure
from khronika.types import Assessment, Capture, Document, Quote, Reading, Text


def test_assessments_get_their_place_and_time() -> None:
    body = "Officials met in Odesa, Ukraine. Attacks on railways in the Kharkiv region have grown since May 2022. The trend worries drivers."
    sentences = ["Attacks on railways in the Kharkiv region have grown since May 2022.", "The trend worries drivers."]
    quotes = [Quote(start=body.index(s), end=body.index(s) + len(s), words=s) for s in sentences]
    text = Text(id="t", document_id="d", body=body, cleaner="c", language="en", published=dt.date(2022, 8, 2))
    document = Document(id="d", capture=Capture(place="x", at=dt.datetime(2022, 8, 2, tzinfo=dt.UTC), tool="t"), mime="text/plain")
    reading = Reading(text_id="t", by="x", assessments=tuple(Assessment(quote=q, topic="trend") for q in quotes))
    first, second = Grounding(Gazetteer(ensure()), load_registry(), {}).ground(reading, text, document).assessments
    assert first.where is not None
    assert (first.where.name, first.where.precision) == ("Kharkiv Oblast", "region")
    assert first.when is not None
    assert (first.when.start, first.when.end) == (dt.date(2022, 5, 1), dt.date(2022, 8, 2))
    assert second.when is not None
    assert (second.when.start, second.when.basis) == (dt.date(2022, 8, 2), "assumed_fresh")
    assert second.where is not None
    assert second.where.country == "UA"
