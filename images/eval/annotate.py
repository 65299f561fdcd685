"""Write scorecard, verdict, dataset and receipt to the model's version in MLflow; move the alias only on pass.

A pipeline that may not change the model, as the catalog's lists (REGISTERED_MODELS) say, ends with 65 before anything
is written.

    python -m annotate

Environment: ENDPOINT (facts: registry {model, version or candidate: alias, alias: moved on pass}; serving), MLFLOW
(its address; without one, or without `registry`, nothing is written, and that is logged), BASELINE, and the run's.
The version is the one that `load` found, wherever its alias points now. On pass the scorecard and the samples also
become the baseline BASELINE of this pipeline, after the alias has moved, and the best one where comparison.json says
so. Without a baseline `compare` passes no run but one that a person started with ACCEPT.
"""

import argparse
import os
from typing import Any

from evaluation import baseline, comparison, scorecard
from runtime import candidate, log, receipt, registry, settings
from runtime.program import main

PREFIX = "dac.eval"


def registered(run: settings.Run) -> dict[str, Any]:
    """Return the model that was scored, its version and the alias that moves on pass; empty where there is none."""
    facts: dict[str, Any] = settings.facts("ENDPOINT").get("registry") or {}
    kept = candidate.read(run.root)
    if kept is None:
        return {"model": facts["model"]} if facts.get("model") else {}
    return {"model": kept["model"], "version": kept["number"], "alias": facts.get("alias", "")}


def tags(run: settings.Run, card: dict[str, Any], result: dict[str, Any]) -> dict[str, str]:
    """Return the tags of the model's version, by name.

    Args:
        run: this run.
        card: its scorecard.
        result: its comparison.
    """
    prefix = f"{PREFIX}.{run.project}.{run.pipeline}"
    scores = {f"{prefix}.{name}": f"{entry['value']:.6f}" for name, entry in card["metrics"].items()}
    return scores | {
        f"{prefix}.verdict": result["verdict"],
        f"{prefix}.reason": result["reason"],
        f"{prefix}.dataset": f"{card['dataset']['name']} sha256:{card['dataset']['sha256']}",
        f"{prefix}.scorecard": scorecard.address(run.root),
        f"{prefix}.receipt": receipt.address(run),
    }


def write(address: str, facts: dict[str, Any], tags: dict[str, str], passed: bool) -> dict[str, Any]:
    """Write the tags and, on pass, move the alias.

    Args:
        address: MLflow's.
        facts: model, version, alias.
        tags: by name.
        passed: whether the verdict is pass.

    Returns:
        The step's facts: model, version, alias_moved.

    Raises:
        InputError: MLflow has no such model or version.
        TryAgain: MLflow did not answer.
    """
    alias = str(facts["alias"] or "") if passed else ""
    registry.annotate(address, facts["model"], facts["version"], tags, alias)
    return {"model": facts["model"], "version": facts["version"], "alias_moved": bool(alias)}


def become_baseline(run: settings.Run, name: str, best_next: str) -> None:
    """Copy the run's samples and scorecard to the baseline; `best_next` is comparison.json's."""
    last, best = baseline.folder(run, name), baseline.best_folder(run, name)
    if best_next == "last":  # first: it is about to be replaced
        baseline.copy(last, best)
    elif best_next == "this":
        baseline.copy(run.root, best)
    if best_next != "this":
        baseline.complete(best, run.root)
    baseline.copy(run.root, last)


def annotate() -> None:
    """Run the step."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run, address = settings.run(), os.environ.get("MLFLOW", "")
    facts = registered(run)
    with receipt.part(run, "annotate") as part:
        if facts.get("model"):
            registry.refuse_foreign(run, facts["model"], "annotate")
        card, result = scorecard.read(run.root), comparison.read(run.root)
        passed = result["verdict"] == "pass"
        if address and "version" in facts:
            part.facts = write(address, facts, tags(run, card, result), passed)
        else:
            log.warning(
                "not_annotated",
                "the endpoint has no registered model, or `endpoints` has no MLflow address",
            )
        if passed:
            become_baseline(run, baseline.name(), result.get("best_next", "keep"))
        part.facts["baseline_moved"] = passed
    log.info("annotated", **part.facts)


if __name__ == "__main__":
    main("annotate", annotate)
