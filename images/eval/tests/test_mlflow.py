"""The model's version in a real MLflow: tags on every verdict, the alias only on pass."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from mlflow import MlflowClient
from no_stores import NoStores
from runtime import objects
from runtime.retention.item import DAYS, Living
from runtime.retention.models import Registry
from runtime.retention.sweeping import Rules, Sweep
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


SWEPT = Living({"team": {"train": ""}})
RECEIPT = "s3://artifacts/team/train/receipts/train-{}.json"


def promoted(client: MlflowClient, number: int, **tags: str) -> str:
    """Register a version as a promotion of team/train does, and return the address of its weights."""
    source = f"s3://artifacts/team/train/models/{number:016x}"
    objects.write_json(f"{source}/config.json", {})
    own = {"dac.project": "team", "dac.pipeline": "train", "dac.run_id": f"uid-{number}", **tags}
    version = client.create_model_version("team.train", source, None, tags=own).version
    run = {"run": f"train-{number}", "run_id": f"uid-{number}", "finished": "2026-11-29T00:00:00Z"}
    results = {"promoted": {"model": "team.train", "version": version}}
    objects.write_json(RECEIPT.format(number), {**run, "status": "Succeeded", "results": results})
    return source


def swept(address: str, living: Living, days: float) -> dict[str, str]:
    """Sweep so many days from now, and return what became of each version."""
    rules = Rules("s3://artifacts", "", {**dict.fromkeys(DAYS.values(), 30), "models": 90}, 0.9, f"sweep-{days}", False)
    ours = Sweep(rules, lambda _: living, NoStores(), time.time() + days * 86400, Registry(address, rules.artifacts))
    ours.run()
    assert not ours.unread
    return {decision.item.address: outcome for decision, outcome in ours.results if decision.item.kind == "model"}


def test_a_version_goes_with_its_weights_once_nothing_leads_to_it(address: str, world: World) -> None:
    """By the real registry's answers; of a pipeline that is gone only what an alias leads to stays."""
    world.set(OBJECTS=f"file://{world.folder}/swept")
    client = MlflowClient(address, address)
    client.create_registered_model("team.train")
    passed = {"dac.eval.team.answers.verdict": "pass"}
    weights = [promoted(client, n, **(passed if n in (2, 3, 4) else {})) for n in range(1, 8)]
    client.create_model_version("team.train", weights[0], None)  # a person's own, of the same weights
    elsewhere = {"dac.project": "team", "dac.pipeline": "train", "dac.run_id": "of-another-cluster"}
    client.create_model_version("team.train", weights[0], None, tags=elsewhere)
    client.set_registered_model_alias("team.train", "champion", "5")
    names = {n: f"team.train/{n}" for n in range(1, 8)}
    assert set(swept(address, SWEPT, 89).values()) == {"kept"}
    flying = replace(SWEPT, in_flight={"team": frozenset({"train"})})
    assert set(swept(address, flying, 91).values()) == {"kept"}
    assert swept(address, SWEPT, 91) == {names[n]: "deleted" if n in (1, 2) else "kept" for n in range(1, 8)}, (
        "one and two: the newest two, the newest two that passed, and the champion stay"
    )
    assert [objects.exists(f"{source}/config.json") for source in weights] == [True, False, *[True] * 5]
    assert versions(client) == {3, 4, 5, 6, 7, 8, 9}
    swept(address, Living({"team": {}}), 92)  # from now on it is missed
    swept(address, Living({"team": {}}), 200)
    assert versions(client) == {5, 8, 9}
    assert objects.exists(f"{weights[4]}/config.json"), "the folder stays with what the alias leads to"
    client.delete_registered_model_alias("team.train", "champion")
    client.set_registered_model_alias("team.train", "theirs", "8")
    swept(address, Living({"team": {}}), 300)
    left = [objects.exists(f"{source}/config.json") for source in weights]
    assert left == [True, *[False] * 6], "a person's alias keeps the folder too"
    client.delete_registered_model_alias("team.train", "theirs")
    swept(address, Living({"team": {}}), 400)
    assert not objects.entries("s3://artifacts/team/train")
    client.delete_registered_model("team.train")


class Killed(BaseException):
    """The sweeper's pod is gone."""


@pytest.mark.parametrize("gone", [False, True])
def test_a_death_between_the_weights_and_the_version_is_made_good(
    address: str, world: World, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    """A version without weights remains, to which no alias leads, also where they were the pipeline's last ones."""
    world.set(OBJECTS=f"file://{world.folder}/swept")
    client = MlflowClient(address, address)
    client.create_registered_model("team.train")
    weights = [promoted(client, number) for number in ((1,) if gone else (1, 2, 3))]
    living = Living({"team": {}}) if gone else SWEPT
    swept(address, living, 1)
    ask = Registry._ask

    def dying(registry: Registry, method: str, *words: Any) -> Any:
        if method == "DELETE":
            raise Killed
        return ask(registry, method, *words)

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "_ask", dying)
        with pytest.raises(Killed):
            swept(address, living, 100)
    assert not objects.exists(f"{weights[0]}/config.json")
    assert 1 in versions(client)
    assert objects.exists(RECEIPT.format(1)), "by which the next sweep finds the version"
    assert swept(address, living, 101)["team.train/1"] == "deleted"
    assert versions(client) == (set() if gone else {2, 3})
    assert objects.exists(RECEIPT.format(1)) != gone
    client.delete_registered_model("team.train")


def versions(client: MlflowClient) -> set[int]:
    """Return the numbers of the versions that are there."""
    return {int(version.version) for version in client.search_model_versions("name = 'team.train'")}
