"""What a batch costs: before it starts, within its budget, and not at all for what was answered before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.answers import Usage
from app.domain.batches import BatchRecord, BatchState, NewComparison
from app.domain.chat import ChatMessage, ChatRequest, TextDelta
from app.domain.comparisons import Comparison
from app.domain.errors import Fault, UserError
from app.domain.models import Contestant, ModelRef, Sampling
from app.services.batches.asking import BUDGET_REACHED
from app.services.batches.purse import worst_case
from tests.integration.batching import ANSWER, BatchWorld, Told, batch_world, failing, until
from tests.unit.scripted import CentPrices, WordTokens

# “질문 n?” is two words, a cent each, and an answer is three more of ten read: by CentPrices 13 cents.
PRICE = Decimal("0.13")


class Unpriced(CentPrices):
    def cost(self, model: ModelRef, usage: Usage, at: datetime, *, local: bool) -> Decimal | None:
        return None if model.provider == "cloud" else super().cost(model, usage, at, local=local)


def cloud(**options: object) -> Told:
    return Told("cloud", lambda *_: (0.005, *ANSWER), local=False, **options)  # type: ignore[arg-type]


def test_a_budget_is_never_passed_and_the_batch_pauses_before_it_would_be(tmp_path: Path) -> None:
    with batch_world(tmp_path, cloud(), questions=100) as w:
        record = w.run(contestants=w.limited(10), budget_usd=Decimal(2), concurrency=8)
        assert record.state is BatchState.PAUSED and "budget" in str(record.reason)
        assert w.batches.get(record.id).reason == BUDGET_REACHED
        assert record.progress.spent_usd is not None
        assert Decimal(2) - Decimal("0.50") < record.progress.spent_usd <= Decimal(2)
        assert record.progress.spent_usd == PRICE * record.progress.done


def test_a_larger_budget_lets_it_go_on_and_changes_nothing_else(tmp_path: Path) -> None:
    with batch_world(tmp_path, cloud(), questions=20) as w:
        paused = w.run(contestants=w.limited(10), budget_usd=Decimal(1))
        w.batches.resume(paused.id, Decimal(9))
        done = w.batches.wait(paused.id, 10)
        assert (done.state, done.progress.done) == (BatchState.DONE, 20)
        assert done.plan.budget_usd == Decimal(9) and done.progress.spent_usd == 20 * PRICE
        assert sorted(w.providers[0].prompts) == sorted(f"질문 {n}?" for n in range(1, 21))


def test_a_local_model_needs_no_limit_under_a_budget(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("local")) as w:
        assert w.run(budget_usd=Decimal("0.01")).progress.done == 5


def test_a_priced_model_without_a_longest_answer_is_refused_under_a_budget(tmp_path: Path) -> None:
    with batch_world(tmp_path, cloud()) as w, pytest.raises(UserError, match="max tokens"):
        w.batches.create(w.plan(budget_usd=Decimal(1)))


def test_an_unpriced_model_is_refused_under_a_budget(tmp_path: Path) -> None:
    with batch_world(tmp_path, cloud(), prices=Unpriced()) as w, pytest.raises(UserError, match=r"prices\.toml"):
        w.batches.create(w.plan(contestants=w.limited(10), budget_usd=Decimal(1)))


@pytest.mark.parametrize("amount", [Decimal(0), Decimal(-1), Decimal("NaN")])
def test_a_budget_of_nothing_is_refused(tmp_path: Path, amount: Decimal) -> None:
    with batch_world(tmp_path) as w, pytest.raises(UserError, match="no budget"):
        w.batches.create(w.plan(budget_usd=amount))


# The most that one can cost: two words and what frames them (16), and an answer of ten.
WORST = Decimal("0.28")


@pytest.mark.parametrize("came", [(TextDelta("half of it"),), ()], ids=["half of it", "nothing"])
@pytest.mark.parametrize("kind", [Fault.CUT_STREAM, Fault.SILENCE])
def test_an_answer_that_broke_off_counts_with_the_most_it_can_have_cost(
    tmp_path: Path, kind: Fault, came: tuple[TextDelta, ...]
) -> None:
    # What a model thought behind closed doors is billed too, and nobody told how much that was.
    broken = (*came, failing(kind, retryable=True))
    told = Told("cloud", lambda _, n: broken if n == 1 else ANSWER, local=False)
    with batch_world(tmp_path, told, questions=4) as w:
        record = w.run(contestants=w.limited(10), concurrency=1)
        assert record.progress.done == 4 and record.progress.spent_usd == 4 * PRICE + WORST


@pytest.mark.parametrize(("nothing_sent", "lost"), [(True, Decimal(0)), (False, WORST)])
def test_a_server_that_went_away_is_free_only_where_nothing_was_sent(
    tmp_path: Path, nothing_sent: bool, lost: Decimal
) -> None:
    away = failing(Fault.UNREACHABLE, retryable=True)
    away.nothing_sent = nothing_sent
    told = Told("cloud", lambda _, n: (away,) if n == 1 else ANSWER, local=False)
    with batch_world(tmp_path, told, questions=4) as w:
        assert w.run(contestants=w.limited(10), concurrency=1).progress.spent_usd == 4 * PRICE + lost


def test_what_the_server_turned_away_cost_nothing(tmp_path: Path) -> None:
    refused = (failing(Fault.RATE_LIMITED, retryable=True),)
    told = Told("cloud", lambda _, n: refused if n == 1 else ANSWER, local=False)
    with batch_world(tmp_path, told, questions=4) as w:
        assert w.run(contestants=w.limited(10), concurrency=1).progress.spent_usd == 4 * PRICE


def test_no_tokeniser_makes_more_of_hangul_than_is_set_aside_for_it() -> None:
    class Guessing(WordTokens):
        def count(self, text: str, model: ModelRef) -> tuple[int, bool]:
            return len(text.split()), False

    request = ChatRequest("one", (ChatMessage("user", "연차 휴가"),), Sampling(max_tokens=10), prompt_tokens=2)
    model, prices = ModelRef("cloud", "one"), CentPrices()
    assert worst_case(request, model, prices, WordTokens(), local=False) == Decimal("0.01") * (2 + 16 + 10)
    assert worst_case(request, model, prices, Guessing(), local=False) == Decimal("0.01") * (13 + 16 + 10)


def test_a_request_that_breaks_off_again_and_again_does_not_pass_the_budget(tmp_path: Path) -> None:
    told = Told("cloud", lambda *_: (failing(Fault.CUT_STREAM, retryable=True),), local=False)
    with batch_world(tmp_path, told, questions=4) as w:
        record = w.run(contestants=w.limited(10), budget_usd=Decimal(1), concurrency=1)
        assert record.state is BatchState.PAUSED and "budget" in str(record.reason)
        assert len(told.calls) == 3 and record.progress.spent_usd == 3 * WORST


def test_what_is_broken_off_by_a_stop_is_counted_and_stays_so(tmp_path: Path) -> None:
    told = Told("cloud", lambda *_: (60.0,), local=False)
    with batch_world(tmp_path, told, questions=4) as w:
        record = w.start(contestants=w.limited(10), concurrency=2)
        until(lambda: len(told.calls) == 2)
        w.batches.stop(record.id)
        assert w.batches.wait(record.id, 10).progress.spent_usd == 2 * WORST


def test_what_was_spent_for_nothing_is_on_record_while_the_batch_runs(tmp_path: Path) -> None:
    script = ((failing(Fault.CUT_STREAM, retryable=True),), (60.0,))
    told = Told("cloud", lambda _, n: script[min(n, 1)], local=False)
    with batch_world(tmp_path, told, questions=1) as w:
        record = w.start(contestants=w.limited(10))
        until(lambda: w.store.get(record.id).progress.spent_usd == WORST)


def test_without_a_cache_the_same_is_asked_again(tmp_path: Path) -> None:
    with batch_world(tmp_path) as w:
        w.run()
        assert w.run().progress.cached == 0 and len(w.providers[0].calls) == 10


def test_with_a_cache_an_earlier_answer_serves_marked_and_free(tmp_path: Path) -> None:
    with batch_world(tmp_path, cloud()) as w:
        first = w.run()
        second = w.run(cache=True)
        assert (second.progress.done, second.progress.cached) == (5, 5)
        assert first.progress.spent_usd == 5 * PRICE and second.progress.spent_usd is None
        assert len(w.providers[0].calls) == 5
        copy = list(w.comparisons.all())[-1].answers[0].answer
        assert copy.usage is not None and "earlier" in str(copy.notices[-1])


def test_no_answer_serves_two_repeats(tmp_path: Path) -> None:
    with batch_world(tmp_path) as w:
        w.run()
        record = w.run(cache=True, repeats=3)
        assert (record.progress.done, record.progress.cached) == (30, 10)


def test_the_same_model_twice_gets_two_answers(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("left")) as w:
        w.run()
        twice = (w.providers[0].contestant, w.providers[0].contestant)
        assert w.run(cache=True, contestants=twice).progress.cached == 5


def test_another_sampling_is_another_request(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("left")) as w:
        w.run()
        warm = (Contestant(ModelRef("left", "one"), Sampling(temperature=1.0)),)
        assert w.run(cache=True, contestants=warm).progress.cached == 0
        assert w.run(cache=True, contestants=warm).progress.cached == 5


def test_a_copy_is_never_copied_on_and_never_measured(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("left", lambda *_: (TextDelta("a"), 0.03, *ANSWER))) as w:
        first = w.run()
        speed = w.store.speed(ModelRef("left", "one"))
        second, third = w.run(cache=True), w.run(cache=True)
        assert (second.progress.cached, third.progress.cached) == (5, 5)
        assert w.store.speed(ModelRef("left", "one")) == speed
        assert w.batches.tallies(first.id)[0].tokens_per_second is not None
        assert w.batches.tallies(second.id)[0].tokens_per_second is None


def test_an_estimate_says_what_it_does_not_know(tmp_path: Path) -> None:
    with batch_world(tmp_path, cloud(), Told("local")) as w:
        estimate = w.batches.estimate(w.plan())
        assert (estimate.questions, estimate.answers) == (5, 10)
        assert estimate.unknown_cost == ("cloud:one",) and estimate.usd == 0
        assert estimate.seconds is None and estimate.unknown_speed == ("cloud:one", "local:one")


def test_an_estimate_without_history_counts_answers_of_full_length(tmp_path: Path) -> None:
    with batch_world(tmp_path, cloud()) as w:
        (only,) = w.batches.estimate(w.plan(contestants=w.limited(100), repeats=2)).contestants
        assert (only.output_tokens, only.output_from) == (5 * 2 * 100, "limit")
        assert only.usd == Decimal("0.01") * (5 * 2 * 2 + 5 * 2 * 100)


def test_an_estimate_goes_by_what_was_measured(tmp_path: Path) -> None:
    with batch_world(tmp_path, cloud()) as w:
        w.run()
        estimate = w.batches.estimate(w.plan(repeats=3))
        (only,) = estimate.contestants
        assert (only.output_tokens, only.output_from, only.measured) == (5 * 3 * 3, "measured", 5)
        assert only.seconds is not None and estimate.seconds == pytest.approx(only.seconds * 15 / 2)


def test_a_price_that_is_not_known_is_never_zero(tmp_path: Path) -> None:
    with batch_world(tmp_path, cloud(), prices=Unpriced()) as w:
        estimate = w.batches.estimate(w.plan(contestants=w.limited(10)))
        assert estimate.usd is None and estimate.unknown_cost == ("cloud:one",)
        assert w.run().progress.spent_usd is None


def test_progress_tells_the_time_left(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("slow", lambda *_: (0.02, *ANSWER)), questions=60) as w:
        record = w.start()
        until(lambda: w.batches.get(record.id).progress.done >= 10)
        left = w.batches.get(record.id).progress.seconds_left
        assert left is not None and 0.1 < left < 5


def killed(w: BatchWorld, *, questions: int) -> BatchRecord:
    """A batch whose process was killed with two requests under way."""
    record = w.batches.create(w.plan(contestants=w.limited(10), concurrency=2))
    then = datetime.now(UTC) - timedelta(minutes=5)
    assert w.store.take(record.id, None, "gone", "gone, pid 1", then)
    contestants = w.plan(contestants=w.limited(10)).contestants
    new = [NewComparison(n, Comparison(f"질문 {n + 1}?", contestants), (0,), ("",), (None,)) for n in range(questions)]
    assert w.store.begin(record.id, "gone", new)
    return w.batches.get(record.id)


def test_what_a_killed_process_may_have_spent_is_counted_however_often_the_start_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with batch_world(tmp_path, cloud()) as w:
        record = killed(w, questions=2)
        for broken in ("get", "pending", "tallies"):
            with monkeypatch.context() as m:
                real, calls = getattr(w.store, broken), iter([*[True] * (broken == "get"), False])
                m.setattr(w.store, broken, lambda *a, real=real, calls=calls: real(*a) if next(calls) else 1 / 0)
                with pytest.raises(ZeroDivisionError):
                    w.batches.resume(record.id)
        w.batches.resume(record.id)
        spent = w.batches.wait(record.id, 20).progress.spent_usd
        assert spent is not None and spent == 5 * PRICE + 2 * WORST


def test_what_a_killed_process_may_have_spent_is_counted_when_the_batch_is_stopped(tmp_path: Path) -> None:
    with batch_world(tmp_path, cloud()) as w:
        record = killed(w, questions=2)
        w.batches.stop(record.id)
        stopped = w.batches.get(record.id)
        assert (stopped.state, stopped.progress.spent_usd) == (BatchState.STOPPED, 2 * WORST)


def test_a_start_that_fails_leaves_the_batch_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with batch_world(tmp_path, cloud()) as w:
        record = killed(w, questions=2)
        with monkeypatch.context() as m:
            m.setattr(w.store, "unfinished", lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                w.batches.resume(record.id)
        left = w.store.get(record.id)
        assert (left.owner, left.progress.spent_usd) == ("gone", None)
