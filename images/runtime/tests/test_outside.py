"""Slack and MLflow: what an answer, or none, means for the step."""

import pytest
from mlflow.exceptions import MlflowException
from runtime import notify, registry
from runtime.errors import InputError, TryAgain


@pytest.mark.parametrize("webhook", ["", "http://127.0.0.1:9/hook", "not a URL", "http://a b/"])
def test_slack_never_fails_a_step(webhook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK", webhook)
    assert notify.slack("text") is False


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("RESOURCE_DOES_NOT_EXIST", InputError),
        ("PERMISSION_DENIED", InputError),
        ("TEMPORARILY_UNAVAILABLE", TryAgain),
        ("INTERNAL_ERROR", TryAgain),
    ],
)
def test_a_refusal_of_mlflow_is_final_and_a_failure_is_tried_again(code: str, kind: type[Exception]) -> None:
    from mlflow.protos.databricks_pb2 import ErrorCode

    with pytest.raises(kind, match="the model registry says: no"), registry.reaching("http://mlflow"):
        raise MlflowException("no", error_code=ErrorCode.Value(code))


def test_a_registry_without_an_address_is_a_wrong_input() -> None:
    with pytest.raises(InputError, match="MLFLOW: no address"):
        registry.client("")
