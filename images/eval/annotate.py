"""Write scorecard, verdict, dataset and receipt to the model's version in MLflow; move the alias only on pass.

A pipeline that may not change the model, as the catalog's lists (REGISTERED_MODELS) say, ends with 65 before anything
is written; so does a run that was started to accept another version (ACCEPT) than the one that it scored.

    python -m annotate

Environment: ENDPOINT (facts: registry {model, version or candidate: alias, alias: moved on pass}; serving), MLFLOW
(its address; without one, or without `registry`, nothing is written, and that is logged), BASELINE, and the run's.
Where a sidecar served a version's weights, that version is annotated, wherever its alias points now. On pass the
scorecard and the samples also become the baseline BASELINE of this pipeline, after the alias has moved. Without a
baseline `compare` passes no run but one that a person started with ACCEPT.
"""

import argparse
import os
from typing import Any

from evaluation import comparison, scorecard, served
from runtime import log, objects, receipt, registry, settings
from runtime.errors import InputError
from runtime.program import main

PREFIX = "dac.eval"


def registered(run: settings.Run) -> dict[str, Any]:
    """Return the registry's facts of the model that was scored; empty where it is not registered."""
    endpoint = settings.facts("ENDPOINT")
    facts: dict[str, Any] = endpoint.get("registry") or {}
    if endpoint.get("serving") == "weights" and (name := served.name(run.root)):
        model, _, version = name.rpartition("/")
        return {**facts, "model": model, "version": version}
    return facts


def version_of(address: str, facts: dict[str, Any]) -> str:
    """Return the version that was scored: the one that the catalog names, or the one of its candidate alias."""
    if "version" in facts:
        return str(facts["version"])
    return str(registry.version_by_alias(address, facts["model"], facts["candidate"]).version)


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


def write(address: str, facts: dict[str, Any], tags: dict[str, str], passed: bool, accept: str) -> dict[str, Any]:
    """Write the tags and, on pass, move the alias.

    Args:
        address: MLflow's.
        facts: model, and version or candidate; alias.
        tags: by name.
        passed: whether the verdict is pass.
        accept: the version that whoever started the run accepts as the first; empty where the run has a baseline.

    Returns:
        The step's facts: model, version, alias_moved.

    Raises:
        InputError: MLflow has no such model, version or alias; or another version was accepted than was scored.
        TryAgain: MLflow did not answer.
    """
    version = version_of(address, facts)
    if accept and accept != version:
        raise InputError(
            f"accept={accept}, but version {version} of {facts['model']} was scored; look at its scores, and start the "
            f"run with accept={version}; nothing was written"
        )
    alias = str(facts.get("alias") or "") if passed else ""
    registry.annotate(address, facts["model"], version, tags, alias)
    return {"model": facts["model"], "version": version, "alias_moved": bool(alias)}


def become_baseline(run: settings.Run, name: str) -> None:
    """Copy the run's samples and scorecard to the baseline; the scorecard last, since a baseline exists by it."""
    folder = comparison.baseline_folder(run, name)
    objects.write(scorecard.samples_address(folder), objects.read(scorecard.samples_address(run.root)))
    objects.write(scorecard.address(folder), objects.read(scorecard.address(run.root)))


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
        if address and facts.get("model"):
            part.facts = write(address, facts, tags(run, card, result), passed, os.environ.get("ACCEPT", ""))
        else:
            log.warning(
                "not_annotated",
                "the endpoint has no registered model, or `endpoints` has no MLflow address",
            )
        if passed:
            become_baseline(run, os.environ.get("BASELINE") or "last-pass")
        part.facts["baseline_moved"] = passed
    log.info("annotated", **part.facts)


if __name__ == "__main__":
    main("annotate", annotate)
