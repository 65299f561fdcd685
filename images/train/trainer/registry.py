"""MLflow's model registry, as promoting needs it: one version a run, its tags, and the alias that points at it."""

import os
from collections.abc import Mapping
from typing import Any

from errors import TryAgain, WrongInput

RUN_TAG = "dac.run_id"
# Answers that the same request would get again; everything else is worth another try.
LASTING = {"INVALID_PARAMETER_VALUE", "PERMISSION_DENIED", "UNAUTHENTICATED", "ENDPOINT_NOT_FOUND", "BAD_REQUEST"}


def client(address: str) -> Any:
    """Returns a client of the MLflow server at an address.

    Raises:
        WrongInput: there is no address.
    """
    if not address:
        raise WrongInput("MLFLOW: no address; the namespace's ConfigMap `endpoints` names the registry")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    from mlflow import MlflowClient  # late: it takes a second

    return MlflowClient(tracking_uri=address, registry_uri=address)


def failed(error: Any, address: str) -> WrongInput | TryAgain:
    """Returns what an MLflow error means for the step."""
    kind = WrongInput if getattr(error, "error_code", "") in LASTING else TryAgain
    return kind(f"{address}: the model registry says: {str(error)[:300]}")


def version_of(mlflow: Any, name: str, run_id: str) -> Any | None:
    """Returns the version that a run has registered already, or None: a second try registers nothing new."""
    found = mlflow.search_model_versions(f"name = '{name}'")
    return next((v for v in found if v.tags.get(RUN_TAG) == run_id), None)


def register(address: str, name: str, source: str, run_id: str, tags: Mapping[str, str], description: str) -> str:
    """Makes a version of model `name` from the weights at `source`, gives it alias `candidate`, and returns its number.

    Args:
        address: the MLflow server.
        name: the registered model's, made where it is missing.
        run_id: by which a second try finds the version of the first.
        tags: of the version.

    Raises:
        WrongInput: the registry refuses it for good.
        TryAgain: the registry did not answer.
    """
    mlflow = client(address)
    from mlflow.exceptions import MlflowException

    try:
        _ensure_model(mlflow, name)
        version = version_of(mlflow, name, run_id)
        if version is None:
            every = {**tags, RUN_TAG: run_id}
            version = mlflow.create_model_version(name, source, tags=every, description=description)
        mlflow.set_registered_model_alias(name, "candidate", version.version)
    except MlflowException as error:
        raise failed(error, address) from error
    return str(version.version)


def _ensure_model(mlflow: Any, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        mlflow.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def log_run(
    address: str,
    experiment: str,
    run_id: str,
    tags: Mapping[str, str],
    parameters: Mapping[str, Any],
    points: Mapping[str, list[tuple[int, float]]],
) -> str:
    """Writes a run with its parameters and metrics by step, once, and returns its id there."""  # fmt: skip
    mlflow = client(address)
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.exceptions import MlflowException

    try:
        found = mlflow.get_experiment_by_name(experiment)
        place = found.experiment_id if found else mlflow.create_experiment(experiment)
        earlier = mlflow.search_runs([place], f"tags.`{RUN_TAG}` = '{run_id}'", max_results=1)
        if earlier:
            return str(earlier[0].info.run_id)
        made = mlflow.create_run(place, tags={**tags, RUN_TAG: run_id}).info.run_id
        metrics = [Metric(name, value, 0, step) for name, line in points.items() for step, value in line]
        for start in range(0, len(metrics), 1000):
            mlflow.log_batch(made, metrics=metrics[start : start + 1000])
        mlflow.log_batch(
            made,
            params=[Param(k, str(v)[:500]) for k, v in parameters.items()],
            tags=[RunTag("mlflow.source.type", "JOB")],
        )
        mlflow.set_terminated(made, "FINISHED")
    except MlflowException as error:
        raise failed(error, address) from error
    return str(made)


def tag_model(address: str, name: str, tags: Mapping[str, str]) -> None:
    """Writes tags on a registered model, where there is one."""
    mlflow = client(address)
    from mlflow.exceptions import MlflowException

    try:
        for key, value in tags.items():
            mlflow.set_registered_model_tag(name, key, value)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise failed(error, address) from error
