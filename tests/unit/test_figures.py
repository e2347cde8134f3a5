"""Figures say what is known, mark what is estimated and never invent the rest."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.domain.answers import Answer, Status, Timing, Usage
from app.domain.message import Message
from app.i18n import translator
from app.ui.badges import Badge, badges_of
from app.ui.figures import figures_of

EN = translator("en")
DONE = Answer(
    Status.DONE,
    "text",
    finish="stop",
    usage=Usage(412, 64),
    timing=Timing(first_token=0.33, total=1.02),
    cost_usd=Decimal("0.0006"),
)


def texts(answer: Answer, **options: object) -> list[str]:
    return [f.text for f in figures_of(answer, EN, **options).figures]  # type: ignore[arg-type]


def with_(answer: Answer, **changes: object) -> Answer:
    from dataclasses import replace

    return replace(answer, **changes)  # type: ignore[arg-type]


def test_a_finished_answer_says_time_speed_tokens_and_cost() -> None:
    assert texts(DONE) == ["first token 0.33s", "91 tok/s", "412 → 64 tok", "$0.00060", "1.02s"]


def test_estimated_tokens_carry_a_tilde_wherever_they_enter() -> None:
    shown = texts(with_(DONE, usage=Usage(412, 64, source="estimated")))
    assert shown[1:4] == ["~91 tok/s", "~412 → ~64 tok", "~$0.00060"]


def test_unpriced_is_not_free() -> None:
    assert "unpriced" in texts(with_(DONE, cost_usd=None))
    assert "no fee" in texts(with_(DONE, cost_usd=Decimal(0)))


def test_without_usage_there_are_no_tokens_and_no_cost() -> None:
    assert texts(with_(DONE, usage=None, cost_usd=None)) == ["first token 0.33s", "1.02s"]


def test_the_phases_that_the_server_reports_are_the_bar() -> None:
    timing = Timing(queued=0.2, load=0.3, first_token=0.9, prefill=0.5, decode=1.0, total=2.0)
    segments = figures_of(with_(DONE, timing=timing), EN).segments
    assert [s.label for s in segments] == ["queue 0.20s", "load 0.30s", "prefill 0.50s", "decode 1.00s"]
    assert [s.share for s in segments] == pytest.approx([0.1, 0.15, 0.25, 0.5])


def test_what_no_phase_accounts_for_stays_empty() -> None:
    segments = figures_of(with_(DONE, timing=Timing(prefill=0.2, decode=0.6, first_token=0.4, total=1.0)), EN).segments
    assert sum(s.share for s in segments) == pytest.approx(0.8)


def test_phases_longer_than_the_total_do_not_leave_the_bar() -> None:
    segments = figures_of(with_(DONE, timing=Timing(prefill=1.0, decode=1.0, total=1.5)), EN).segments
    assert sum(s.share for s in segments) == pytest.approx(1.0)


def test_without_phases_the_bar_is_first_token_and_rest() -> None:
    segments = figures_of(DONE, EN).segments
    assert [s.label for s in segments] == ["first token 0.33s", "after the first token 0.69s"]


def test_while_it_runs_the_speed_is_about() -> None:
    running = Answer(Status.RUNNING, "te", timing=Timing(first_token=0.5, total=2.5))
    assert texts(running, tokens=101) == ["first token 0.50s", "~50 tok/s", "2.50s"]


def test_before_the_first_token_it_says_how_long_it_waits() -> None:
    running = Answer(Status.RUNNING, timing=Timing(total=2.5))
    assert texts(running) == ["waiting 2.50s"]
    assert figures_of(running, EN).waiting
    assert texts(Answer(Status.WAITING)) == ["waiting"]


@pytest.mark.parametrize("status", list(Status))
def test_hidden_tells_nothing_about_time_tokens_and_money(status: Status) -> None:
    hidden = figures_of(with_(DONE, status=status), EN, hidden=True)
    assert hidden.segments == ()
    assert not any(c.isdigit() or c == "$" for f in hidden.figures for c in f.text + f.hint)


def test_a_setting_that_was_not_sent_is_a_badge_with_its_reason() -> None:
    badges = badges_of(with_(DONE, not_sent={"top_k": Message("OpenAI has no top_k.")}), EN)
    assert badges == (Badge("top_k not sent", "OpenAI has no top_k.", "quiet", "block"),)


def test_many_settings_that_were_not_sent_share_one_badge() -> None:
    reason = Message("no")
    [badge] = badges_of(with_(DONE, not_sent={"top_k": reason, "seed": reason, "stop": reason}), EN)
    assert badge.text == "3 settings not sent"
    assert badge.hint == "top_k: no\nseed: no\nstop: no"


def test_an_answer_that_reached_max_tokens_says_so() -> None:
    [badge] = badges_of(with_(DONE, finish="length"), EN)
    assert (badge.text, badge.tone) == ("stopped at 64 tokens", "warn")


def test_hidden_badges_say_only_what_the_text_shows() -> None:
    answer = with_(DONE, finish="length", usage=Usage(1, 2, source="estimated"), not_sent={"top_k": Message("no")})
    assert [b.text for b in badges_of(answer, EN, hidden=True)] == ["stopped at its limit"]


@pytest.mark.parametrize(
    ("status", "word"),
    [(Status.TRUNCATED, "truncated"), (Status.CANCELLED, "stopped"), (Status.INTERRUPTED, "interrupted")],
)
def test_an_incomplete_answer_is_marked(status: Status, word: str) -> None:
    assert word in [b.text for b in badges_of(with_(DONE, status=status), EN)]
