"""A receipt as the tool reads it: of the version it knows, with what every receipt has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

VERSION = 2
# What every receipt has, as images/contracts/receipt.schema.json requires it.
REQUIRED = (
    "version", "project", "pipeline", "standard", "run", "run_id", "status", "failures", "finished", "commit",
    "content", "template_content", "size", "images", "inputs", "counts", "verdicts", "cost", "steps", "results",
)  # fmt: skip
_TEXTS = ("project", "pipeline", "run", "status", "finished")
_MAPPINGS = ("arguments", "counts", "verdicts", "cost", "steps", "results")  # where it has them


class NotAReceipt(ValueError):
    """The text is not a receipt that can be read; says why."""


def parse_receipt(data: bytes) -> Mapping[str, Any]:
    """Return a receipt of its text.

    Raises:
        NotAReceipt: It is not JSON, as when it is written at this moment, is of another version, or lacks a field.
    """
    try:
        receipt = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotAReceipt(f"not JSON ({error}); it may be half written") from error
    if not isinstance(receipt, dict):
        raise NotAReceipt("not a JSON object")
    version = receipt.get("version")
    if version != VERSION:
        raise NotAReceipt(f"version {json.dumps(version)}, and this dac reads version {VERSION}")
    missing = [name for name in _TEXTS if not isinstance(receipt.get(name), str)]
    if missing:
        raise NotAReceipt(f"no text {', '.join(missing)}")
    if wrong := [name for name in _MAPPINGS if not isinstance(receipt.get(name, {}), dict)]:
        raise NotAReceipt(f"{', '.join(wrong)} are not names with values")
    return receipt
