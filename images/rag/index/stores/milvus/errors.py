"""What Milvus and its client raise: which errors may pass, and what to tell of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
from pymilvus.exceptions import MilvusException

from index.stores.base import FULL, absent, unauthorised
from index.stores.trust import distrust

FAULTS = (MilvusException, grpc.RpcError, ConnectionError, TimeoutError)
_REFUSED = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}
_WRONG = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.UNIMPLEMENTED}
_ABSENT, NOT_LOADED = 100, 101  # https://github.com/milvus-io/milvus/blob/master/pkg/util/merr/errors.go
_PASSING = ("unavailable", "deadline", "timeout", "rate limit", "not ready", "fail connecting", "connection refused")


def lasting(error: Exception, collection: str, url: str, facts: Mapping[str, Any]) -> str | None:
    """Return the message for an error that would come again; None for one that may pass."""
    behind = _rpc(error)
    if behind is not None and behind.code() in _REFUSED:
        return unauthorised("Milvus", facts, behind.details() or behind.code().name)
    if not isinstance(error, MilvusException):
        wrong = behind is not None and behind.code() in _WRONG
        return f"Milvus refuses: {behind.details()}" if wrong else distrust(url, "Milvus")
    reason = " ".join(str(error.message).split())
    low = reason.lower()
    if error.code == _ABSENT:
        return absent("Milvus", collection)
    if "auth" in low or "unauthenticated" in low:
        return unauthorised("Milvus", facts, reason)
    if "disk" in low or "no space" in low:
        return f"Milvus refuses: {reason}; {FULL}"
    if error.retriable or any(word in low for word in _PASSING):
        return distrust(url, "Milvus") if "fail connecting" in low else None
    return f"Milvus refuses: {reason or 'it does not say why'}"


def _rpc(error: BaseException | None) -> Any:
    """Return the gRPC fault that the client raised, or hid behind "Fail connecting"; None where there is none."""
    seen: list[BaseException] = []  # the client raises faults from themselves
    while error is not None and error not in seen:
        if isinstance(error, grpc.RpcError) and hasattr(error, "code"):
            return error
        seen.append(error)
        error = error.__cause__ or error.__context__
    return None
