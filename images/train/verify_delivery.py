"""Verify a delivered webhook before anything is deployed: its signature, its age, and the Workflow's name.

DELIVERY='{"version":1,...}' SIGNATURE=sha256=... TIMESTAMP=1764093600 NAME=deploy-9f2c... \
SECRETS=/var/run/dac/secrets python -m verify_delivery

The first step of the receiver in standards/platform/examples: Argo Events can check a bearer token and patterns, but
cannot compute an HMAC. NAME is the Workflow's: `deploy-` and the first 40 digits of the idempotency key. A cluster has
one Workflow of a name, so a repeated delivery starts nothing; a copy under another key is refused here, since the
signed body holds the key. Exits with 65 if anything is wrong.
"""

import argparse
import os
import time
from pathlib import Path

import orjson
from runtime import settings
from runtime.errors import InputError
from runtime.log import info
from runtime.program import main
from trainer import signature

DIGITS = 40


def verify(key: bytes, body: str, signed: str, timestamp: str, name: str, seconds: float) -> str:
    """Verify a delivery and return its idempotency key.

    Args:
        key: the shared key.
        body: the delivery as JSON, in any spelling.
        signed: the header with the signature.
        timestamp: the header with the time.
        name: the Workflow's.
        seconds: largest age.

    Raises:
        InputError: a check failed; says which.
    """
    try:
        value = orjson.loads(body)
        sent = int(timestamp)
    except ValueError as error:
        raise InputError(f"cannot read the delivery: {error}") from error
    if not signature.verify(key, timestamp, signature.canonical(value), signed):
        raise InputError(f"{signature.SIGNATURE} does not match this delivery and the key in the Secret `webhook`")
    if abs(age := time.time() - sent) > seconds:
        raise InputError(f"{signature.TIMESTAMP} is {age:.0f} s off, {seconds:.0f} s are allowed: it may be a replay")
    identity = str(value.get("idempotency_key", ""))
    if name != f"deploy-{identity[:DIGITS]}":
        raise InputError(f"the delivery {identity} arrived as {name}: its Idempotency-Key was changed")
    return identity


def program() -> None:
    """Verify the delivery in the environment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--seconds", type=float, default=900, help="largest difference between the delivery's time and this clock"
    )
    flags = parser.parse_args()
    variables = {name: os.environ.get(name, "") for name in ("DELIVERY", "SIGNATURE", "TIMESTAMP", "NAME")}
    if missing := [name for name, value in variables.items() if not value]:
        raise InputError(f"environment: {', '.join(missing)} not set; the Sensor's trigger sets them")
    key = settings.secret("webhook", "key", Path(os.environ.get("SECRETS", str(settings.SECRETS))))
    if not key:
        raise InputError("no key; mount the sender's Secret `webhook` with the field `key`")
    body, signed, timestamp, name = (variables[each] for each in ("DELIVERY", "SIGNATURE", "TIMESTAMP", "NAME"))
    identity = verify(key.encode(), body, signed, timestamp, name, flags.seconds)
    info("verified", message=f"delivery {identity} is the sender's")


if __name__ == "__main__":
    main("verify_delivery", program)
