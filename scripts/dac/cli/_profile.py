"""`--profile FOLDER`: where a command's processor time goes, as a table and as a flame graph.

The stack is sampled by a timer that counts the process's own processor time, so that waiting takes no share. Other
processes (conftest, workers, the steps of a run) are counted in the table's head only.
"""

from __future__ import annotations

import resource
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dac.cli._printer import say

if TYPE_CHECKING:
    from dac.cli._flame import Stacks

_INTERVAL = 0.002  # seconds of processor time between two samples
_DEEPEST = 200  # functions of a stack that are kept, the innermost ones
_ROWS = 30
_F = TypeVar("_F", bound=Callable[..., Any])


def profile_option(function: _F) -> _F:
    """Add `--profile FOLDER`."""
    return click.option(
        "--profile",
        callback=_begin,
        expose_value=False,
        is_eager=True,
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        help="Write where the processor time went: profile.txt and flame.svg.",
    )(function)


def _begin(ctx: click.Context, _parameter: click.Parameter, folder: Path | None) -> None:
    if folder is None or ctx.resilient_parsing:
        return
    sampler = Sampler()
    sampler.start()
    ctx.call_on_close(lambda: _write(sampler, folder, ctx.command_path))


def _write(sampler: Sampler, folder: Path, command: str) -> None:
    from dac.cli._flame import flame_graph  # a command that is not profiled starts without it

    stacks, head = sampler.stop()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "profile.txt").write_text(f"{command}: {head}\n\n{table(stacks)}", encoding="utf-8")
    (folder / "flame.svg").write_text(flame_graph(stacks, command), encoding="utf-8")
    say(f"{command}: {head}; see profile.txt and flame.svg in {folder}", err=True)


class Sampler:
    """Samples the stack of the main thread, from `start` to `stop`."""

    def __init__(self) -> None:
        self._stacks: Counter[tuple[str, ...]] = Counter()
        self._started = self._cpu = 0.0
        self._former: Any = None

    def start(self) -> None:
        """Begin; the main thread alone can."""
        self._started, self._cpu = time.monotonic(), time.process_time()
        self._former = signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)

    def stop(self) -> tuple[Stacks, str]:
        """End; return the stacks, and a line on what the whole took."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, self._former)
        wall, cpu = time.monotonic() - self._started, time.process_time() - self._cpu
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        others = children.ru_utime + children.ru_stime
        head = f"{wall:.2f} s, {cpu:.2f} s of CPU, {others:.2f} s of CPU in processes that ended, {peak:.0f} MiB"
        return dict(self._stacks), head

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        stack: list[str] = []
        while frame is not None and len(stack) < _DEEPEST:
            code = frame.f_code
            stack.append(f"{_module(code.co_filename)}:{code.co_qualname}")
            frame = frame.f_back
        self._stacks[tuple(reversed(stack))] += 1


def table(stacks: Stacks) -> str:
    """Return a table of functions: the share of time in each itself, and in all that it called."""
    total = sum(stacks.values())
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for stack, samples in stacks.items():
        own[stack[-1]] += samples
        whole.update(dict.fromkeys(stack, samples))
    rows = sorted(whole, key=lambda name: (-own[name], -whole[name], name))[:_ROWS]
    lines = [f"{'own':>6} {'total':>6}  function"]
    lines += [f"{own[name] / total:6.1%} {whole[name] / total:6.1%}  {name}" for name in rows]
    return "\n".join(lines) + "\n"


def _module(file: str) -> str:
    """Return a file as a module that people know: from its package on, without folders of this machine."""
    parts = Path(file).with_suffix("").parts
    for root in ("site-packages", "scripts"):
        if root in parts:
            return ".".join(parts[parts.index(root) + 1 :])
    return parts[-1]
