"""What Qdrant and its client raise: which errors may pass, and what to tell of the others."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from index.stores.base import FULL, absent, unauthorised
from index.stores.trust import distrust

_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
FAULTS = (
    UnexpectedResponse,
    ResponseHandlingException,
    ConnectionError,
    TimeoutError,
    ValueError,
    sqlite3.OperationalError,
)


def lasting(error: Exception, collection: str, url: str, facts: Mapping[str, Any]) -> str | None:
    """Return the message for an error that would come again; None for one that may pass."""
    if isinstance(error, UnexpectedResponse):
        reason = _server_message(error)
        if error.status_code in (401, 403):
            return unauthorised("Qdrant", facts, reason)
        if error.status_code == 404:
            return absent("Qdrant", collection)
        full = error.status_code == 507 or "no space left" in reason.lower()
        if error.status_code in _TRANSIENT and not full:
            return None
        return f"Qdrant refuses: {reason}{'; ' + FULL if full else ''}"
    if isinstance(error, sqlite3.OperationalError):  # embedded mode keeps its points in SQLite
        return f"Qdrant refuses: {error}{'; ' + FULL if 'full' in str(error) else ''}"
    if isinstance(error, ValueError):  # embedded mode's way to refuse
        return absent("Qdrant", collection) if "not found" in str(error) else f"Qdrant refuses: {error}"
    return distrust(url, "Qdrant")


def _server_message(error: UnexpectedResponse) -> str:
    """Return the server's message: JSON, or plain text where it refuses a key."""
    try:
        return str(json.loads(error.content)["status"]["error"])
    except (ValueError, KeyError, TypeError):
        text = error.headers.get("content-type", "").startswith("text/plain") and error.content.decode().strip()
        return text or f"{error.status_code} {error.reason_phrase}"
