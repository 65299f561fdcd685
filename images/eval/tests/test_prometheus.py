"""What is pushed, as a real Prometheus scrapes it from a real Pushgateway."""

import time
import urllib.parse
from pathlib import Path
from typing import Any

import orjson
import pytest
from runtime import settings
from scoring import compared, next_run, scored
from servers import get, need, port, pushgateway, server
from world import World

# bcrypt of `right`, at the least cost.
HASH = "$2b$04$eYA.W1InI2fP0oBIS6m3V.8jpLK2Y9NtpUz8PJZ0uvAF.ZEMXEiFq"


def query(prometheus: str, expression: str) -> dict[tuple[str, ...], float]:
    """Returns an instant query's values by its labels' values other than job and instance, in the labels' order."""
    body = orjson.loads(get(f"{prometheus}/api/v1/query?query={urllib.parse.quote(expression)}"))
    return {
        tuple(value for name, value in sorted(series["metric"].items()) if name not in ("__name__", "instance", "job")):
        float(series["value"][1]) for series in body["data"]["result"]
    }  # fmt: skip


def settled(prometheus: str, expression: str, wanted: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """Returns the query's values, once they are those wanted or ten seconds have passed."""
    ends = time.monotonic() + 15
    while (values := query(prometheus, expression)) != wanted and time.monotonic() < ends:
        time.sleep(0.2)
    return values


def test_scores_reach_prometheus_and_stay_when_a_run_fails(world: World, tmp_path: Path) -> None:
    gateway = need("prometheus-pushgateway", "prometheus-pushgateway")
    prometheus = need("prometheus", "prometheus")
    with pushgateway(tmp_path, gateway) as push:
        config = tmp_path / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 500ms}\nscrape_configs:\n- job_name: push\n  honor_labels: true\n"
            f"  static_configs: [{{targets: ['{push.removeprefix('http://')}']}}]\n"
        )
        place = f"127.0.0.1:{port()}"
        command = [prometheus, f"--config.file={config}", f"--storage.tsdb.path={tmp_path}/tsdb", "--log.level=error",
                   f"--web.listen-address={place}"]  # fmt: skip
        with server(command, f"http://{place}", "/-/ready", tmp_path) as scraped:
            world.set(PUSHGATEWAY=push)
            scored(world, [n % 4 > 0 for n in range(100)], "exact_match,token_f1")
            world.set(ACCEPT="baseline")  # a person accepts the first version
            compared(world)
            world.run("push")
            world.set(STATUS="Succeeded")
            world.run("finish")
            here = ("answers", "team-docs")
            scores = {("exact_match", *here): 0.75, ("token_f1", *here): 0.75}
            assert settled(scraped, "dac_eval_score", scores) == scores
            failed = {here: 1.0}
            next_run(world, 2)
            world.set(STATUS="Failed")
            world.run("finish")
            assert settled(scraped, "dac_eval_run_failed", failed) == failed
            assert query(scraped, "dac_eval_score") == scores
            verdicts = {
                ("answers", "team-docs", name): float(name == "pass") for name in ("fail", "inconclusive", "pass")
            }
            assert query(scraped, "dac_eval_verdict") == verdicts
            assert query(scraped, "dac_eval_last_success_timestamp_seconds")
            assert query(scraped, "dac_eval_last_failure_timestamp_seconds")
            assert labels(scraped) == {"__name__", "job", "metric", "outcome", "pipeline", "project", "verdict"}


def labels(prometheus: str) -> set[str]:
    """Returns the labels of all our series."""
    series: list[dict[str, Any]] = orjson.loads(
        get(f"{prometheus}/api/v1/series?match[]=" + urllib.parse.quote('{__name__=~"dac_eval_.*"}'))
    )["data"]
    return {name for entry in series for name in entry}


def events(world: World) -> list[str]:
    """Returns the events of finish but for the summary's lines."""
    return [line["event"] for line in world.run("finish") if line["event"] != "summary"]


def test_a_gateway_that_is_not_there_is_tried_again_and_finish_goes_on(world: World) -> None:
    world.set(PUSHGATEWAY=f"http://127.0.0.1:{port()}")
    scored(world, [True] * 10)
    compared(world)
    assert "the metrics were not accepted" in world.run("push", code=75)[-1]["message"]
    world.set(STATUS="Succeeded")
    assert events(world) == ["not_pushed", "finished"]


def test_a_gateway_with_accounts_takes_the_projects_token_and_no_other(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real gateway with one account; what it refuses is a wrong input."""
    program = need("prometheus-pushgateway", "prometheus-pushgateway")
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{team-docs: {HASH}}}\n")
    monkeypatch.setattr(settings, "SECRETS", tmp_path / "secrets")
    with pushgateway(tmp_path, program, f"--web.config.file={tmp_path}/web.yml") as push:
        world.set(PUSHGATEWAY=push)
        scored(world, [True] * 10)
        compared(world)
        refused = world.run("push", code=65)[-1]["message"]
        assert "HTTP 401: Unauthorized; the Secret `pushgateway` of this namespace has no `token`" in refused
        (tmp_path / "secrets/pushgateway").mkdir(parents=True)
        token = tmp_path / "secrets/pushgateway/token"
        token.write_text("wrong")
        assert "HTTP 401: Unauthorized; it knows the project by the token" in world.run("push", code=65)[-1]["message"]
        world.set(STATUS="Succeeded")
        assert events(world) == ["not_pushed", "finished"]
        token.write_text("right\n")
        assert world.run("push")[-1]["event"] == "pushed"


def test_no_gateway_is_said_and_no_fault(world: World) -> None:
    scored(world, [True] * 10)
    compared(world)
    assert world.run("push")[-1]["event"] == "not_pushed"
