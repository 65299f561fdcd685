"""A server that indexes behind is waited for as long as it goes on, and no longer."""

from __future__ import annotations

import pytest
from index.stores import queue
from runtime.errors import TryAgain


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let seconds pass by sleeping alone."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    monkeypatch.setattr(queue.time, "sleep", sleep)
    monkeypatch.setattr(queue.time, "monotonic", lambda: passed[0])
    return passed


def test_a_slow_queue_is_waited_for_to_its_end(clock: list[float]) -> None:
    """One vector every 250 s: never still for long enough to give up."""
    queue.drained("Weaviate", "docs-search-1", lambda: max(0, 5 - int(clock[0] / 250)))
    assert clock[0] == 1250.0


def test_a_queue_that_stands_still_ends_the_step(clock: list[float]) -> None:
    """It shrinks for 100 s, then not any more; what is added meanwhile does not count as progress."""
    with pytest.raises(TryAgain) as raised:
        queue.drained("Weaviate", "docs-search-1", lambda: 900 - int(min(clock[0], 100)) + (clock[0] > 200) * 5)
    assert str(raised.value) == (
        "Weaviate has 805 vectors of docs-search-1 to index and took none in 300 s: "
        "look at the server's CPU, memory and log"
    )
    assert clock[0] == 400.0
