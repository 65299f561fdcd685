"""The containers of a container set as processes: each starts when those that it waits for ended well (emissary)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from dac.run.argo.times import parse_go_duration
from dac.run.local.pod import Container

End = tuple[int, str]  # a container's exit code, and the message that its node would have


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often a container of a set is run, and how long it waits in between.

    Attributes:
        count: 0 runs nothing, and ends well, as the executor does.
    """

    count: int = 1
    seconds: float = 0.0


def attempts_of(strategy: Mapping[str, object]) -> Attempts:
    """Read a set's `retryStrategy`.

    Raises:
        ValueError: Its duration or its number cannot be read.
    """
    if "retries" not in strategy:
        return Attempts()
    duration = str(strategy.get("duration") or "0")
    seconds = parse_go_duration(duration).total_seconds()
    if seconds < 0:
        raise ValueError(f"duration has to be positive, current duration: {duration} ")
    return Attempts(int(str(strategy["retries"])), seconds)


async def run(
    containers: Sequence[Container],
    attempts: Attempts,
    command: Callable[[Container], Awaitable[End]],
    stop: Callable[..., Awaitable[None]],
) -> dict[str, End]:
    """Run the containers of a set to their ends.

    Args:
        containers: each with the names of those that it waits for in its `spec`.
        attempts: how often each is tried.
        command: runs one container once.
        stop: ends running containers by name; what fails ends those that run beside it.
    """
    ends: dict[str, asyncio.Future[End]] = {c.name: asyncio.get_running_loop().create_future() for c in containers}

    async def whole(container: Container) -> None:
        end = await _ended(container, ends, attempts, command)
        ends[container.name].set_result(end)
        if end[0]:
            await stop(*(other.name for other in containers))

    await asyncio.gather(*(whole(container) for container in containers))
    return {name: end.result() for name, end in ends.items()}


async def _ended(
    container: Container,
    ends: Mapping[str, asyncio.Future[End]],
    attempts: Attempts,
    command: Callable[[Container], Awaitable[End]],
) -> End:
    for name in container.spec.get("dependencies", []):
        code, _ = await ends[name]
        if code:
            reason = f'dependency "{name}" exited with non-zero code: {code}'
            return 64, f"{container.name}: Error (exit code 64): {reason}"
    end: End = 0, ""
    for attempt in range(attempts.count):
        if attempt:
            await asyncio.sleep(attempts.seconds)
        end = await command(container)
        if not end[0]:
            break
    return end


def node_end(end: End) -> tuple[str, str]:
    """Return the phase and the message of a container's node; the exit code 64 is the executor's own."""
    code, message = end
    if code == 0:
        return "Succeeded", ""
    return "Error" if code == 64 else "Failed", message + (": " if message.endswith(f"(exit code {code})") else "")
