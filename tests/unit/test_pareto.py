"""The front: nobody else is better in both."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.pareto import front


def test_the_front_is_what_nobody_beats_in_both() -> None:
    best, cheap, beaten, free = (0.9, 20.0), (0.7, 5.0), (0.6, 6.0), (0.3, 0.0)
    assert front([best, cheap, beaten, free]) == (True, True, False, True)


def test_equals_stand_side_by_side_and_one_better_in_one_of_two_wins() -> None:
    assert front([(0.5, 1.0), (0.5, 1.0)]) == (True, True)
    assert front([(0.5, 1.0), (0.5, 2.0)]) == (True, False)
    assert front([(0.5, 1.0), (0.4, 1.0)]) == (True, False)


def test_what_has_no_price_stands_apart() -> None:
    assert front([(1.0, None), (0.5, 3.0), (0.4, 4.0)]) == (None, True, False)
    assert front([]) == ()


points = st.lists(st.tuples(st.integers(0, 5).map(float), st.none() | st.integers(0, 5).map(float)), max_size=8)


@given(points)
def test_whoever_is_off_the_front_is_beaten_by_one_on_it(given_points: list[tuple[float, float | None]]) -> None:
    stands = front(given_points)
    on = [p for p, s in zip(given_points, stands, strict=True) if s]
    for (quality, burden), s in zip(given_points, stands, strict=True):
        assert (s is None) == (burden is None)
        if s is False and burden is not None:
            assert any(q >= quality and b is not None and b <= burden and (q, b) != (quality, burden) for q, b in on)
