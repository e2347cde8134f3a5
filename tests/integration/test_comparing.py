"""From the prompt to the stored answers."""

import math
from pathlib import Path

import pytest

from app.domain.answers import Answer, Status
from app.domain.chat import TextDelta
from app.domain.comparisons import Comparison
from app.domain.errors import UserError
from app.domain.evidence import Evidence, Passage
from app.domain.models import Contestant, ModelRef, Sampling
from app.domain.ratings import Outcome, Vote
from tests.integration.world import Named, world
from tests.unit.scripted import FOREVER, WordTokens


def test_every_contestant_is_asked_once_and_every_answer_stored(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.ask("How many days?")
        assert [a.answer.text for a in record.answers] == ["left says so", "right says so"]
        assert record.status is Status.DONE
        assert [len(p.calls) for p in w.providers] == [1, 1]


def test_all_contestants_get_the_same_evidence(tmp_path: Path) -> None:
    evidence = Evidence((Passage("leave.md", "15 days."),))
    with world(tmp_path) as w:
        w.ask(evidence=evidence)
        first, second = (p.last for p in w.providers)
        assert first.messages == second.messages and "15 days." in first.messages[-1].content
        assert first.evidence == evidence


def test_looking_again_attaches_and_asks_nobody(tmp_path: Path) -> None:
    slow = Named("slow", TextDelta("So far"), FOREVER)
    with world(tmp_path, slow) as w:
        record = w.comparing.start(w.comparison())
        for _ in range(3):
            _, (pane,) = w.comparing.panes(record.id)
            assert pane.live is not None
        assert len(slow.calls) <= 1


def test_stop_keeps_what_has_arrived(tmp_path: Path) -> None:
    slow = Named("slow", TextDelta("So far"), FOREVER)
    with world(tmp_path, slow, Named("fast")) as w:
        record = w.comparing.start(w.comparison())
        live = next(pane.live for pane in w.comparing.panes(record.id)[1] if pane.record.position == 0)
        assert live is not None
        while not live.started:
            pass
        w.comparing.stop(record.id)
        stopped = w.comparing.wait(record.id, timeout=2)
        assert (stopped.answers[0].answer.status, stopped.answers[0].answer.text) == (Status.CANCELLED, "So far")


def test_a_provider_that_does_not_exist_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        strangers = (Contestant(w.providers[0].ref()), Contestant(ModelRef("nobody", "x")))
        with pytest.raises(UserError, match="no provider “nobody”"):
            w.comparing.start(Comparison("Why?", strangers))
        assert w.providers[0].calls == [] and list(w.store.all()) == []


def test_a_follow_up_goes_on_with_each_ones_own_answer(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        first = w.ask("One?")
        second = w.ask("Two?", after=first.id)
        assert [m.content for m in w.providers[1].last.messages] == ["One?", "right says so", "Two?"]
        assert (second.thread, second.turn) == (first.thread, 1)


def test_blind_sides_are_shuffled_and_stored(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        orders = {tuple(a.side for a in w.ask(blind=True).answers) for _ in range(30)}
        assert orders == {(0, 1), (1, 0)}


def test_sides_stay_through_a_conversation_that_is_still_hidden(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.ask("0", blind=True)
        for n in range(1, 8):
            following = w.ask(str(n), after=record.id, blind=True)
            assert [a.side for a in following.answers] == [a.side for a in record.answers]
            record = following


@pytest.mark.parametrize("contestants", [0, 5])
def test_one_to_four_contestants_are_taken(tmp_path: Path, contestants: int) -> None:
    with world(tmp_path) as w, pytest.raises(UserError, match="one to 4"):
        w.comparing.start(Comparison("Why?", (Contestant(w.providers[0].ref()),) * contestants))


def test_a_refused_prompt_leaves_no_trace(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        with pytest.raises(UserError):
            w.comparing.start(w.comparison("   "))
        assert list(w.store.all()) == []


def test_what_was_left_out_of_the_prompt_is_said(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.ask("Why\x00?")
        assert record.comparison.prompt == "Why?"
        assert str(record.answers[0].answer.notices[0]) == "Control characters left out of the prompt: 1."


def test_the_estimate_counts_what_would_be_sent(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        first = w.ask("One?")
        alone, following = (
            w.comparing.estimate(w.comparison("a b")),
            w.comparing.estimate(w.comparison("a b"), first.id),
        )
        assert alone[0].prompt_tokens == 2 and following[0].prompt_tokens == 2 + 1 + 3


def test_a_blind_comparison_can_be_revealed_without_a_vote(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.ask(blind=True)
        w.comparing.reveal(record.id, "Kim")
        assert not w.store.get(record.id).hidden
        w.rating.vote(record.id, Vote("Kim", outcome=Outcome.TIE))
        assert [rating.blind for rating, _ in w.ratings.all()] == [False]


def test_progress_of_many_answers_is_saved_together_and_leaves_finished_ones_alone(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.store.add(w.comparison(), sides=[0, 1], after=None, owner="me")
        first, second = (a.id for a in record.answers)
        w.store.save_answer(first, Answer(Status.DONE, text="whole"))
        w.store.save_progress({first: Answer(Status.RUNNING, text="late"), second: Answer(Status.RUNNING, text="half")})
        assert [a.answer.text for a in w.store.get(record.id).answers] == ["whole", "half"]


@pytest.mark.parametrize("wrong", [Sampling(temperature=math.nan), Sampling(top_p=1.5), Sampling(max_tokens=-5)])
def test_a_sampling_that_no_server_takes_is_refused(tmp_path: Path, wrong: Sampling) -> None:
    with world(tmp_path) as w, pytest.raises(UserError, match="is not a value for"):
        w.comparing.start(Comparison("Why?", (Contestant(w.providers[0].ref(), wrong),)))


def test_an_answer_knows_whether_it_was_local(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        assert [a.answer.local for a in w.ask().answers] == [True, True]


def test_a_comparison_that_cannot_be_prepared_leaves_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> tuple[int, bool]:
        raise ZeroDivisionError

    with world(tmp_path) as w:
        monkeypatch.setattr(WordTokens, "count_messages", broken)
        with pytest.raises(ZeroDivisionError):
            w.comparing.start(w.comparison())
        assert list(w.store.all()) == []


def test_what_follows_a_revealed_comparison_is_not_blind(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        first = w.ask("One?", blind=True)
        w.rating.vote(first.id, Vote("Kim", outcome=Outcome.TIE))
        second = w.ask("Two?", after=first.id, blind=True)
        assert not second.hidden
        w.rating.vote(second.id, Vote("Kim", outcome=Outcome.TIE))
        assert [rating.blind for rating, _ in w.ratings.all()] == [True, False]
