"""Verify a delivered webhook before anything is deployed: who sent it, its signature and age, the Workflow's name.

DELIVERY='{"version":1,...}' SIGNATURE=sha256=... TIMESTAMP=1764093600 NAME=deploy-9f2c... \
SECRETS=/var/run/dac/secrets REGISTERED_MODELS='{}' python -m verify_delivery

The first step of the receiver in standards/platform/examples: Argo Events can check a bearer token and patterns, but
cannot compute an HMAC. The receiver's Secret `webhook-keys` has a field for each project, its signing key, so that no
project can deploy in another's name; REGISTERED_MODELS says which pipelines may deploy models of other names. NAME is
the Workflow's: `deploy-` and the first 40 digits of the idempotency key. A cluster has one Workflow of a name, so a
repeated delivery starts nothing; a copy under another key is refused here, since the signed body holds the key. Exits
with 65 if anything is wrong.
"""

import argparse
import os
import re
import time
from pathlib import Path
from typing import Any

import orjson
from runtime import registry, settings
from runtime.errors import InputError
from runtime.log import info
from runtime.program import main
from trainer import signature

DIGITS = 40
KEYS = "webhook-keys"
PROJECT = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def read(body: str) -> dict[str, Any]:
    """Return the delivery: JSON, in any spelling.

    Raises:
        InputError: it is not a JSON object.
    """
    try:
        value = orjson.loads(body)
    except ValueError as error:
        raise InputError(f"cannot read the delivery: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"cannot read the delivery: it is a {type(value).__name__}, not a JSON object")
    return value


def key_of(delivery: dict[str, Any], secrets: Path) -> bytes:
    """Return the signing key of the project that a delivery names.

    Args:
        delivery: the body.
        secrets: where the receiver's Secrets are mounted.

    Raises:
        InputError: it names no project, or one without a key.
    """
    project = delivery.get("project")
    if not isinstance(project, str) or not PROJECT.fullmatch(project):
        raise InputError("the delivery names no project, whose key would verify it")
    key = settings.secret(KEYS, project, secrets)
    if not key:
        raise InputError(f"no key of project {project}; write it into the field `{project}` of the Secret `{KEYS}`")
    return key.encode()


def check_model(delivery: dict[str, Any]) -> None:
    """Refuse a delivery of a model that its pipeline may not register.

    Raises:
        InputError: it may not; says who can allow it.
    """
    project, pipeline, model = (str(delivery.get(name, "")) for name in ("project", "pipeline", "model"))
    if not registry.may_change(project, pipeline, model, "promote", settings.facts("REGISTERED_MODELS")):
        raise InputError(
            f"{project}/{pipeline} may not deploy the registered model {model!r}: its owner can list the pipeline "
            f"under promote of {model} in standards/catalog/registered_models.yaml"
        )


def verify(key: bytes, delivery: dict[str, Any], signed: str, timestamp: str, name: str, seconds: float) -> str:
    """Verify a delivery and return its idempotency key.

    Args:
        key: the sending project's.
        delivery: the body.
        signed: the header with the signature.
        timestamp: the header with the time.
        name: the Workflow's.
        seconds: largest age.

    Raises:
        InputError: a check failed; says which.
    """
    try:
        sent = int(timestamp)
    except ValueError as error:
        raise InputError(f"{signature.TIMESTAMP} is not a time in seconds: {error}") from error
    if not signature.verify(key, timestamp, signature.canonical(delivery), signed):
        raise InputError(
            f"{signature.SIGNATURE} does not match this delivery and the key of project {delivery.get('project')} in "
            f"the Secret `{KEYS}`"
        )
    if abs(age := time.time() - sent) > seconds:
        raise InputError(f"{signature.TIMESTAMP} is {age:.0f} s off, {seconds:.0f} s are allowed: it may be a replay")
    identity = str(delivery.get("idempotency_key", ""))
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
    body, signed, timestamp, name = (variables[each] for each in ("DELIVERY", "SIGNATURE", "TIMESTAMP", "NAME"))
    delivery = read(body)
    key = key_of(delivery, Path(os.environ.get("SECRETS", str(settings.SECRETS))))
    identity = verify(key, delivery, signed, timestamp, name, flags.seconds)
    check_model(delivery)
    info("verified", message=f"delivery {identity} is from project {delivery['project']}")


if __name__ == "__main__":
    main("verify_delivery", program)
