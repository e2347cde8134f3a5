"""A past comparison opens in full, and hides what is still blind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.answers import Answer, Status
from app.domain.errors import AnswerError, Fault
from app.domain.message import Message
from app.domain.ratings import Outcome, Vote
from tests.ui.history_pages import MODELS, Past, answered, html, past


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Past]:
    with past(tmp_path) as world:
        yield world


def test_answers_stand_side_by_side_with_their_names_figures_and_settings(world: Past) -> None:
    record = world.put()
    shown = html(world.page(record.id))
    for text in (*MODELS, "15 days", "Fifteen", "first token 0.33s", "412 → 64 tok", "$0.00060", "temperature 0.3"):
        assert text in shown


def test_the_phases_of_the_bar_are_spelled_out_in_it(world: Past) -> None:
    shown = html(world.page(world.put().id))
    assert "<summary>" in shown and "after the first token 0.69s</li>" in shown


def test_a_citation_holds_its_passage(world: Past) -> None:
    record = world.put()
    shown = html(world.page(record.id))
    assert "[1] handbook.pdf, p. 12" in shown
    assert "A new employee gets 15 days of leave." in shown


def test_what_went_wrong_is_said_with_its_remedy(world: Past) -> None:
    error = AnswerError(Fault.UNREACHABLE, Message("Nobody answers."), Message("Start it: `ollama serve`."))
    record = world.put(answers=[answered("a"), Answer(Status.FAILED, error=error)])
    shown = html(world.page(record.id))
    assert "Nobody answers." in shown
    assert "<code>ollama serve</code>" in shown


def test_what_is_blind_and_not_revealed_stays_hidden(world: Past) -> None:
    error = AnswerError(Fault.UNREACHABLE, Message("Nobody answers at ollama."), Message("Start it."))
    record = world.put(
        answers=[
            answered("a", thinking="secret thoughts", not_sent={"top_k": Message("no top_k here")}),
            Answer(Status.FAILED, error=error),
        ],
        sides=(1, 0),
        blind=True,
    )
    app = world.page(record.id)
    shown = html(app) + " ".join(e.label for e in app.expander) + " ".join(b.label for b in app.button)
    for secret in (*MODELS, "secret thoughts", "top_k", "0.33", "412", "0.0006", "Nobody answers", "temperature"):
        assert secret not in shown
    assert "Contestant A" in shown
    assert "could not be completed" in shown


def test_after_the_vote_the_names_and_the_vote_are_there(world: Past) -> None:
    record = world.put(sides=(1, 0), blind=True)
    best = record.by_side[0]
    world.container.rating.vote(
        record.id, Vote("민수", best=best.id, stars={best.id: 4}, tags=("style",), comment="Short.\n<b>Good.</b>")
    )
    shown = html(world.page(record.id))
    assert "A · ollama:llama3.2 is better" in shown
    for text in ("민수", "blind", "★★★★☆", "&lt;b&gt;Good.&lt;/b&gt;"):
        assert text in shown


def test_a_corrected_vote_is_counted_and_not_shown(world: Past) -> None:
    record = world.put()
    world.container.rating.vote(record.id, Vote("Mina", best=record.answers[0].id))
    world.container.rating.vote(record.id, Vote("Mina", outcome=Outcome.BOTH_BAD))
    shown = html(world.page(record.id))
    assert "Both bad" in shown
    assert "is better" not in shown
    assert "1 earlier vote was corrected." in shown


def test_a_running_one_is_watched_in_compare(world: Past) -> None:
    record = world.put(answers=[answered("a"), Answer(Status.RUNNING, "so far")])
    app = world.page(record.id)
    [link] = app.get("page_link")
    assert link.proto.label == "Watch in Compare"
    assert f"c={record.id}" in link.proto.query_string


def test_earlier_turns_of_the_conversation_open(world: Past) -> None:
    first = world.put("First turn")
    second = world.put("Second turn", after=first.id)
    app = world.page(second.id)
    app.button(key=f"history-turn-{first.id}").click().run()
    assert app.subheader[0].value == "First turn"


def test_a_link_to_what_is_not_there_says_so_and_leads_back(world: Past) -> None:
    world.put("One")
    app = world.page("nothing-here")
    assert "us-error" in html(app)
    app.button(key="history-back").click().run()
    assert app.title[0].value == "History"


def test_a_prompt_is_shown_as_it_is(world: Past) -> None:
    record = world.put("<script>alert(1)</script> :red[x] $y$")
    app = world.page(record.id)
    assert app.subheader[0].value == r"\<script\>alert\(1\)\</script\> \:red\[x\] \$y\$"


def test_a_prompt_of_a_megabyte_does_not_reach_the_browser_whole(world: Past) -> None:
    record = world.put("word " * 200_000)
    assert len(html(world.page(record.id))) < 300_000


def test_every_export_can_be_taken(world: Past) -> None:
    world.put()
    app = world.page()
    labels = [b.proto.label for b in app.get("download_button")]
    assert labels == ["CSV", "JSONL", "CSV", "JSONL", "DPO", "Alpaca"]
