"""The figures of a pipeline that is gone leave a real Pushgateway with it; others' stay."""

import time
from pathlib import Path

import orjson
import pytest
from no_stores import NoStores
from runtime import objects, settings
from runtime.errors import InputError, TryAgain
from runtime.retention.item import DAYS, FIGURES, PIPELINE, Item, Living
from runtime.retention.pushed import Gateway
from runtime.retention.sweeping import Rules, Sweep
from scoring import compared, scored
from servers import get, need, port, pushgateway
from test_prometheus import HASH
from world import World

HOME = "s3://dac-artifacts/team-docs/answers"


def pushed_by(world: World, pipeline: str) -> None:
    """Score, push and finish a run of a pipeline."""
    world.set(PIPELINE=pipeline, STATUS="Succeeded")
    scored(world, [True] * 10)
    compared(world)
    world.run("push")
    world.run("finish")


def groups(gateway: str) -> set[tuple[str, str]]:
    """Return the groups that a gateway holds: job and pipeline."""
    held = orjson.loads(get(f"{gateway}/api/v1/metrics"))["data"]
    return {(group["labels"]["job"], group["labels"]["pipeline"]) for group in held}


def swept(gateway: str, living: Living, days: float) -> dict[str, set[str]]:
    """Sweep so many days from now, and return what became of figures and of pipelines."""
    rules = Rules("s3://dac-artifacts", "", dict.fromkeys(DAYS.values(), 90), 0.9, f"sweep-{days}", False)
    ours = Sweep(rules, lambda _: living, NoStores(), time.time() + days * 86400, gateway=Gateway(gateway))
    ours.run()
    return {kind: {o for d, o in ours.results if d.item.kind == kind} for kind in (FIGURES, PIPELINE)}


def test_the_figures_of_a_pipeline_that_is_gone_go_with_it(world: World, tmp_path: Path) -> None:
    """Its figures go first: by its folder's receipts the next sweep knows that there are some."""
    left = Living({"team-docs": {"other": ""}})
    with pushgateway(tmp_path, need("prometheus-pushgateway", "prometheus-pushgateway")) as gateway:
        world.set(PUSHGATEWAY=gateway)
        for pipeline in ("answers", "other"):
            pushed_by(world, pipeline)
        every = {(job, name) for job in ("dac-eval", "dac-eval-runs") for name in ("answers", "other")}
        assert groups(gateway) == every
        swept(gateway, left, 0)  # from now on it is missed
        assert swept(gateway, left, 89) == {FIGURES: {"kept"}, PIPELINE: {"kept"}}
        assert groups(gateway) == every
        elsewhere = f"http://127.0.0.1:{port()}"
        assert swept(elsewhere, left, 91) == {FIGURES: {"failed"}, PIPELINE: {"failed"}}
        assert objects.entries(HOME), "the folder stays while figures of it could not go"
        assert swept(gateway, left, 92) == {FIGURES: {"deleted"}, PIPELINE: {"deleted"}}
        assert groups(gateway) == {("dac-eval", "other"), ("dac-eval-runs", "other")}
        assert not objects.entries(HOME)


def test_a_gateway_with_accounts_is_asked_with_the_sweepers_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{sweeper: {HASH}}}\n")
    monkeypatch.setattr(settings, "SECRETS", tmp_path / "secrets")
    program = need("prometheus-pushgateway", "prometheus-pushgateway")
    with pushgateway(tmp_path, program, f"--web.config.file={tmp_path}/web.yml") as address:
        gateway = Gateway(address)
        items = gateway.groups("team-docs", "answers", [{"standard": "eval-suite@v1"}])
        with pytest.raises(InputError, match=r"refuses DELETE .*/pipeline/answers/project/team-docs: HTTP 401"):
            gateway.drop(items[0])
        (tmp_path / "secrets/pushgateway").mkdir(parents=True)
        (tmp_path / "secrets/pushgateway/token").write_text("right\n")
        for item in items:
            gateway.drop(item)


def test_what_was_no_evaluation_asks_nobody() -> None:
    """A gateway that is away keeps no index from being swept."""
    assert Gateway("http://127.0.0.1:1").groups("team", "search", [{"standard": "rag-indexing@v1"}]) == []
    assert Gateway("").groups("team", "answers", [{"standard": "eval-suite@v1"}]) == []


def test_a_gateway_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(TryAgain, match="the Pushgateway did not answer DELETE"):
        Gateway("").drop(Item(FIGURES, f"http://127.0.0.1:{port()}/metrics/job/dac-eval", "team", "answers"))
