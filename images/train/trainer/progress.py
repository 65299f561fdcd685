"""What a person sees of training: where it is, how fast, when it ends, and the curve of its loss."""

import time
from dataclasses import dataclass, field

import orjson
from runtime import log, objects

from trainer import picture

Point = tuple[int, float, float, float, int]  # step, loss, gradient's norm, learning rate, tokens so far


@dataclass(slots=True)
class Progress:
    """The history of a run and how it goes now.

    Attributes:
        root: the run's prefix.
        steps: how many there will be.
        every: seconds between two lines of progress.
        history: one point a step, those of an earlier pod included.
    """

    root: str
    steps: int
    every: float = 10.0
    history: list[Point] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)
    _said: float = field(default_factory=time.monotonic)
    _from: int = -1  # tokens that this process found done
    _before: int = 0  # steps that it found done

    @property
    def tokens(self) -> int:
        """Tokens trained on so far."""
        return self.history[-1][4] if self.history else 0

    def add(self, step: int, loss: float, norm: float, rate: float, tokens: int) -> None:
        """Adds a finished step (1-based) and, now and then, says how it goes."""
        if self._from < 0:
            self._from, self._before, self._started = self.tokens, step - 1, time.monotonic()
            self._said = self._started
        self.history.append((step, loss, norm, rate, self.tokens + tokens))
        now = time.monotonic()
        if now - self._said >= self.every or step == self.steps:
            self._said = now
            self._say(now)

    def speed(self) -> float:
        """Returns tokens per second of this process's own time."""
        return (self.tokens - self._from) / max(1e-9, time.monotonic() - self._started)

    def _say(self, now: float) -> None:
        step, loss, norm, rate, tokens = self.history[-1]
        eta = (now - self._started) / max(1, step - self._before) * (self.steps - step)
        speed = self.speed()
        log.info(
            "progress",
            message=f"step {step}/{self.steps}, loss {loss:.4f}, {speed:,.0f} tokens/s, {_clock(eta)} to go",
            at=step, loss=round(loss, 6), gradient_norm=round(norm, 4), learning_rate=rate,
            tokens=tokens, tokens_per_second=round(speed, 1), eta_seconds=round(eta, 1),
        )  # fmt: skip
        value = {"step": step, "steps": self.steps, "loss": loss, "tokens_per_second": speed, "eta_seconds": eta}
        objects.write_json(f"{self.root}/train/progress.json", {**value, "time": time.time()})

    def draw(self) -> None:
        """Writes train/loss.jsonl and its picture."""
        lines = [
            orjson.dumps(
                {"step": s, "loss": loss, "gradient_norm": n, "learning_rate": r, "tokens": t},
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for s, loss, n, r, t in self.history
        ]
        objects.write(f"{self.root}/train/loss.jsonl", b"".join(lines))
        raw = [(float(p[0]), p[1]) for p in self.history]
        smooth, value = [], None
        for x, y in raw:
            value = y if value is None else 0.9 * value + 0.1 * y
            smooth.append((x, value))
        svg = picture.curve("Training loss", "optimiser step", {"each step": raw, "smoothed": smooth})
        objects.write(f"{self.root}/train/loss.svg", svg.encode())


def _clock(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}h{rest // 60:02d}m" if hours else f"{rest // 60}m{rest % 60:02d}s"
