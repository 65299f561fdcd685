"""Write scorecard, verdict, dataset and receipt to the model's version in MLflow; move the alias only on pass.

    python -m annotate

Environment: ENDPOINT (facts: registry {model, version or candidate: alias, alias: moved on pass}; serving), MLFLOW
(its address; without one, or without `registry`, nothing is written, and that is logged), BASELINE, and the run's.
Where a sidecar served a version's weights, that version is annotated, wherever its alias points now. On pass the
scorecard and the samples also become the baseline BASELINE of this pipeline, after the alias has moved.
"""

import argparse
import os
from typing import Any

import log
import settings
import storage
from errors import TryAgain, WrongInput, main
from evaluation import comparison, receipt, scorecard, served

PREFIX = "dac.eval"


def client(address: str) -> Any:
    """Returns an MLflow client; imported here, since it takes a second."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=address, registry_uri=address)


def registered(run: settings.Run) -> dict[str, Any]:
    """Return the registry's facts of the model that was scored; empty where it is not registered."""
    endpoint = settings.facts("ENDPOINT")
    facts: dict[str, Any] = endpoint.get("registry") or {}
    if endpoint.get("serving") == "weights" and (name := served.name(run.root)):
        model, _, version = name.rpartition("/")
        return {**facts, "model": model, "version": version}
    return facts


def version_of(registry: Any, facts: dict[str, Any]) -> str:
    """Return the version that was scored: the one that the catalog names, or the one of its candidate alias."""
    if "version" in facts:
        return str(facts["version"])
    return str(registry.get_model_version_by_alias(facts["model"], facts["candidate"]).version)


def tags(run: settings.Run, card: dict[str, Any], result: dict[str, Any]) -> dict[str, str]:
    """Return the tags of the model's version, by name.

    Args:
        run: this run.
        card: its scorecard.
        result: its comparison.
    """
    scores = {f"{PREFIX}.{run.pipeline}.{name}": f"{entry['value']:.6f}" for name, entry in card["metrics"].items()}
    return scores | {
        f"{PREFIX}.{run.pipeline}.verdict": result["verdict"],
        f"{PREFIX}.{run.pipeline}.reason": result["reason"],
        f"{PREFIX}.{run.pipeline}.dataset": f"{card['dataset']['name']} sha256:{card['dataset']['sha256']}",
        f"{PREFIX}.{run.pipeline}.scorecard": scorecard.address(run.root),
        f"{PREFIX}.{run.pipeline}.receipt": receipt.address(run),
    }


def write(address: str, facts: dict[str, Any], tags: dict[str, str], passed: bool) -> dict[str, Any]:
    """Write the tags and, on pass, move the alias.

    Args:
        address: MLflow's.
        facts: model, and version or candidate; alias.
        tags: by name.
        passed: whether the verdict is pass.

    Returns:
        The step's facts: model, version, alias_moved.

    Raises:
        WrongInput: MLflow has no such model, version or alias.
        TryAgain: MLflow did not answer.
    """
    registry = client(address)
    from mlflow.exceptions import MlflowException

    try:
        version = version_of(registry, facts)
        for name, value in tags.items():
            registry.set_model_version_tag(facts["model"], version, name, value)
        if passed and facts.get("alias"):
            registry.set_registered_model_alias(facts["model"], facts["alias"], version)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise WrongInput(f"MLflow at {address}: model {facts['model']}: {error.message}") from error
        raise TryAgain(f"MLflow at {address}: {error.message}") from error
    return {"model": facts["model"], "version": version, "alias_moved": bool(passed and facts.get("alias"))}


def become_baseline(run: settings.Run, name: str) -> None:
    """Copy the run's samples and scorecard to the baseline; the scorecard last, since a baseline exists by it."""
    folder = comparison.baseline_folder(run, name)
    storage.write(scorecard.samples_address(folder), storage.read(scorecard.samples_address(run.root)))
    storage.write(scorecard.address(folder), storage.read(scorecard.address(run.root)))


def annotate() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run, address = settings.run(), os.environ.get("MLFLOW", "")
    facts = registered(run)
    with receipt.part(run, "annotate") as part:
        card, result = scorecard.read(run.root), comparison.read(run.root)
        passed = result["verdict"] == "pass"
        if address and facts.get("model"):
            part.facts = write(address, facts, tags(run, card, result), passed)
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
    main(annotate)
