"""What can go wrong while the programs work: a death, a cut connection, a full disk, another run at the same time.

Every write to the object store and every call to the vector store passes here first. The stores are the real ones.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from qdrant_client.http.exceptions import ResponseHandlingException
from runtime import addresses, objects

WRITES = ("create", "upsert", "relabel", "delete", "ready", "switch", "unalias", "drop")  # of stores.Store


F = TypeVar("F", bound="Fault")


class Killed(BaseException):
    """The process is gone: nothing that it would have done after this happens."""


class Fault:
    """Nothing goes wrong; the kinds of fault override what they need.

    `write` is asked before each write and `call` before each request of the store's client. Each says when the fault
    strikes: `before` it happens, `half` through, `after` it happened but before the answer came; or nothing.
    """

    def write(self, name: str) -> str:
        """When the fault strikes this write."""
        return ""

    def call(self, name: str) -> str:
        """When the fault strikes this request."""
        return ""

    def error(self, name: str) -> BaseException:
        """Return what it raises then."""
        raise NotImplementedError


class Fuse(Fault):
    """Strikes at the write that is wanted, by its number or by how its name begins: by death, or by the given error."""

    def __init__(
        self, at: int | str | None, half: bool = False, error: Callable[[str], BaseException] = Killed
    ) -> None:
        self.at, self.when, self.raised = at, "half" if half else "before", error
        self.names: list[str] = []
        self.struck = False

    def write(self, name: str) -> str:
        self.names.append(name)
        wanted = name.startswith(self.at) if isinstance(self.at, str) else len(self.names) - 1 == self.at
        self.struck |= wanted
        return self.when if wanted else ""

    def error(self, name: str) -> BaseException:
        return self.raised(f"at write {self.at}: {name}")


class Meanwhile(Fault):
    """Lets something else happen just before the first write whose name begins so."""

    def __init__(self, name: str, do: Callable[[], Any]) -> None:
        self.name, self.do, self.done = name, do, False

    def write(self, name: str) -> str:
        if name.startswith(self.name) and not self.done:
            self.done = True
            self.do()
        return ""


class Cut(Fault):
    """Cuts `times` connections in a row from request `at` on, before the request arrives or before its answer does."""

    def __init__(self, at: int, times: int, when: str) -> None:
        self.at, self.times, self.when, self.count = at, times, when, 0

    def call(self, name: str) -> str:
        number, self.count = self.count, self.count + 1
        return self.when if self.at <= number < self.at + self.times else ""

    def error(self, name: str) -> BaseException:
        return ResponseHandlingException(ConnectionResetError(f"connection reset in {name}"))


_CALM = Fault()
_current: Fault = _CALM


@contextlib.contextmanager
def going_wrong(fault: F | None) -> Iterator[F]:
    """Let the fault happen while the block runs."""
    global _current
    before, _current = _current, fault or _CALM
    try:
        yield fault
    finally:
        _current = before


def _struck(name: str, do: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
    """Do one write of a store, unless the fault strikes it."""
    when = _current.write(name)
    if when == "before" or (when == "half" and half is None):
        raise _current.error(name)
    if when == "half" and half is not None:
        half()
        raise _current.error(name)
    return do()


class Client:
    """A store's client whose requests pass the fault first."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._real, name)
        if name.startswith("_") or not callable(attribute) or name == "close":
            return attribute

        def called(*words: Any, **named: Any) -> Any:
            when = _current.call(name)
            if when == "before":
                raise _current.error(name)
            answer = attribute(*words, **named)
            if when == "after":
                raise _current.error(name)
            return answer

        return called


def _first(argument: Any, count: int) -> Any:
    return dict(list(argument.items())[:count]) if isinstance(argument, dict) else argument[:count]


class Faulty:
    """A store whose writes pass the fault first; half of a write of many points is its first half."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._real, name)
        if name not in WRITES:
            return attribute

        def called(target: str, *rest: Any) -> Any:
            half = None
            if name in ("upsert", "relabel", "delete") and (cut := len(rest[0]) // 2):
                half = lambda: attribute(target, *(_first(argument, cut) for argument in rest))  # noqa: E731
            return _struck(f"{name} {target}", lambda: attribute(target, *rest), half)

        return called

    def close(self) -> None:
        """Stay open: the client takes longer to open than a step takes to run."""

    def close_for_good(self) -> None:
        """Close it."""
        self._real.close()


class _Torn:
    """A stream that takes half of what is written first, and then fails."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream, self._name = stream, name

    def write(self, data: Any) -> int:
        whole = bytes(data)
        self._stream.write(whole[: len(whole) // 2])
        raise _current.error(self._name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def faulty_objects() -> Iterator[None]:
    """Let every write to the object store meet the fault first."""
    writing, remove = objects.writing, objects.remove

    @contextlib.contextmanager
    def opened(address: str) -> Iterator[Any]:
        name = f"write {address}"
        when = _current.write(name)
        if when == "before":
            raise _current.error(name)
        with writing(address) as stream:
            if when == "half":
                if isinstance(_current.error(name), Killed):  # a process that is gone tidies nothing up
                    Path(f"{addresses.locate(address)[1]}.{'0' * 32}.part").write_bytes(b"half")
                yield _Torn(stream, name)
                raise _current.error(name)  # where nothing was written
            yield stream

    def removed(address: str) -> None:
        _struck(f"remove {address}", lambda: remove(address))

    with patch.object(objects, "writing", opened), patch.object(objects, "remove", removed):
        yield
