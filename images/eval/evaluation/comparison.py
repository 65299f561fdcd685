"""The contract of comparison.json, and of baselines/<name>.json, which says what the next runs are compared with."""

from typing import Any

from runtime import contract
from runtime.settings import Run


def address(root: str) -> str:
    """Return where a run's comparison lies."""
    return f"{root}/comparison.json"


def write(root: str, value: dict[str, Any]) -> None:
    """Write the comparison of a run."""
    contract.write("comparison", address(root), value)


def read(root: str) -> dict[str, Any]:
    """Return the comparison of a run."""
    return contract.read("comparison", address(root))


def baseline_folder(run: Run, name: str) -> str:
    """Return where a baseline's scorecard.json and samples.parquet lie: copies, since a run's own files expire."""
    return f"{run.home}/baselines/{name}"
