"""What a person sees of training: the step, the speed, the time left, and the curve of the loss."""

import time
from dataclasses import dataclass, field

import orjson
from runtime import log, objects

from trainer import charts

Point = tuple[int, float, float, float, int]  # step, loss, gradient's norm, learning rate, tokens so far
SMOOTHING = 0.9  # share of the last value in the curve's moving average


@dataclass(slots=True)
class Progress:
    """The history of a run and its speed now.

    Attributes:
        root: the run's prefix.
        steps: optimiser steps of the whole run.
        interval: seconds between two lines of progress.
        history: one point a step, those of interrupted attempts included.
    """

    root: str
    steps: int
    interval: float = 10.0
    history: list[Point] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)
    _reported: float = field(default_factory=time.monotonic)
    _start_tokens: int = -1  # tokens trained on before this process; -1 until its first step is done
    _start_step: int = 0  # steps done before this process

    @property
    def tokens(self) -> int:
        """Tokens trained on so far."""
        return self.history[-1][4] if self.history else 0

    def add(self, step: int, loss: float, norm: float, rate: float, tokens: int) -> None:
        """Add a finished step and report when a report is due.

        Args:
            step: its number, from 1.
            loss: mean over the step's targets.
            norm: of the gradient, before clipping.
            rate: the learning rate.
            tokens: of the dataset in this step.
        """
        if self._start_tokens < 0:
            self._start_tokens, self._start_step, self._started = self.tokens, step - 1, time.monotonic()
            self._reported = self._started
        self.history.append((step, loss, norm, rate, self.tokens + tokens))
        now = time.monotonic()
        if now - self._reported >= self.interval or step == self.steps:
            self._reported = now
            self._report(now)

    def speed(self) -> float:
        """Return this process's tokens per second."""
        return (self.tokens - self._start_tokens) / max(1e-9, time.monotonic() - self._started)

    def _report(self, now: float) -> None:
        step, loss, norm, rate, tokens = self.history[-1]
        eta = (now - self._started) / max(1, step - self._start_step) * (self.steps - step)
        speed = self.speed()
        log.info(
            "progress",
            message=f"step {step}/{self.steps}, loss {loss:.4f}, {speed:,.0f} tokens/s, {_duration(eta)} to go",
            at=step, loss=round(loss, 6), gradient_norm=round(norm, 4), learning_rate=rate,
            tokens=tokens, tokens_per_second=round(speed, 1), eta_seconds=round(eta, 1),
        )  # fmt: skip
        value = {"step": step, "steps": self.steps, "loss": loss, "tokens_per_second": speed, "eta_seconds": eta}
        objects.write_json(f"{self.root}/train/progress.json", {**value, "time": time.time()})

    def write_curve(self) -> None:
        """Write train/loss.jsonl and its picture, train/loss.svg."""
        lines = [
            orjson.dumps(
                {"step": s, "loss": loss, "gradient_norm": n, "learning_rate": r, "tokens": t},
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for s, loss, n, r, t in self.history
        ]
        objects.write(f"{self.root}/train/loss.jsonl", b"".join(lines))
        points = [(float(p[0]), p[1]) for p in self.history]
        curves = {"each step": points, "smoothed": _smoothed(points)}
        svg = charts.curve("Training loss", "optimiser step", curves)
        objects.write(f"{self.root}/train/loss.svg", svg.encode())


def _smoothed(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    smoothed: list[tuple[float, float]] = []
    for x, y in points:
        average = SMOOTHING * smoothed[-1][1] + (1 - SMOOTHING) * y if smoothed else y
        smoothed.append((x, average))
    return smoothed


def _duration(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}h{rest // 60:02d}m" if hours else f"{rest // 60}m{rest % 60:02d}s"
