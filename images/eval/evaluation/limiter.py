"""How many requests may be under way: additive increase, multiplicative decrease, as TCP shares a link."""

import asyncio
import time
from collections import deque

START = 8
LONGEST_PAUSE = 60.0


class Limiter:
    """Bounds concurrency between one and `most`, and finds by itself what the endpoint bears.

    Until the endpoint first objects, every success allows one more (slow start: doubling a round trip). After that, a
    round of successes allows one more; a 429 or a time-out halves, once a round, since all requests of one round object
    to the same crowd.
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
        """Waits for a place and returns the time when it was had, which `release` and `objected` read."""
        while True:  # who is given a place while nothing may be asked waits on
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
        """Gives the place back."""
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
        """Allows more."""
        self.limit = min(self.most, self.limit + (1 if self._slow_start else 1 / self.limit))

    def objected(self, began: float, pause: float = 0.0) -> None:
        """Allows half, and nothing at all for `pause` seconds.

        Args:
            began: when the request that was objected to had its place; one from before the last halving says nothing
                about the present limit.
            pause: what the endpoint asked for in Retry-After.
        """
        now = time.monotonic()
        self._pause_until = max(self._pause_until, now + min(pause, LONGEST_PAUSE))
        if began < self._round:
            return
        self._slow_start = False
        self._round = now
        self.limit = max(1.0, self.limit / 2)
