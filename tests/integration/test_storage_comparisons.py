"""Comparisons and their answers: what goes in comes out, and a finished answer stays finished."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.answers import Answer, Status, Timing, Usage
from app.domain.errors import AnswerError, Fault, UserError
from app.domain.evidence import Evidence, Passage
from app.domain.message import Message
from app.domain.models import Contestant, ModelRef, Sampling
from storage.comparisons import SqlComparisonStore
from tests.integration.storing import CLOUD, EVIDENCE, FLOOR, LOCAL, ask, database, done, finish


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlComparisonStore]:
    with database(tmp_path) as engine:
        yield SqlComparisonStore(engine)


FULL = Answer(
    Status.TRUNCATED,
    text="스무 날 [1]",
    thinking="Let me see.",
    finish="length",
    usage=Usage(120, 60, cached_input=64, cache_write=8, reasoning=50, source="estimated"),
    timing=Timing(0.1, 2.5, 0.25, 0.125, 1.0, 3.5),
    cost_usd=Decimal("0.00000012345678901234567890"),
    sent={"model": "m", "options": {"num_ctx": 4096, "stop": ["a"]}, "think": None, "ratio": 0.1},
    not_sent={"top_k": Message("{server} has no top_k.", server="OpenAI")},
    notices=(Message("Loading {n} GB.", n=1.5), Message("Restarted.")),
    error=AnswerError(Fault.CONTEXT_OVERFLOW, Message("{n} tokens do not fit.", n=9000), Message("Shorten it.")),
)


def test_a_new_comparison_comes_back_as_it_was_asked_with_its_answers_waiting(store: SqlComparisonStore) -> None:
    record = ask(store, "질문 {braces} 'quotes' 😀", (CLOUD, LOCAL, FLOOR), sides=(2, 0, 1), blind=True)
    assert record == store.get(record.id)
    assert record.comparison.contestants == (CLOUD, LOCAL, FLOOR)
    assert record.comparison.prompt == "질문 {braces} 'quotes' 😀"
    assert record.comparison.evidence == EVIDENCE
    assert [a.side for a in record.answers] == [2, 0, 1]
    assert [a.answer.local for a in record.answers] == [None, None, None]
    assert {a.answer.status for a in record.answers} == {Status.WAITING}
    assert (record.thread, record.turn, record.hidden) == (record.id, 0, True)


def test_every_sampling_field_comes_back(store: SqlComparisonStore) -> None:
    sampling = Sampling(0.3, 0.85, 20, 512, 2**53 + 1, 0.1, -0.1, 1.1, ("\n\n", "끝"), "low")
    record = ask(store, contestants=(Contestant(ModelRef("gguf", "C:/models/a b.gguf"), sampling), LOCAL))
    assert record.answers[0].contestant.sampling == sampling
    assert str(record.answers[0].contestant.model) == "gguf:C:/models/a b.gguf"


def test_every_field_of_an_answer_comes_back(store: SqlComparisonStore) -> None:
    record = ask(store)
    store.save_answer(record.answers[0].id, FULL)
    assert store.get(record.id).answers[0].answer == FULL


def test_unknown_stays_unknown(store: SqlComparisonStore) -> None:
    record = ask(store)
    store.save_answer(record.answers[0].id, Answer(Status.FAILED))
    answer = store.get(record.id).answers[0].answer
    assert (answer.usage, answer.cost_usd, answer.timing, answer.error) == (None, None, Timing(), None)


def test_a_price_of_nothing_is_not_unpriced(store: SqlComparisonStore) -> None:
    record = ask(store)
    store.save_answer(record.answers[0].id, replace(FULL, cost_usd=Decimal(0)))
    assert store.get(record.id).answers[0].answer.cost_usd == Decimal(0)


def test_partial_text_is_kept_as_it_grows(store: SqlComparisonStore) -> None:
    record = ask(store)
    for text in ("Twen", "Twenty", "Twenty days"):
        store.save_answer(record.answers[0].id, Answer(Status.RUNNING, text=text))
    assert store.get(record.id).answers[0].answer.text == "Twenty days"


@pytest.mark.parametrize("late", [Answer(Status.RUNNING, text="20 d"), Answer(Status.WAITING)])
def test_a_partial_state_that_comes_late_does_not_undo_a_finished_answer(
    store: SqlComparisonStore, late: Answer
) -> None:
    record = ask(store)
    store.save_answer(record.answers[0].id, done())
    store.save_answer(record.answers[0].id, late)
    assert store.get(record.id).answers[0].answer == done()


def test_interrupting_keeps_what_had_arrived_and_what_was_finished(store: SqlComparisonStore) -> None:
    record = ask(store, contestants=(CLOUD, LOCAL, FLOOR), owner="home-gone")
    other = ask(store, owner="home-alive")
    store.save_answer(record.answers[0].id, done())
    store.save_answer(record.answers[1].id, Answer(Status.RUNNING, text="Twenty", thinking="Hm"))
    assert store.running_owners() == ["home-alive", "home-gone"]

    assert store.interrupt("home-gone") == 2

    finished, running, waiting = (a.answer for a in store.get(record.id).answers)
    assert finished == done()
    assert (running.status, running.text, running.thinking) == (Status.INTERRUPTED, "Twenty", "Hm")
    assert waiting.status is Status.INTERRUPTED
    assert running.error is not None and waiting.error is not None
    assert running.error.kind is Fault.INTERRUPTED
    assert "while this answer was being written" in str(running.error.message)
    assert "before this answer was begun" in str(waiting.error.message)
    assert store.running_owners() == ["home-alive"]
    assert store.get(other.id).running
    assert store.interrupt("home-gone") == 0


def test_an_answer_that_finishes_after_all_replaces_its_interruption(store: SqlComparisonStore) -> None:
    record = ask(store, owner="home-1")
    store.interrupt("home-1")
    store.save_answer(record.answers[0].id, Answer(Status.RUNNING, text="late"))
    assert store.get(record.id).answers[0].answer.status is Status.INTERRUPTED
    store.save_answer(record.answers[0].id, done())
    assert store.get(record.id).answers[0].answer == done()


def test_a_finished_answer_without_a_row_is_an_error_not_a_loss(store: SqlComparisonStore) -> None:
    with pytest.raises(LookupError):
        store.save_answer("nobody", done())


def test_a_follow_up_belongs_to_the_conversation(store: SqlComparisonStore) -> None:
    first = ask(store, "one")
    second = ask(store, "two", after=first)
    third = ask(store, "three", after=second)
    assert (third.thread, third.turn) == (first.id, 2)
    assert [r.comparison.prompt for r in store.thread(second)] == ["one", "two"]
    assert store.thread(third) == (first, second, third)


def test_another_branch_of_the_conversation_is_not_part_of_this_one(store: SqlComparisonStore) -> None:
    first = ask(store, "one")
    ask(store, "two, dropped", after=first)
    again = ask(store, "two, again", after=first)
    assert [r.comparison.prompt for r in store.thread(again)] == ["one", "two, again"]


def test_a_follow_up_of_nothing_is_refused_and_nothing_is_stored(store: SqlComparisonStore) -> None:
    gone = replace(ask(store), id="zzzzzzzzzzzzzzzz")
    with pytest.raises(UserError, match="There is no comparison “zzzzzzzzzzzzzzzz”"):
        ask(store, after=gone)
    assert len(list(store.all())) == 1


def test_revealing_lifts_the_blind_from_the_whole_conversation_and_from_no_other(store: SqlComparisonStore) -> None:
    first = ask(store, blind=True)
    second = ask(store, after=first, blind=True)
    other = ask(store, blind=True)
    store.reveal(second.id, "mina")
    assert not store.get(first.id).hidden and not store.get(second.id).hidden
    assert store.get(other.id).hidden
    assert ask(store, after=second, blind=True).hidden


def test_revealing_nothing_is_refused(store: SqlComparisonStore) -> None:
    with pytest.raises(UserError, match="There is no comparison"):
        store.reveal("zzzzzzzzzzzzzzzz", "mina")


def test_four_characters_of_an_id_will_do_in_either_case(store: SqlComparisonStore) -> None:
    record = ask(store)
    assert store.get(record.id[:4]).id == record.id
    assert store.get(f" {record.id[:9].upper()} ").id == record.id


@pytest.mark.parametrize("text", ["", "%", "____", "zz", "%%%%", "zzzz", "\0", "\ud800abc", "' OR 1=1"])
def test_an_id_of_no_comparison_names_the_command_that_lists_them(store: SqlComparisonStore, text: str) -> None:
    ask(store)
    with pytest.raises(UserError, match=r"There is no comparison.*python -m app history"):
        store.get(text)


def test_a_beginning_that_several_ids_share_asks_for_more_of_it(
    store: SqlComparisonStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = iter(["same0001", "a1", "a2", "same0002", "a3", "a4"])
    monkeypatch.setattr("storage.comparisons.new_id", lambda: next(ids))
    ask(store)
    ask(store)
    with pytest.raises(UserError, match=r"“same” begins the ids of several.*Write more of the id"):
        store.get("same")
    assert store.get("same0002").id == "same0002"


def test_text_that_no_database_takes_is_stored_with_a_mark_in_its_place(store: SqlComparisonStore) -> None:
    record = ask(
        store,
        "a\0b \ud800 c\x1b",
        (Contestant(ModelRef("gguf", "m\ud800"), Sampling(stop=("\0",))), LOCAL),
        evidence=Evidence((Passage("d\0", "t\udfff"),)),
    )
    assert record.comparison.prompt == "a␀b � c\x1b"
    assert record.comparison.evidence == Evidence((Passage("d␀", "t�"),))
    assert record.answers[0].contestant == Contestant(ModelRef("gguf", "m�"), Sampling(stop=("␀",)))
    store.save_answer(
        record.answers[0].id,
        replace(
            FULL,
            text="\0\ud83d",
            thinking="\udc00",
            finish="\0",
            sent={"k\0": ["\ud800", float("nan"), {1, 2}]},
            notices=(Message("{x}", x="\0\ud800"),),
        ),
    )
    answer = store.get(record.id).answers[0].answer
    assert (answer.text, answer.thinking, answer.finish) == ("␀�", "�", "␀")
    assert answer.sent == {"k␀": ["�", "nan", "{1, 2}"]}
    assert str(answer.notices[0]) == "␀�"


def test_an_emoji_and_every_form_of_korean_are_kept_to_the_code_point(store: SqlComparisonStore) -> None:
    text = "👩‍👩‍👧 " + unicodedata.normalize("NFD", "한국어") + " 한국어 \u200b\r\n\ttail "
    assert ask(store, text).comparison.prompt == text


def test_a_prompt_of_a_megabyte_is_kept(store: SqlComparisonStore) -> None:
    prompt = "가나다 abc " * 100_000
    assert ask(store, prompt).comparison.prompt == prompt


def test_all_comes_oldest_first_and_complete_over_many_pages(
    store: SqlComparisonStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.comparisons._BATCH", 3)
    assert list(store.all()) == []
    asked = [finish(store, ask(store, str(n))) for n in range(7)]
    assert list(store.all()) == asked


def test_models_lists_every_model_once(store: SqlComparisonStore) -> None:
    ask(store, contestants=(LOCAL, CLOUD))
    ask(store, contestants=(FLOOR, CLOUD))
    assert store.models() == ["builtin:extract", "ollama:llama3.1:8b", "openai:gpt-5.4-mini"]
