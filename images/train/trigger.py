"""Trigger the deploy pipeline: one signed webhook for a promoted version, however often the step is retried.

WEBHOOK=http://127.0.0.1:9000/deploy SECRETS=/var/run/dac/secrets ARTIFACTS=... PROJECT=p PIPELINE=q RUN_ID=1 \
RUN_NAME=q-1 python -m trigger

POSTs what was promoted as JSON. `X-Dac-Signature: sha256=HEX` is the HMAC of `X-Dac-Timestamp`, a dot and the body,
by the key in <secrets>/webhook/key. If <secrets>/webhook/token exists, it is sent as a bearer token too.
`Idempotency-Key`, which the signed body repeats, is the same for every attempt, so that a receiver which has seen it
does nothing. No redirect is followed. Without WEBHOOK nothing is sent. Writes <run>/delivered.json once the receiver
has answered 2xx.
"""

import argparse
import hashlib
import http.client
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime import objects, receipt, settings, webhook
from runtime.errors import InputError, TryAgain
from runtime.log import info, warning
from runtime.program import main
from runtime.words import mask
from trainer import signature

ATTEMPTS = 6
FIRST_PAUSE = 1.0  # seconds; doubled after each attempt
TIMEOUT = 20.0  # seconds
RETRIED = {408, 425, 429}  # of the 4xx statuses; any other refuses the request for good


def idempotency_key(project: str, pipeline: str, run_id: str, version: str) -> str:
    """Return the key that identifies a delivery: the same run and version give the same key."""
    return hashlib.sha256(f"{project}/{pipeline}/{run_id}/{version}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a delivery goes.

    Attributes:
        url: the address.
        key: signs the body.
        token: the bearer token, "" for none.
    """

    url: str
    key: bytes
    token: str = ""


def post(to: Receiver, identity: str, body: bytes) -> int:
    """Send one request and return the status, or 0 without an answer.

    Raises:
        InputError: the address, or a header, cannot be sent.
    """
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json", "Idempotency-Key": identity, signature.TIMESTAMP: timestamp,
        signature.SIGNATURE: signature.sign(to.key, timestamp, body),
        **({"Authorization": f"Bearer {to.token}"} if to.token else {}),
    }  # fmt: skip
    try:
        return webhook.send(to.url, body, headers, TIMEOUT).status
    except ValueError as error:
        raise InputError(f"WEBHOOK: {mask(str(error))}; give an address that begins with https://") from error
    except (OSError, http.client.HTTPException):
        return 0


def deliver(to: Receiver, identity: str, body: bytes, sleep: Callable[[float], None] = time.sleep) -> int:
    """Send until the receiver accepts.

    Args:
        to: the receiver.
        identity: the idempotency key.
        body: the canonical bytes.
        sleep: waits between attempts.

    Returns:
        How many attempts it took.

    Raises:
        InputError: the receiver refused the request for good.
        TryAgain: the receiver accepted none of the attempts.
    """
    status = 0
    for attempt in range(1, ATTEMPTS + 1):
        status = post(to, identity, body)
        if 200 <= status < 300:
            return attempt
        if 300 <= status < 400:
            raise InputError(f"WEBHOOK: the receiver redirects ({status}), which is not followed; give its own address")
        if 400 <= status < 500 and status not in RETRIED:
            raise InputError(f"WEBHOOK: the receiver refused the request with {status}; check its key and path")
        if attempt < ATTEMPTS:
            pause = FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)
            result = f"answered {status}" if status else "did not answer"
            warning("retry", f"the receiver {result}; retrying in {pause:.1f} s", attempt=attempt)
            sleep(pause)
    raise TryAgain(f"WEBHOOK: the receiver accepted none of {ATTEMPTS} attempts; last status: {status or 'none'}")


def body_of(run: settings.Run, promoted: dict[str, Any], identity: str) -> bytes:
    """Return the message to the deploy pipeline."""
    value = {
        "version": 1, "project": run.project, "pipeline": run.pipeline, "run": run.run_name,
        "model": promoted["model"], "model_version": promoted["version"], "weights": promoted["weights"],
        "weights_digest": promoted["weights_digest"], "metric": promoted["metric"], "value": promoted["value"],
        "idempotency_key": identity,
    }  # fmt: skip
    return signature.canonical(value)


def program() -> None:
    """Deliver the webhook of the promoted version."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    began = time.time()
    run, url = settings.run(), os.environ.get("WEBHOOK", "")
    promoted = receipt.facts(run, "promote")
    identity = idempotency_key(run.project, run.pipeline, run.run_id, str(promoted["version"]))
    marker = f"{run.root}/delivered.json"
    if not url:
        receipt.write_part(run, "trigger", {"delivered": False, "why": "no webhook is configured"}, began)
        info("not_triggered", message="no webhook is configured in the namespace's endpoints; nothing is deployed")
        return
    attempts = 0
    if not objects.exists(marker):
        secrets = Path(os.environ.get("SECRETS", str(settings.SECRETS)))
        key, token = (settings.secret("webhook", name, secrets) or "" for name in ("key", "token"))
        if not key:
            raise InputError("WEBHOOK is set without a key; mount the Secret `webhook` with the field `key`")
        attempts = deliver(Receiver(url, key.encode(), token), identity, body_of(run, promoted, identity))
        objects.write_json(marker, {"version": 1, "idempotency_key": identity})
    facts = {"delivered": True, "tries": attempts, "idempotency_key": identity}
    receipt.write_part(run, "trigger", facts, began)
    info("triggered", message=f"the receiver accepted {promoted['model']} version {promoted['version']}", **facts)


if __name__ == "__main__":
    main("trigger", program)
