"""Verifies a delivered webhook before anything is deployed: signature, age, and that it is the delivery of this name.

DELIVERY='{"version":1,...}' SIGNATURE=sha256=... TIMESTAMP=1764093600 NAME=deploy-9f2c... \
SECRETS=/var/run/dac/secrets python -m verify_delivery

The first step of the receiver in standards/platform/examples: Argo Events can hold a request to a bearer token and to
patterns, and cannot compute an HMAC. NAME is the Workflow's, `deploy-` and the first 40 digits of the idempotency key;
the cluster has one of a name, so that a repeated delivery starts nothing, and a copied one under another key is
refused here, since the key stands in the signed body. Ends with 65 where anything is wrong.
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


def verify(key: bytes, body: str, signed: str, stamp: str, name: str, seconds: float) -> str:
    """Returns the idempotency key of a delivery.

    Args:
        key: the shared key.
        body: the delivery as JSON, in any spelling.
        signed, stamp: as the headers gave them.
        name: the Workflow's.
        seconds: how old it may be.

    Raises:
        InputError: says what does not hold.
    """
    try:
        value = orjson.loads(body)
        sent = int(stamp)
    except ValueError as error:
        raise InputError(f"the delivery cannot be read: {error}") from error
    if not signature.holds(key, stamp, signature.canonical(value), signed):
        raise InputError(f"{signature.SIGNATURE} is not that of this delivery by the key in the Secret `webhook`")
    if abs(age := time.time() - sent) > seconds:
        raise InputError(f"{signature.STAMP} is {age:.0f} s off and {seconds:.0f} are allowed: it may be a copy")
    identity = str(value.get("idempotency_key", ""))
    if name != f"deploy-{identity[:DIGITS]}":
        raise InputError(f"the delivery is {identity} and came as {name}: its Idempotency-Key was changed")
    return identity


def program() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=900, help="how old a delivery may be, or ahead of this clock")
    flags = parser.parse_args()
    given = {name: os.environ.get(name, "") for name in ("DELIVERY", "SIGNATURE", "TIMESTAMP", "NAME")}
    if missing := [name for name, value in given.items() if not value]:
        raise InputError(f"environment: {', '.join(missing)} not set; the Sensor's trigger sets them")
    key = settings.secret("webhook", "key", Path(os.environ.get("SECRETS", str(settings.SECRETS))))
    if not key:
        raise InputError("there is no key: mount the Secret `webhook` with the field `key`, the sender's")
    identity = verify(
        key.encode(), given["DELIVERY"], given["SIGNATURE"], given["TIMESTAMP"], given["NAME"], flags.seconds
    )
    info("verified", message=f"delivery {identity} is the sender's")


if __name__ == "__main__":
    main("verify_delivery", program)
