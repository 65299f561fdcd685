"""The contract of candidate.json: the version of a registered model that a run scores, found once by its first step.

An alias can move during a run. What is served, scored, annotated and promoted by the run is this version.
"""

from typing import Any

from runtime import contract, objects


def address(root: str) -> str:
    """Return where a run keeps its version."""
    return f"{root}/candidate.json"


def keep(root: str, model: str, number: str, source: str) -> dict[str, Any]:
    """Write the version of a run, unless an earlier try of its first step did; return the one that holds.

    Args:
        root: the run's folder.
        model: the registered model's name.
        number: the version's.
        source: where its weights lie; empty where that is not known.
    """
    if (kept := read(root)) is not None:
        return kept
    return contract.write("candidate", address(root), {"model": model, "number": number, "source": source})


def read(root: str) -> dict[str, Any] | None:
    """Return the version of a run: model, number, source; None where the model is not registered."""
    return contract.read("candidate", address(root)) if objects.exists(address(root)) else None
