"""How a webhook is signed: HMAC-SHA256 by a shared key over a time, a dot and the body's canonical JSON.

The body is JSON in one spelling (sorted keys, no spaces), so that a receiver which was handed the parsed value, as Argo
Events hands it on, can write the signed bytes again.
"""

import hashlib
import hmac
from typing import Any

import orjson

STAMP = "X-Dac-Timestamp"
SIGNATURE = "X-Dac-Signature"


def canonical(value: Any) -> bytes:
    """Returns a value as the bytes that are signed and sent."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def sign(key: bytes, stamp: str, body: bytes) -> str:
    """Returns the signature of a body sent at a time: an old request cannot be sent again as a new one."""
    return "sha256=" + hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def holds(key: bytes, stamp: str, body: bytes, signature: str) -> bool:
    """Returns whether a signature is that of the body, in a time that does not tell how much of it is right."""
    return hmac.compare_digest(sign(key, stamp, body).encode(), signature.encode())
