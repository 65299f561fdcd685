"""promote: the best checkpoint becomes the candidate in a real MLflow registry, once, or nothing does."""

import os
import shutil
from pathlib import Path

import orjson
import pytest
from runtime import receipt, settings
from support import LocalRun, last_message, promote, score
from trainer import bases, checkpoint


def test_the_best_checkpoint_becomes_the_candidate(scored: LocalRun, mlflow: str) -> None:
    from mlflow import MlflowClient
    from transformers import AutoModelForCausalLM

    assert promote(scored) == 0
    facts = receipt.facts(settings.run(), "promote")
    name = f"p.{os.environ['PIPELINE']}"
    version = MlflowClient(mlflow, mlflow).get_model_version_by_alias(name, "candidate")
    step = checkpoint.steps(scored.root)[1]
    assert (str(version.version), version.source) == (facts["version"], facts["weights"])
    assert (scored.folder / "version").read_text() == f"{facts['version']}\n"
    tags = {key: version.tags[f"dac.{key}"] for key in ("step", "value", "metric", "dataset", "scorecard", "commit")}
    assert tags == {
        "step": str(step), "value": "0.750000", "metric": "exact_match", "dataset": os.environ["DATASET"],
        "scorecard": f"{scored.root}/evals/{step}/scorecard.json", "commit": "c" * 40,
    }  # fmt: skip
    digests = [version.tags[f"dac.{what}_digest"] for what in ("base", "checkpoint", "weights")]
    done = checkpoint.read(scored.root, step)
    assert digests == [bases.digest(Path(scored.model["weights"])), done["digest"], facts["weights_digest"]]
    assert version.tags["dac.receipt"] == f"{settings.run().home}/receipts/q-1.json"
    logged = MlflowClient(mlflow, mlflow).get_metric_history(version.tags["dac.mlflow_run"], "loss")
    assert [point.value for point in logged] == scored.losses()
    folder = scored.objects / facts["weights"].removeprefix("s3://")
    assert {"model.safetensors", "tokenizer.json", "README.md"} <= {p.name for p in folder.iterdir()}
    merged = AutoModelForCausalLM.from_pretrained(folder)  # an adapter no more: any server can load it
    assert not hasattr(merged, "peft_config")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (folder / name).read_bytes() == (Path(scored.model["weights"]) / name).read_bytes()
    assert (
        "| exact_match | 0.7500 (95 % 0.6500 to 0.8500, n=24); threshold 0.5 |\n"
        "| exact_match of the base model | 0.0000 |\n"
        "| answers cut at the longest length | 0 of 24 |" in (folder / "README.md").read_text()
    )


def test_an_adapter_is_published_alone_where_the_catalog_says_so(
    scored: LocalRun, mlflow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a base that is served once with many adapters beside it."""
    monkeypatch.setenv("MODEL", orjson.dumps({**scored.model, "publish": "adapter"}).decode())
    assert promote(scored) == 0
    folder = scored.objects / receipt.facts(settings.run(), "promote")["weights"].removeprefix("s3://")
    names = {path.name for path in folder.iterdir()}
    assert {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json", "README.md"} <= names
    assert "model.safetensors" not in names


def test_a_second_try_registers_nothing_new(scored: LocalRun, mlflow: str) -> None:
    from mlflow import MlflowClient

    assert (promote(scored), promote(scored)) == (0, 0)
    versions = MlflowClient(mlflow, mlflow).search_model_versions(f"name = 'p.{os.environ['PIPELINE']}'")
    assert [str(v.version) for v in versions] == ["1"]


def test_below_the_threshold_nothing_is_registered(
    scored: LocalRun, mlflow: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlflow import MlflowClient

    monkeypatch.setenv("THRESHOLD", "0.8")
    assert promote(scored) == 65
    a, b, c = checkpoint.steps(scored.root)
    assert last_message(capsys) == (
        "nothing is promoted: exact_match 0.7500 (95 % 0.6500 to 0.8500, n=24) of the best checkpoint, "
        f"step {b}, misses the threshold 0.8 by 0.0500; "
        f"base: 0.0000, step {a}: 0.2500, step {b}: 0.7500, step {c}: 0.5000"
    )
    assert not MlflowClient(mlflow, mlflow).search_model_versions(f"name = 'p.{os.environ['PIPELINE']}'")


def test_a_base_model_that_was_better_stops_the_promotion(
    scored: LocalRun, mlflow: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though the checkpoint meets the threshold: training made the model worse."""
    from mlflow import MlflowClient

    score(checkpoint.BASE, 0.9)
    assert promote(scored) == 65
    assert ", does not beat the base model, which scores 0.9000; base: 0.9000, " in last_message(capsys)
    assert not MlflowClient(mlflow, mlflow).search_model_versions(f"name = 'p.{os.environ['PIPELINE']}'")


def test_the_next_run_does_not_replace_a_better_candidate(
    scored: LocalRun, mlflow: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlflow import MlflowClient

    assert promote(scored) == 0
    shutil.copytree(scored.run, scored.run.with_name("u2"))
    monkeypatch.setenv("RUN_ID", "u2")
    score(checkpoint.steps(scored.root)[1], 0.7)
    assert promote(scored) == 65
    assert ", is worse than the present candidate, version 1, which scores 0.7500; " in last_message(capsys)
    name = f"p.{os.environ['PIPELINE']}"
    assert str(MlflowClient(mlflow, mlflow).get_model_version_by_alias(name, "candidate").version) == "1"


def test_a_metric_that_was_not_computed_is_named(
    scored: LocalRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METRIC", "bleu")
    assert promote(scored) == 65
    assert last_message(capsys) == "the scorecard of step 0 has no metric 'bleu'; it has exact_match"


def test_a_registry_that_does_not_answer_is_tried_again(scored: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert promote(scored) == 75


def test_a_model_that_others_are_listed_to_promote(
    scored: LocalRun, mlflow: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlflow import MlflowClient

    name = f"p.{os.environ['PIPELINE']}"
    monkeypatch.setenv("REGISTERED_MODELS", orjson.dumps({name: {"promote": ["platform/q"], "annotate": []}}).decode())
    assert promote(scored) == 65
    assert last_message(capsys).startswith(f"p/{os.environ['PIPELINE']} may not promote the registered model {name!r}")
    assert not MlflowClient(mlflow, mlflow).search_registered_models(f"name = '{name}'")
    assert not (scored.objects / "dac-artifacts/p" / os.environ["PIPELINE"] / "models").exists()
