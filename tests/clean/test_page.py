"""The main text of pages: what is asked where trafilatura gives too little, and what is taken out of what it gives."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest

from khronika.clean.page import read_page
from khronika.errors import InputError
from tests.acquire import samples

TODAY = dt.date(2026, 1, 5)
ROOT = Path(__file__).parents[2]
PAGES = ROOT.parent / "shared" / "data" / "html"
LONG = "\n\n".join(f"{samples.BODY} The clerk of the {n}th ward counted the sacks that were lost." for n in range(4, 9))


def test_the_own_headline_is_no_part_of_the_body() -> None:
    page = read_page(samples.page(), TODAY)
    assert (page.title, page.body) == ("Grain store hit in Oldbrook", samples.BODY)


def test_a_first_line_that_is_no_headline_stays() -> None:
    body = "Grain store hit in Oldbrook, two weeks after the mill.\n\n" + samples.BODY
    assert read_page(samples.page(body=body), TODAY).body == body


def test_json_ld_body_where_the_markup_holds_next_to_nothing() -> None:
    data = json.dumps({"@graph": [{"@type": "WebPage"}, {"@type": "NewsArticle", "articleBody": LONG}]})
    markup = f"<html><head><title>x</title><script type='application/ld+json'>{data}</script></head><body><div id='app'><p>Loading.</p></div></body></html>"
    assert read_page(markup, TODAY).body == LONG


def test_broken_json_ld_is_passed_over() -> None:
    assert read_page(samples.page("<script type='application/ld+json'>{\"articleBody\": </script>"), TODAY).body == samples.BODY


def test_what_is_seen_on_hovering_only_is_dropped() -> None:
    markup = samples.page().replace("the district council", "the district <span class='tooltip-content'>An organ of self-rule.</span>council")
    assert "self-rule" not in read_page(markup, TODAY).body


def test_navigation_comments_and_sidebars_are_no_part() -> None:
    around = (
        "<nav><ul><li><a href='/a'>World</a></li><li><a href='/b'>Sport</a></li></ul></nav>{}"
        "<aside><h3>Most read</h3><a href='/c'>Mayor of Netherby resigns after a vote</a></aside>"
        "<div id='comments'><p>I saw it and it was loud, said a reader.</p></div><footer><p>Imprint of the Dale Post</p></footer>"
    )
    markup = samples.page(body=LONG)
    at, end = markup.index("<article>"), markup.index("</article>") + len("</article>")
    page = read_page(markup[:at] + around.format(markup[at:end]) + markup[end:], TODAY)
    assert page.body == LONG


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://dale.example/2024/store#top", "https://dale.example/2024/store"),
        ("https://dale.example/2024/store/", "https://dale.example/2024/store"),
        ("https://dale.example/", None),
        ("/2024/store", None),
    ],
)
def test_the_address_that_a_page_names_as_its_own(address: str, url: str | None) -> None:
    assert read_page(samples.page(f'<link rel="canonical" href="{address}">'), TODAY).url == url


@pytest.mark.parametrize("markup", ["<html></html>", "<p></p>", "<html><body><ul><li><a href='/a'>World</a></li></ul></body></html>", "<!doctype html>"])
def test_no_article(markup: str) -> None:
    with pytest.raises(InputError):
        read_page(markup, TODAY)


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.skipif(not PAGES.is_dir(), reason="../shared/data/html is not there")
def test_figure_on_the_shared_pages() -> None:
    done = subprocess.run([sys.executable, "bench/html.py", str(PAGES)], cwd=ROOT, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    assert set(figures) == {"precision", "recall", "f1", "pages"} and figures["f1"] >= 0.975


def test_bench_measures_any_folder(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(samples.page(body=LONG))
    (tmp_path / "a.truth.json").write_text(json.dumps({"main_text": LONG}))
    done = subprocess.run([sys.executable, str(ROOT / "bench" / "html.py"), str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "pages": 1}
