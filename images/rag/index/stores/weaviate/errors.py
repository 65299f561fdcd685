"""What Weaviate and its client raise: which errors may pass, and what to tell of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
import httpx
from runtime.errors import TryAgain
from weaviate import exceptions

from index.stores.base import FULL, absent, unauthorised
from index.stores.trust import distrust

FAULTS = (exceptions.WeaviateBaseError, httpx.TransportError, ConnectionError, TimeoutError)
_PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}
_PASSING_CODES = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
}
# The server gives most faults no code of their own.
_PASSING_WORDS = ("context canceled", "shutting down", "leader not found", "not ready", "connection refused", "timeout")
_FULL_WORDS = ("read-only", "readonly", "no space left")
_EVERY = "Every object failed during insertion. Here is the set of all errors: "
_NO_ANSWER = (
    exceptions.WeaviateConnectionError,
    exceptions.WeaviateTimeoutError,
    exceptions.WeaviateGRPCUnavailableError,
    exceptions.WeaviateStartUpError,
)


def lasting(error: Exception, collection: str, url: str, facts: Mapping[str, Any]) -> str | None:
    """Return the message for an error that would come again; None for one that may pass."""
    reason = _server_message(error)
    code = _code(error)
    if code in (401, 403, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return unauthorised("Weaviate", facts, reason)
    if isinstance(error, exceptions.WeaviateRetryError):  # the client has waited a minute already
        raise TryAgain(f"Weaviate does not answer: {reason}") from error
    if code in _PASSING_STATUS or code in _PASSING_CODES or may_pass(reason):
        return None
    if not isinstance(error, exceptions.WeaviateBaseError) or isinstance(error, _NO_ANSWER):
        return distrust(url, "Weaviate")
    if code == 404 or "could not find class" in reason or "not found in schema" in reason:
        return absent("Weaviate", collection)
    return f"Weaviate refuses: {reason}{remedy(reason)}"


def may_pass(reason: str) -> bool:
    """Return whether the server's reason is one that passes."""
    return any(word in reason for word in _PASSING_WORDS)


def remedy(reason: str) -> str:
    """Return what to do about a reason for which there is a remedy, behind a semicolon."""
    return f"; {FULL}" if any(word in reason for word in _FULL_WORDS) else ""


def _code(error: BaseException | None) -> Any:
    """Return the HTTP status or the gRPC code behind a fault, where it has one."""
    while error is not None:
        if isinstance(error, exceptions.UnexpectedStatusCodeError) and error.status_code >= 100:
            return error.status_code
        if isinstance(error, grpc.RpcError) and hasattr(error, "code"):
            return error.code()
        error = error.__cause__ or error.__context__
    return None


def _server_message(error: Exception) -> str:
    """Return the server's message for the error, without what the client adds to it."""
    body = getattr(error, "error", None)
    if isinstance(body, dict):
        listed = body.get("error")
        body = listed[0].get("message") if isinstance(listed, list) and listed else body.get("message") or listed
    lines = [line.strip() for line in str(body or error).splitlines() if line.strip()]
    return lines[0].removeprefix(_EVERY) if lines else type(error).__name__
