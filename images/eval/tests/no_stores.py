"""The vector stores of a sweep that has none."""

from typing import Any


class NoStores:
    """No vector store at all."""

    def abandoned(self, *_: Any) -> list[Any]:
        """Find nothing."""
        return []

    def drop(self, item: Any) -> None:
        """Refuse: nothing was found."""
        raise AssertionError(item)
