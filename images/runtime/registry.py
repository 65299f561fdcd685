"""MLflow's model registry: the one client, with one policy of retries, for promoting, annotating and looking up.

Who may change a model: the pipelines that the catalog lists for it (REGISTERED_MODELS); a model that is not listed
belongs to the project and pipeline of its name, PROJECT.PIPELINE, in small letters: some registries take other letters
for a model that is listed.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from runtime import services, settings
from runtime.errors import InputError, TryAgain

RUN_TAG = "dac.run_id"
# Answers that the same request would get again; everything else is worth another try.
REFUSED = {"PERMISSION_DENIED", "UNAUTHENTICATED"}  # the token is wrong, or may not do this
LASTING = REFUSED | {"INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "ENDPOINT_NOT_FOUND", "BAD_REQUEST"}


def check_source(source: str) -> None:
    """Refuse weights that a model registry must not name: it is shared, and a path would be read on whoever loads it.

    Raises:
        InputError: the source is not an s3:// address.
    """
    if not source.startswith("s3://"):
        raise InputError(f"{source}: the weights of a registered model lie at an s3:// address; register those")


def may_change(project: str, pipeline: str, model: str, right: str, listed: Mapping[str, Any]) -> bool:
    """Return whether a pipeline may change a registered model.

    Args:
        project: the pipeline's project.
        pipeline: its name.
        model: the registered model's name.
        right: `promote` (register versions) or `annotate` (write verdicts, and move an alias on pass).
        listed: by model, the pipelines that have each right, as in standards/catalog/registered_models.yaml.
    """
    if model in listed:
        return f"{project}/{pipeline}" in listed[model].get(right, [])
    owner, _, maker = model.partition(".")
    return owner == project and model == model.lower() and (maker == pipeline if right == "promote" else bool(maker))


def refuse_foreign(run: settings.Run, model: str, right: str) -> None:
    """Refuse a run whose pipeline may not change a registered model.

    Raises:
        InputError: it may not; names the model, the pipeline and the right, and who can give it.
    """
    if not may_change(run.project, run.pipeline, model, right, settings.facts("REGISTERED_MODELS")):
        raise InputError(
            f"{run.project}/{run.pipeline} may not {right} the registered model {model!r}: its owner can list the "
            f"pipeline under {right} of {model} in standards/catalog/registered_models.yaml; nothing was written"
        )


def client(address: str) -> Any:
    """Return a client of the MLflow server at an address, which sends the project's token where there is one.

    Raises:
        InputError: there is no address.
    """
    if not address:
        raise InputError("MLFLOW: no address; the namespace's ConfigMap `endpoints` names the registry")
    if held := services.credentials("mlflow"):
        os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"] = held.username, held.token
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    from mlflow import MlflowClient  # late: it takes a second

    return MlflowClient(tracking_uri=address, registry_uri=address)


@contextmanager
def reaching(address: str) -> Iterator[None]:
    """Turn an MLflow error into what it means for the step.

    Raises:
        InputError: the registry refuses it for good, or has no such model, version or alias.
        TryAgain: the registry did not answer.
    """
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        code = getattr(error, "error_code", "")
        message = f"{address}: the model registry says: {str(error)[:300]}"
        if code in REFUSED:
            message += f"; {services.refusal('mlflow')}"
        raise (InputError if code in LASTING else TryAgain)(message) from error


def version_of(mlflow: Any, name: str, run_id: str) -> Any | None:
    """Return the version that a run has registered already, or None: a second try registers nothing new."""
    versions = mlflow.search_model_versions(f"name = '{name}'")
    return next((v for v in versions if v.tags.get(RUN_TAG) == run_id), None)


def register(address: str, name: str, source: str, run_id: str, tags: Mapping[str, str], description: str) -> str:
    """Make a version of model `name` from the weights at `source`, with alias `candidate`, and return its number.

    Args:
        address: the MLflow server.
        name: the registered model's, made where it is missing.
        run_id: by which a second try finds the version of the first.
        tags: of the version.

    Raises:
        InputError: the source is not an s3:// address, or the registry refuses it for good.
        TryAgain: the registry did not answer.
    """
    check_source(source)
    mlflow = client(address)
    with reaching(address):
        _ensure_model(mlflow, name)
        version = version_of(mlflow, name, run_id)
        if version is None:
            every = {**tags, RUN_TAG: run_id}
            version = mlflow.create_model_version(name, source, tags=every, description=description)
        mlflow.set_registered_model_alias(name, "candidate", version.version)
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
    """Write a run with its parameters and metrics by step, once, and returns its id there."""  # fmt: skip
    mlflow = client(address)
    from mlflow.entities import Metric, Param, RunTag

    with reaching(address):
        existing = mlflow.get_experiment_by_name(experiment)
        place = existing.experiment_id if existing else mlflow.create_experiment(experiment)
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
    return str(made)


def tag_model(address: str, name: str, tags: Mapping[str, str]) -> None:
    """Write tags on a registered model, where there is one."""
    from mlflow.exceptions import MlflowException

    mlflow = client(address)
    with reaching(address):
        try:
            for key, value in tags.items():
                mlflow.set_registered_model_tag(name, key, value)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise


def version_by_alias(address: str, name: str, alias: str) -> Any:
    """Return the version of a model that an alias points at, as MLflow describes it (`version`, `source`).

    Raises:
        InputError: there is no such model or alias, or its weights do not lie at an s3:// address.
        TryAgain: the registry did not answer.
    """
    mlflow = client(address)
    with reaching(address):
        version = mlflow.get_model_version_by_alias(name, alias)
    check_source(str(version.source))
    return version


def candidate(address: str, name: str) -> Any | None:
    """Return the version of a model that the alias `candidate` points at, with its tags; None where there is none.

    Raises:
        TryAgain: the registry did not answer.
    """
    from mlflow.exceptions import MlflowException

    mlflow = client(address)
    with reaching(address):
        try:
            return mlflow.get_model_version_by_alias(name, "candidate")
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise


def annotate(address: str, name: str, version: str, tags: Mapping[str, str], alias: str = "") -> None:
    """Write tags on a version of a model, then point an alias at it where one is given.

    Raises:
        InputError: there is no such model or version, or the alias would lead to weights that are not at an s3://
            address.
        TryAgain: the registry did not answer.
    """
    mlflow = client(address)
    with reaching(address):
        if alias:
            check_source(str(mlflow.get_model_version(name, version).source))
        for key, value in tags.items():
            mlflow.set_model_version_tag(name, version, key, value)
        if alias:
            mlflow.set_registered_model_alias(name, alias, version)
