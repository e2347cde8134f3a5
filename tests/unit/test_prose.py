"""What a model writes is shown, and nothing of it runs or is fetched."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest

from app.ui.markdown import Chips
from app.ui.prose import LONGEST_MARKDOWN, plain, render, render_streaming

CHIPS = Chips("p", ("handbook, p. 12: 15 days", "handbook, p. 13"), "not given")
ALLOWED = {"p", "a", "br", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "h4", "h5", "h6"}
ALLOWED |= {"table", "thead", "tbody", "tr", "th", "td", "div", "span", "button"}


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe src='http://evil.example'></iframe>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](/history?c=1)",
    "[x](//evil.example)",
    "![x](http://evil.example/pixel.png)",
    "![x](//evil.example/pixel.png)",
    '![x](http://evil.example "t\\" onload=\\"alert(1)")',
    '[x](http://ok.example "t\\" onmouseover=\\"alert(1)")',
    "<javascript:alert(1)>",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '``` x" onload="alert(1)\ncode\n```',
    "`<script>alert(1)</script>`",
    "| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |",
    "# <script>alert(1)</script>",
    "$<script>_alert(1)</script>$",
    "[1]<script>alert(1)</script>",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("draw", [lambda t: render(t, CHIPS), lambda t: render_streaming(t, CHIPS)])
def test_no_html_of_the_models_own_survives(attack: str, draw: object) -> None:
    found = _Tags(draw(attack))  # type: ignore[operator]
    for tag, attributes in found.tags:
        assert tag in ALLOWED
        assert not any(name.startswith("on") or name in ("src", "style") for name in attributes)
        if tag == "a":
            assert (attributes["href"] or "").startswith(("http://", "https://", "mailto:"))
            assert attributes["rel"] == "noopener noreferrer nofollow"
            assert attributes["target"] == "_blank"


def test_html_is_shown_as_the_text_that_it_is() -> None:
    assert _Tags(render("<script>alert('x')</script> & <b>bold</b>")).text.strip() == (
        "<script>alert('x')</script> & <b>bold</b>"
    )


def test_a_picture_becomes_a_link() -> None:
    tags = _Tags(render("![chart](https://example.com/chart.png)")).tags
    assert ("a", "https://example.com/chart.png") in [(t, a.get("href")) for t, a in tags]
    assert "img" not in [t for t, _ in tags]


def test_markdown_is_drawn() -> None:
    html = render("**15 days**\n\n- a\n- `b`\n\n| x |\n|---|\n| 1 |\n\n```py\nx < 1\n```")
    for piece in ("<strong>15 days</strong>", "<li>a</li>", "<code>b</code>", "<td>1</td>", "x &lt; 1"):
        assert piece in html


@pytest.mark.parametrize("text", ['**"연차"**는', "**연차(年次)**를", "그 **15일**의", "**한국어:**입니다"])
def test_bold_ends_before_korean_without_a_space(text: str) -> None:
    assert render(text).count("<strong>") == 1
    assert "**" not in render(text)


@pytest.mark.parametrize("formula", ["$a_b*c*d$", "$$x_1 = y_2$$", r"\( a_b*c* \)", r"\[ \frac{1}{2} \]"])
def test_a_formula_stays_as_it_was_written(formula: str) -> None:
    assert formula in _Tags(render(f"So {formula} holds.")).text


def test_money_is_no_formula() -> None:
    assert "us-math" not in render("It costs $5 and *not* $6.")
    assert "<em>not</em>" in render("It costs $5 and *not* $6.")


def test_nothing_that_streamlit_reads_into_text_is_read() -> None:
    text = ":red[no] :material/home: :smile: :streamlit: a -> b"
    assert _Tags(render(text)).text.strip() == text


def test_a_list_of_sources_at_the_end_does_not_vanish() -> None:
    assert "handbook.pdf" in render("15 days [1].\n\n[1]: handbook.pdf", CHIPS)


def test_a_citation_opens_its_passage() -> None:
    [button] = [a for t, a in _Tags(render("15 days [2]", CHIPS)).tags if t == "button"]
    assert button["popovertarget"] == "p-2"
    assert button["title"] == "handbook, p. 13"


def test_a_citation_of_a_passage_not_given_is_flagged() -> None:
    html = render("15 days [7]", CHIPS)
    assert "us-cite-bad" in html
    assert "not given" in html
    assert "<button" not in html


def test_without_evidence_a_number_in_brackets_is_text() -> None:
    assert "[1]" in render("see [1]")


def test_code_and_links_hold_no_citations() -> None:
    assert "us-cite" not in render("`a[1]` [1](https://example.com)\n\n    b[1]", CHIPS)


@pytest.mark.parametrize("piece", ["[", "*a ", "$", "\\(", "> ", "a**b", "![", "<", "[1]", "- ", "|a", "한**"])
def test_odd_input_is_drawn_within_seconds(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    began = time.perf_counter()
    html = render(text, CHIPS)
    assert time.perf_counter() - began < 5
    assert len(html) < 2_000_000


def test_an_answer_beyond_all_measure_is_plain_text() -> None:
    html = render("**a** <b>" * LONGEST_MARKDOWN)
    assert html.startswith('<div class="us-plain">')
    assert "<b>" not in html


# Streaming


def test_while_it_streams_the_same_is_drawn_with_a_caret() -> None:
    text = "One **two**.\n\n- a\n- b\n\n```\nx\n\ny\n```\n\nEnd [1]"
    streamed = render_streaming(text, CHIPS, caret=False).replace("\n", "")
    assert streamed == render(text, CHIPS).replace("\n", "")
    assert render_streaming(text, CHIPS).count("us-caret") == 1


@pytest.mark.parametrize("end", range(0, 60))
def test_every_beginning_of_an_answer_can_be_drawn(end: int) -> None:
    text = "# T\n\n1. `a` **b**\n\n```py\nx = [1]\n```\n| a |\n|---|\n| [2] |"[:end]
    assert render_streaming(text, CHIPS).count("us-caret") == 1


def test_a_caret_of_the_models_own_stays_text() -> None:
    assert render_streaming("a \ue000 b **c**").count("us-caret") == 1


# Labels


def test_a_label_shows_what_streamlit_would_read_as_markdown() -> None:
    assert plain("**a** [b](c) :red[d] `e` $f$") == r"\*\*a\*\* \[b\]\(c\) \:red\[d\] \`e\` \$f\$"


def test_an_emoji_name_in_a_label_stays_a_name() -> None:
    assert plain(":smile:") != r"\:smile\:"
    assert plain(":smile:").replace("\u2060", "") == r"\:smile\:"
