"""What pages know of the collections without waiting for the server that holds them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from app.domain.documents import CollectionRecord
from app.domain.errors import UserError
from app.domain.message import Message
from app.services.documents.listing import Listing


class Store:
    """As much of a PassageStore as a listing asks for."""

    def __init__(self) -> None:
        self.answer = threading.Event()
        self.asked = 0
        self.fault: Exception | None = None

    def collections(self) -> Sequence[CollectionRecord]:
        self.asked += 1
        assert self.answer.wait(5)
        if self.fault:
            raise self.fault
        return ()


def listing(store: Store, begun: bool = True) -> Listing:
    return Listing(store, lambda: begun)  # type: ignore[arg-type]


def test_where_nothing_was_ever_indexed_the_server_is_not_asked() -> None:
    store = Store()
    assert listing(store, begun=False).look().collections == () and store.asked == 0


def test_a_slow_server_is_pending_and_asked_once_whoever_looks() -> None:
    store = Store()
    found = listing(store)
    assert found.look(0).pending and found.look(0).pending
    store.answer.set()
    assert not found.look(5).pending and store.asked == 1


def test_a_server_that_is_down_is_said_and_the_page_goes_on() -> None:
    store = Store()
    store.answer.set()
    store.fault = UserError(Message("It is down."), Message("Start it."))
    problem = listing(store).look(5).problem
    assert problem is not None and str(problem.message) == "It is down."


def test_an_unforeseen_fault_is_said_too() -> None:
    store = Store()
    store.answer.set()
    store.fault = ValueError("secret detail")
    problem = listing(store).look(5).problem
    assert problem is not None and "secret" not in str(problem)
