"""The model's version in a real MLflow: tags on every verdict, the alias only on pass."""

from collections.abc import Iterator
from typing import Any

import pytest
from mlflow import MlflowClient
from scoring import compared, next_run, sample, scored
from servers import mlflow
from world import World


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow(tmp_path_factory.mktemp("mlflow")) as served:
        yield served


@pytest.fixture
def registry(address: str, world: World) -> Iterator[MlflowClient]:
    """Return a client of the registry, which holds two versions of the model `docs` and nothing else."""
    client = MlflowClient(address, address)
    client.create_registered_model("docs")
    for _ in range(2):
        client.create_model_version("docs", "s3://models/docs", None)
    world.set(MLFLOW=address)
    yield client
    client.delete_registered_model("docs")


def evaluate(world: World, right: list[bool], version: int) -> None:
    registered = {"model": "docs", "version": version, "alias": "champion"}
    world.set(REGISTERED_MODELS={"docs": {"annotate": ["team-docs/answers"]}})
    scored(world, right, endpoint={"model": f"docs-{version}", "registry": registered})
    compared(world)
    world.run("annotate")


def test_the_alias_moves_on_pass_only(world: World, registry: Any) -> None:
    evaluate(world, [False] * 400, 1)
    assert registry.get_model_version("docs", "1").tags["dac.eval.team-docs.answers.verdict"] == "inconclusive"
    assert not registry.get_registered_model("docs").aliases
    next_run(world, 2)
    world.set(ACCEPT="2")
    refused = "accept=2, but version 1 of docs is scored; look at its scores, and start the run with accept=1; "
    assert world.run("load", "--out", "/nowhere", code=65)[-1]["message"] == refused + "nothing was asked"
    next_run(world, 3)
    world.set(ACCEPT="1")
    evaluate(world, [n % 10 > 0 for n in range(400)], 1)
    world.set(ACCEPT="")
    tags = registry.get_model_version("docs", "1").tags
    digest = world.json(f"{world.root}/dataset.json")["sha256"]
    assert tags == {
        "dac.eval.team-docs.answers.exact_match": "0.900000",
        "dac.eval.team-docs.answers.verdict": "pass",
        "dac.eval.team-docs.answers.reason": (
            "accepted as '1' by who started the run: it becomes the baseline 'last-pass'"
        ),
        "dac.eval.team-docs.answers.dataset": f"docs-qa@v1 sha256:{digest}",
        "dac.eval.team-docs.answers.scorecard": "s3://dac-artifacts/team-docs/answers/runs/uid-3/scorecard.json",
        "dac.eval.team-docs.answers.receipt": "s3://dac-artifacts/team-docs/answers/receipts/answers-3.json",
    }
    assert registry.get_model_version_by_alias("docs", "champion").version == "1"
    next_run(world, 4)
    evaluate(world, [n % 10 > 2 for n in range(400)], 2)
    assert registry.get_model_version("docs", "2").tags["dac.eval.team-docs.answers.verdict"] == "fail"
    assert registry.get_model_version_by_alias("docs", "champion").version == "1"
    assert world.json(f"{world.root}/steps/annotate.json")["facts"] == {
        "model": "docs", "version": "2", "alias_moved": False, "baseline_moved": False,
    }  # fmt: skip


def test_the_version_that_the_run_began_with_is_annotated_wherever_the_alias_points_at_the_end(
    world: World, registry: Any
) -> None:
    """Version 2 was never scored: it must not become the champion, nor be named by a second try of load."""
    registry.set_registered_model_alias("docs", "candidate", "1")
    world.set(REGISTERED_MODELS={"docs": {"annotate": ["team-docs/answers"]}}, ACCEPT="1")
    alias = {"registry": {"model": "docs", "candidate": "candidate", "alias": "champion"}}
    scored(world, [True] * 40, endpoint=alias)
    registry.set_registered_model_alias("docs", "candidate", "2")
    world.load()
    compared(world)
    world.run("annotate")
    assert registry.get_model_version_by_alias("docs", "champion").version == "1"
    assert "dac.eval.team-docs.answers.verdict" not in registry.get_model_version("docs", "2").tags
    assert world.json(f"{world.root}/candidate.json") == {
        "version": 1, "model": "docs", "number": "1", "source": "s3://models/docs"
    }  # fmt: skip


def test_an_alias_that_points_to_nothing_ends_the_run_before_anything_is_asked(world: World, registry: Any) -> None:
    world.dataset([sample(0)])
    world.set(METRICS="exact_match", ENDPOINT={"name": "w", "serving": "weights"}, WEIGHTS="docs@none")
    message = world.run("load", "--out", "/nowhere", code=65)[-1]["message"]
    assert message.startswith(f"{world.environ('MLFLOW')}: the model registry says: ")


@pytest.mark.parametrize(
    ("model", "listed"),
    [
        ("docs", {}),
        ("docs", {"docs": {"annotate": ["team-docs/other", "other/answers"]}}),
        ("other.docs", {}),
        ("team-docs-2.docs", {}),
        ("team-docs.docs", {"team-docs.docs": {"promote": ["team-docs/answers"], "annotate": []}}),
    ],
)
def test_nothing_is_written_to_a_model_that_is_anothers(world: World, model: str, listed: dict[str, Any]) -> None:
    """It is refused before the registry is asked anything: there is none at this address."""
    world.set(ACCEPT="1", MLFLOW="http://127.0.0.1:9", REGISTERED_MODELS=listed)
    scored(world, [True] * 20, endpoint={"registry": {"model": model, "version": 1, "alias": "champion"}})
    compared(world)
    assert world.run("annotate", code=65)[-1]["message"] == (
        f"team-docs/answers may not annotate the registered model {model!r}: its owner can list the pipeline under "
        f"annotate of {model} in standards/catalog/registered_models.yaml; nothing was written"
    )
    assert not world.path("s3://dac-artifacts/team-docs/answers/baselines").exists()
