"""A document as HTML: passages numbered, what two share, pages, the marked stretch, nothing unescaped."""

from __future__ import annotations

import re
from html import unescape

from app.domain.documents import StoredPassage
from app.ui.document_text import WINDOW, Numbered, Words, document_html, window_of, windows

WORDS = Words(lambda page: f"p{page}", lambda n: f'"{n.number}" {n.passage.heading}')


def passage(start: int, end: int, heading: str = "") -> StoredPassage:
    return StoredPassage(start, 1, "a.txt", "", start, end, heading=heading)


def shown(
    text: str,
    *places: tuple[int, int],
    pages: tuple[int, ...] = (),
    mark: tuple[int, int] | None = None,
    suspect: int = 0,
) -> str:
    numbered = [Numbered(n, passage(*place), n == suspect) for n, place in enumerate(places, start=1)]
    return document_html(text, numbered, pages, (0, len(text)), WORDS, mark)


def words(html: str) -> str:
    """The document's own characters."""
    html = re.sub(r'<span class="us-chip.*?</span>|<div class="us-page">.*?</div>', "", html)
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_every_character_is_there_once() -> None:
    text = "one two three four five"
    assert words(shown(text, (0, 11), (4, 18), (14, 23), pages=(0, 8), mark=(2, 16))) == text


def test_what_two_passages_share_is_marked_as_such() -> None:
    assert '<span class="us-shared">two</span>' in shown("one two three", (0, 7), (4, 13))


def test_the_mark_is_where_it_was_asked_for() -> None:
    html = shown("one two three", (0, 7), (4, 13), mark=(0, 7))
    assert "".join(re.findall(r"<mark>(.*?)</mark>", html)) == 'one <span class="us-shared">two</span>'


def test_text_and_headings_are_escaped() -> None:
    html = document_html(
        "<script>", [Numbered(1, passage(0, 8, '"><img>'))], (), (0, 8), Words(str, lambda n: n.passage.heading)
    )
    assert "<script>" not in html and "<img>" not in html


def test_pages_begin_where_they_do() -> None:
    assert shown("onetwo", (0, 3), (3, 6), pages=(0, 3)).index("p2") > shown("onetwo", (0, 3), pages=(0, 3)).index("p1")


def test_a_suspect_passage_is_marked() -> None:
    html = shown("onetwo", (0, 3), (3, 6), suspect=2)
    assert re.findall(r"us-chip us-warn[^>]*>(\d)", html) == ["2"]


def test_a_long_document_comes_in_parts_that_begin_with_passages() -> None:
    text = "x" * (3 * WINDOW)
    places = [passage(n, min(n + 900, len(text))) for n in range(0, len(text), 800)]
    parts = windows(text, places)
    assert [a for a, _ in parts[1:]] == [b for _, b in parts[:-1]] and parts[-1][1] == len(text)
    assert all(end - start <= WINDOW for start, end in parts)
    assert all(start % 800 == 0 for start, _ in parts)
    assert parts[window_of(parts, WINDOW + 5)][0] <= WINDOW + 5


def test_text_without_passages_is_still_shown() -> None:
    assert len(windows("x" * (2 * WINDOW + 1), [])) == 3
    assert words(shown("alone")) == "alone"
