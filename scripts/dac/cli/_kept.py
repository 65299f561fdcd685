"""Values that commands compute of standards and of other projects, kept from one command to the next.

Each is kept by a digest of all that it was computed from, so that none is ever of another state of the tree. A CI job
keeps none, since others may write to its cache, and nor does a command that is told which conftest to use.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from dac.cli._arguments import Misuse, conftest_path
from dac.judge import folder
from dac.load.inputs import inputs_digest
from dac.model.kept import answer, keep

_MOST = 40  # values that are kept, the newest
_LARGEST = 8 * 2**20  # bytes of one, about two thousand projects
_Value = TypeVar("_Value")


def kept_of(root: Path) -> Kept:
    """Return what is kept of a tree, beside the answers of the conftest that `make setup` built: nothing without it."""
    try:
        answers = folder(conftest_path())
    except Misuse:
        answers = None
    return Kept(root, answers.with_name("checked") if answers else None)


class _TooLarge(Exception):
    """A value that is not kept."""


class _Limited(BytesIO):
    """Takes as many bytes as may be kept, so that of a large value no more than that is pickled."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > _LARGEST:
            raise _TooLarge
        return super().write(data)


class Kept:
    """What is kept of one tree.

    Args:
        root: the tree.
        folder: of the files; None keeps nothing.
    """

    def __init__(self, root: Path, folder: Path | None) -> None:
        self._root, self._folder = str(root), folder
        self._digest = inputs_digest(self._root) if folder else None

    @property
    def keeps(self) -> bool:
        """Whether anything is kept."""
        return self._folder is not None

    def value(self, make: Callable[[], _Value], *words: str) -> _Value:
        """Return what `make` gives, or gave of the same tree and the same words."""
        key = self._key(words)
        value = self.read(*words)
        if value is None:
            value = make()
            # What was made while a file changed may be of neither state.
            if key and inputs_digest(self._root) == self._digest:
                self.write(value, *words)
        result: _Value = value
        return result

    def read(self, *words: str) -> Any:
        """Return the value of these words; None where none is kept."""
        key = self._key(words)
        data = answer(self._folder, key) if self._folder and key else None
        return pickle.loads(data) if data else None

    def write(self, value: Any, *words: str) -> None:
        """Keep a value of these words."""
        if self._folder and (key := self._key(words)):
            data = _Limited()
            with suppress(_TooLarge):
                pickle.dump(value, data, protocol=pickle.HIGHEST_PROTOCOL)
                keep(self._folder, key, data.getvalue(), _MOST)

    def _key(self, words: tuple[str, ...]) -> str:
        return sha256("\0".join((self._digest, *words)).encode()).hexdigest() if self._digest else ""
