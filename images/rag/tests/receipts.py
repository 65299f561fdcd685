"""The receipts that a world's runs leave."""

from __future__ import annotations

from typing import Any

import orjson
from world import World


def receipt(world: World, run: str) -> dict[str, Any]:
    """Return a run's receipt."""
    value: dict[str, Any] = orjson.loads(
        (world.folder / f"objects/artifacts/team/search/receipts/{run}.json").read_bytes()
    )
    return value
