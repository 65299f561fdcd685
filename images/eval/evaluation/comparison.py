"""The contract of comparison.json: a run against its baselines, and the verdict."""

from typing import Any

from runtime import contract


def address(root: str) -> str:
    """Return where a run's comparison lies."""
    return f"{root}/comparison.json"


def write(root: str, value: dict[str, Any]) -> None:
    """Write the comparison of a run."""
    contract.write("comparison", address(root), value)


def read(root: str) -> dict[str, Any]:
    """Return the comparison of a run."""
    return contract.read("comparison", address(root))
