"""The signature of a webhook: HMAC-SHA256 by a shared key over a time, a dot and the body's canonical JSON.

The body is JSON in one spelling (sorted keys, no spaces). So a receiver that gets the parsed value, as Argo Events
passes it on, can reproduce the signed bytes.
"""

import hashlib
import hmac
from typing import Any

import orjson

TIMESTAMP = "X-Dac-Timestamp"
SIGNATURE = "X-Dac-Signature"


def canonical(value: Any) -> bytes:
    """Return a value as the bytes that are signed and sent."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def sign(key: bytes, timestamp: str, body: bytes) -> str:
    """Return the signature of a body; with the time in it, an old request cannot be sent again as a new one.

    Args:
        key: the shared key.
        timestamp: seconds since the epoch, as the header has them.
        body: the canonical bytes.
    """
    return "sha256=" + hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def verify(key: bytes, timestamp: str, body: bytes, signature: str) -> bool:
    """Return whether a signature is the body's, in constant time."""
    return hmac.compare_digest(sign(key, timestamp, body).encode(), signature.encode())
