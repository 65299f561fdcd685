"""What is pushed, as a real Prometheus scrapes it from a real Pushgateway; the alert rules, as promtool takes them."""

import time
import urllib.parse
from pathlib import Path
from typing import Any

import orjson
from servers import get, need, port, server
from test_steps import compared, next_run, scored
from world import World


def query(prometheus: str, expression: str) -> dict[tuple[str, ...], float]:
    """Returns an instant query's values by its labels' values other than job and instance, in the labels' order."""
    body = orjson.loads(get(f"{prometheus}/api/v1/query?query={urllib.parse.quote(expression)}"))
    return {
        tuple(value for name, value in sorted(one["metric"].items()) if name not in ("__name__", "instance", "job")):
        float(one["value"][1]) for one in body["data"]["result"]
    }  # fmt: skip


def settled(prometheus: str, expression: str, wanted: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """Returns the query's values, once they are those wanted or ten seconds have passed."""
    ends = time.monotonic() + 15
    while (found := query(prometheus, expression)) != wanted and time.monotonic() < ends:
        time.sleep(0.2)
    return found


def test_scores_reach_prometheus_and_stay_when_a_run_fails(world: World, tmp_path: Path) -> None:
    gateway = need("prometheus-pushgateway", "prometheus-pushgateway")
    prometheus = need("prometheus", "prometheus")
    with server([gateway, f"--web.listen-address=127.0.0.1:{port()}"], "/-/ready", tmp_path) as push:
        config = tmp_path / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 500ms}\nscrape_configs:\n- job_name: push\n  honor_labels: true\n"
            f"  static_configs: [{{targets: ['{push.removeprefix('http://')}']}}]\n"
        )
        command = [prometheus, f"--config.file={config}", f"--storage.tsdb.path={tmp_path}/tsdb", "--log.level=error",
                   f"--web.listen-address=127.0.0.1:{port()}"]  # fmt: skip
        with server(command, "/-/ready", tmp_path) as scraped:
            world.set(PUSHGATEWAY=push)
            scored(world, [n % 4 > 0 for n in range(100)], "exact_match,token_f1")
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
    return {name for one in series for name in one}


def test_a_gateway_that_is_not_there_is_tried_again_and_finish_goes_on(world: World) -> None:
    world.set(PUSHGATEWAY=f"http://127.0.0.1:{port()}")
    scored(world, [True] * 10)
    compared(world)
    assert "did not take the metrics" in world.run("push", code=75)[-1]["message"]
    world.set(STATUS="Succeeded")
    assert [line["event"] for line in world.run("finish")] == ["not_pushed", "finished"]


def test_no_gateway_is_said_and_no_fault(world: World) -> None:
    scored(world, [True] * 10)
    compared(world)
    assert world.run("push")[-1]["event"] == "not_pushed"
