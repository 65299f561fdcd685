"""How many requests may run at once: additive increase, multiplicative decrease, as TCP shares a link.

Chiu and Jain, "Analysis of the increase and decrease algorithms for congestion avoidance in computer networks", 1989.
"""

import asyncio
import time
from collections import deque

START = 8
LONGEST_PAUSE = 60.0


class Limiter:
    """Bounds concurrency between one and `most`, and finds what the endpoint can take.

    Until the endpoint is first overloaded, every success allows one more request (slow start: the limit doubles each
    round trip). After that, a round of successes allows one more. A 429 or a time-out halves the limit, once a round,
    since all requests of one round meet the same overload.

    Attributes:
        limit: how many requests may run now.
        active: how many run now.
        peak: the most that have run at once.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(min(START, most))
        self.active = 0
        self.peak = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._slow_start = True
        self._round = 0.0
        self._pause_until = 0.0

    async def acquire(self) -> float:
        """Wait until a request may start, and return the time, which `overloaded` needs."""
        while True:  # a waiter that is woken during a pause waits again
            if (wait := self._pause_until - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            elif self.active < int(self.limit):
                break
            else:
                waiter = asyncio.get_running_loop().create_future()
                self._waiting.append(waiter)
                await waiter
        self.active += 1
        self.peak = max(self.peak, self.active)
        return time.monotonic()

    def release(self) -> None:
        """End a request."""
        self.active -= 1
        self._wake()

    def _wake(self) -> None:
        free = int(self.limit) - self.active
        while free > 0 and self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                free -= 1

    def succeeded(self) -> None:
        """Raise the limit after an answer."""
        self.limit = min(self.most, self.limit + (1 if self._slow_start else 1 / self.limit))

    def overloaded(self, began: float, pause: float = 0.0) -> None:
        """Halve the limit, and start no request for `pause` seconds.

        Args:
            began: when the refused request started. One that started before the last halving does not halve again: it
                says nothing about the present limit.
            pause: seconds that the endpoint asked for in Retry-After; at most LONGEST_PAUSE are honoured.
        """
        now = time.monotonic()
        self._pause_until = max(self._pause_until, now + min(pause, LONGEST_PAUSE))
        if began < self._round:
            return
        self._slow_start = False
        self._round = now
        self.limit = max(1.0, self.limit / 2)
