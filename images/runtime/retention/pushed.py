"""What evaluations have pushed to the Prometheus Pushgateway: it keeps a group until somebody deletes it."""

from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import Any

from runtime import figures, services, webhook
from runtime.errors import InputError, TryAgain
from runtime.retention.item import FIGURES, Item

_SECONDS = 20.0


class Gateway:
    """The Pushgateway, as the sweeper asks it.

    Args:
        address: of the server; empty where there is none.
    """

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    def groups(self, project: str, pipeline: str, read: Sequence[Mapping[str, Any]]) -> list[Item]:
        """Return the groups of a pipeline that is gone, by its receipts; none where none of its runs pushed figures."""
        pushed = any(str(value.get("standard", "")).startswith(figures.STANDARD) for value in read)
        if not self._address or not pushed:
            return []
        return [Item(FIGURES, self._address + path, project, pipeline) for path in figures.paths(project, pipeline)]

    def drop(self, item: Item) -> None:
        """Delete a group, if it is there.

        Raises:
            InputError: the gateway refuses.
            TryAgain: it did not answer.
        """
        held = services.credentials("pushgateway", "sweeper")
        headers = {"Authorization": held.header} if held else {}
        try:
            answer = webhook.send(item.address, b"", headers, _SECONDS, "DELETE")
        except (OSError, HTTPException, ValueError) as error:
            raise TryAgain(f"the Pushgateway did not answer DELETE {item.address}: {error}") from error
        if not 200 <= answer.status < 300:
            message = f"the Pushgateway refuses DELETE {item.address}: HTTP {answer.status}: {answer.reason}"
            raise (TryAgain if answer.status == 429 or answer.status >= 500 else InputError)(message)
