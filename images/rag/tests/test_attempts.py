"""What is tried again, how often, and what is told in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from index.stores import StoreError, attempts
from index.stores.attempts import attempted
from runtime.errors import TryAgain


class Gone(Exception):
    """Passes."""


class Refused(Exception):
    """Comes again."""


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the waits between tries, none of them waited."""
    seconds: list[float] = []
    monkeypatch.setattr(attempts, "time", SimpleNamespace(sleep=seconds.append))
    monkeypatch.setattr(attempts, "random", SimpleNamespace(uniform=lambda low, high: high))
    return seconds


def calls(*answers: object) -> Callable[[], object]:
    """Return a request that has these answers in turn; an exception is raised."""
    left: Iterator[object] = iter(answers)

    def call() -> object:
        if isinstance(answer := next(left), Exception):
            raise answer
        return answer

    return call


def ask(call: Callable[[], object], done: Callable[[], bool] | None = None) -> object:
    lasting = lambda error: "no, for a reason" if isinstance(error, Refused) else None  # noqa: E731
    return attempted("Store", call, (Gone, Refused), lasting, done)


def test_what_passes_is_tried_again_after_longer_and_longer_waits(waits: list[float]) -> None:
    assert ask(calls(Gone(), Gone(), Gone(), "answer")) == "answer"
    assert waits == [0.5, 1.0, 2.0]


def test_what_does_not_pass_is_left_to_the_next_run(waits: list[float]) -> None:
    with pytest.raises(TryAgain, match=r"^Store does not answer after 6 tries: cut off$"):
        ask(calls(*[Gone("cut off\nadvice of the client's")] * 6))
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_what_would_come_again_is_told_at_once(waits: list[float]) -> None:
    with pytest.raises(StoreError, match=r"^no, for a reason$"):
        ask(calls(Refused()))
    assert waits == []


def test_what_is_no_fault_of_the_store_passes_through(waits: list[float]) -> None:
    with pytest.raises(ZeroDivisionError):
        ask(calls(ZeroDivisionError()))


def test_a_try_whose_answer_was_lost_counts_where_its_work_is_done(waits: list[float]) -> None:
    assert ask(calls(Gone(), Refused()), lambda: True) is None
    with pytest.raises(StoreError):
        ask(calls(Gone(), Refused()), lambda: False)
    with pytest.raises(StoreError):
        ask(calls(Refused()), lambda: True)  # nobody tried before: the work is another's
