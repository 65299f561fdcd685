"""How a search service was asked, as Prometheus reads it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds


@dataclass
class Request:
    """A request under way.

    Attributes:
        status: what it is answered with.
    """

    status: int = 500


class Metrics:
    """Counts requests by status, how long they took, and those under way."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._statuses: Counter[int] = Counter()
        self._buckets = [0] * (len(_BOUNDS) + 1)
        self._seconds, self._under_way = 0.0, 0

    @contextmanager
    def request(self) -> Iterator[Request]:
        """Count what the block does as a request."""
        began, request = time.perf_counter(), Request()
        with self._lock:
            self._under_way += 1
        try:
            yield request
        finally:
            taken = time.perf_counter() - began
            with self._lock:
                self._under_way -= 1
                self._statuses[request.status] += 1
                self._seconds += taken
                self._buckets[sum(taken > bound for bound in _BOUNDS)] += 1
                self._lock.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until no request is under way, so many seconds at most."""
        with self._lock:
            self._lock.wait_for(lambda: not self._under_way, seconds)

    def text(self, reader: Any) -> str:
        """Return all of it in Prometheus' text format; `reader` (index.reader.Reader) may be None."""
        with self._lock:
            statuses, buckets = dict(self._statuses), list(self._buckets)
            seconds, under_way = self._seconds, self._under_way
        lines = ["# TYPE dac_search_requests_total counter"]
        lines += [f'dac_search_requests_total{{status="{status}"}} {n}' for status, n in sorted(statuses.items())]
        lines += ["# TYPE dac_search_seconds histogram"]
        for number, bound in enumerate((*_BOUNDS, "+Inf"), 1):
            lines.append(f'dac_search_seconds_bucket{{le="{bound}"}} {sum(buckets[:number])}')
        lines += [f"dac_search_seconds_sum {seconds:.6f}", f"dac_search_seconds_count {sum(buckets)}"]
        lines += ["# TYPE dac_search_under_way gauge", f"dac_search_under_way {under_way}"]
        lines += ["# TYPE dac_search_ready gauge", f"dac_search_ready {int(reader is not None)}"]
        if reader is not None:
            batches, questions = reader.batches.sizes
            lines += ["# TYPE dac_search_batches_total counter", f"dac_search_batches_total {batches}"]
            lines += ["# TYPE dac_search_batched_total counter", f"dac_search_batched_total {questions}"]
            lines += ["# TYPE dac_search_switches_total counter", f"dac_search_switches_total {reader.switches}"]
            lines += ["# TYPE dac_search_index gauge", f'dac_search_index{{index="{reader.index.name}"}} 1']
        return "\n".join(lines) + "\n"
