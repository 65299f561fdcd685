"""Work among processes: every part once, in order, by whoever is free; what fails is said."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence

import pytest
from dac.cli import _workers
from dac.cli._workers import meanwhile, share


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_workers.os, "sched_getaffinity", lambda _: {0, 1})


def test_every_item_comes_back_once_and_in_order() -> None:
    for count in (0, 1, 47, 48, 49, 1000, 5000, 300_000):
        items = list(range(count))
        assert [item for part in share(list, items) for item in part] == items


def test_parts_are_ever_smaller_and_none_is_waited_for_long() -> None:
    sizes = share(len, range(1000))
    assert sum(sizes) == 1000
    assert sizes[:-1] == sorted(sizes[:-1], reverse=True)
    assert (sizes[0], sizes[-2]) == (250, 24)
    assert max(share(len, range(100_000))) == 250


def test_whoever_is_done_takes_the_next_part() -> None:
    def work(part: Sequence[int]) -> int:
        time.sleep(0.5 if 0 in part else 0.001)
        return os.getpid()

    pids = share(work, range(1000))
    assert len(set(pids)) == 2
    assert Counter(pids)[pids[0]] == 1  # who took the long one, while the other took all the rest


def test_a_process_that_fails_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    parent = os.getpid()

    def work(part: Sequence[int]) -> int:
        if os.getpid() != parent:
            raise ValueError(f"cannot do {part[0]} to {part[-1]}")
        time.sleep(0.2)  # so that the other takes one
        return 0

    with pytest.raises(RuntimeError, match="a worker process failed"):
        share(work, range(1000))
    assert "dac: ValueError: cannot do" in capfd.readouterr().err


def test_what_is_done_meanwhile_is_done_by_another_process_where_it_is_worth_one() -> None:
    assert meanwhile(os.getpid, True)() != os.getpid()
    assert meanwhile(os.getpid, False)() == os.getpid()


def test_one_processor_does_it_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_workers.os, "sched_getaffinity", lambda _: {0})
    assert meanwhile(os.getpid, True)() == os.getpid()
    assert share(lambda part: (os.getpid(), len(part)), range(1000)) == [(os.getpid(), 1000)]


def test_what_fails_meanwhile_is_said_when_it_is_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    result = meanwhile(lambda: 1 // 0, True)
    with pytest.raises(RuntimeError, match="a worker process failed"):
        result()
    assert capfd.readouterr().err == "dac: ZeroDivisionError: integer division or modulo by zero\n"
