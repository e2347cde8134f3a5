"""How an endpoint is spared when it is not well, and used again when it is."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.chat import ChatRequest
from app.domain.message import Message
from app.services.batches.lane import Ask, Backoff, Lane
from tests.unit.scripted import ScriptedProvider

BUSY = Message("It is busy.")
PATIENCE = Backoff(first=1.0, longest=4.0, give_up=60.0)


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def lane(most: int = 8, waiting: int = 100, models: str = "m") -> tuple[Lane, Clock]:
    clock = Clock()
    made = Lane(most, PATIENCE, clock, same_model_first=len(models) > 1)
    for n in range(waiting):
        request = ChatRequest(models[n % len(models)], ())
        made.queue.append(Ask(f"a{n}", n, 0, "gpu", ScriptedProvider(), request))
    return made, clock


def send(made: Lane) -> int:
    """Send what may be sent now; how many that was."""
    sent = 0
    while made.next() is not None:
        sent += 1
    return sent


def answered(made: Lane, n: int = 1) -> None:
    for _ in range(n):
        made.running -= 1
        made.well()
        made.ended()


def failed(made: Lane, n: int = 1, retry_after: float | None = None) -> None:
    for _ in range(n):
        made.running -= 1
        made.ill(BUSY, retry_after)


def test_no_more_go_out_than_may_be_under_way() -> None:
    made, _ = lane(most=8)
    assert send(made) == 8
    answered(made, 3)
    assert send(made) == 3


def test_after_a_refusal_nothing_goes_out_until_the_pause_is_over_and_then_one_alone() -> None:
    made, clock = lane()
    send(made)
    failed(made, 8)
    assert (send(made), made.wait) == (0, 1.0)
    clock.now += 1.0
    assert send(made) == 1 and send(made) == 0


def test_the_pause_grows_with_each_look_that_fails_up_to_the_longest() -> None:
    made, clock = lane()
    send(made)
    failed(made, 8)
    pauses = []
    for _ in range(4):
        pauses.append(made.wait)
        clock.now += made.wait
        send(made)
        failed(made)
    assert pauses == [1.0, 2.0, 4.0, 4.0]


def test_many_that_fail_together_are_one_trouble() -> None:
    made, _ = lane()
    send(made)
    failed(made, 8)
    assert made.wait == 1.0


def test_a_pause_that_the_server_names_is_kept_even_when_it_is_longer() -> None:
    made, _ = lane()
    send(made)
    failed(made, 7)
    failed(made, 1, retry_after=9.0)
    assert made.wait == 9.0


def test_an_endpoint_that_is_well_again_gets_more_step_by_step_up_to_half_of_what_was_too_much() -> None:
    made, clock = lane(most=16)
    send(made)
    failed(made, 16)
    clock.now += 1.0
    sent = []
    for _ in range(7):
        sent.append(send(made))
        answered(made, made.running)
    assert sent[:5] == [1, 2, 4, 8, 8] and 8 < sent[6] <= 10


def test_it_is_given_up_when_it_has_been_failing_for_too_long() -> None:
    made, clock = lane()
    while not made.given_up:
        send(made)
        failed(made, made.running)
        clock.now += made.wait
        assert clock.now < 200
    assert clock.now - 100 > PATIENCE.give_up


def test_one_that_wants_to_be_left_alone_for_longer_than_that_is_given_up_at_once() -> None:
    made, _ = lane()
    send(made)
    failed(made, 1, retry_after=3600)
    assert made.given_up


def test_an_answer_ends_the_trouble() -> None:
    made, clock = lane()
    send(made)
    failed(made, 8)
    clock.now += 1.0
    send(made)
    answered(made)
    assert made.trouble is None and not made.given_up and made.wait == 0.0


def test_what_could_not_be_sent_is_the_next_again() -> None:
    made, _ = lane(waiting=3)
    first = made.next()
    assert first is not None
    made.back(first)
    assert made.next() is first and made.running == 1


def test_the_model_that_answered_last_goes_on_where_models_share_a_machine() -> None:
    made, _ = lane(most=1, waiting=6, models="ab")
    order = []
    while (ask := made.next()) is not None:
        order.append(ask.request.model)
        answered(made)
    assert order == ["a", "a", "a", "b", "b", "b"]


def test_the_time_left_is_told_by_the_speed_so_far() -> None:
    made, clock = lane()
    assert made.seconds_for(10) is None and made.seconds_for(0) == 0.0
    for _ in range(5):
        send(made)
        clock.now += 2.0
        answered(made)
    assert made.seconds_for(10) == 20.0


def test_nobody_knows_the_time_left_while_it_is_away_and_that_time_does_not_count_afterwards() -> None:
    made, clock = lane()
    for n in range(10):
        send(made)
        clock.now += 2.0
        if n == 4:
            failed(made, made.running)
            assert made.seconds_for(10) is None
            clock.now += 1000.0
        else:
            answered(made)
    assert made.seconds_for(10) == 20.0
