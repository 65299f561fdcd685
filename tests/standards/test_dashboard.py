"""Each query of the dashboard gives what dashboard.yaml says, by Prometheus's own engine, of metrics that exist."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml
from prometheus import metrics_in, own_metrics, promtool

HERE = Path(__file__).parent
DASHBOARD = json.loads((HERE.parents[1] / "standards/platform/observability/dashboard.json").read_text())
QUERIES = {panel["title"]: [target["expr"] for target in panel.get("targets", [])] for panel in DASHBOARD["panels"]}
VARIABLES = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
FOREIGN = {"ALERTS"}


def _with(expression: str, choice: str) -> str:
    """Return a query with a choice of projects and pipelines in place of Grafana's variables."""
    return expression.replace("$project", choice).replace("$pipeline", choice)


def _promtool(folder: Path, checks: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    case = yaml.safe_load((HERE / "dashboard.yaml").read_text())
    test = {"interval": case["interval"], "input_series": case["series"], "promql_expr_test": checks}
    (folder / "test.yaml").write_text(yaml.safe_dump({"tests": [test]}))
    return promtool(folder, "test", "rules", "test.yaml")


def _samples(texts: list[str]) -> list[dict[str, Any]]:
    return [{"labels": text.rpartition(" ")[0], "value": float(text.rpartition(" ")[2])} for text in texts]


def test_each_panel_shows_what_its_series_say(tmp_path: Path) -> None:
    case = yaml.safe_load((HERE / "dashboard.yaml").read_text())
    panels = {title: queries for title, queries in QUERIES.items() if queries}
    assert {title: len(samples) for title, samples in case["panels"].items()} == {
        title: len(queries) for title, queries in panels.items()
    }
    checks = [
        {"expr": _with(query, ".*"), "eval_time": case["at"], "exp_samples": _samples(texts)}
        for title, queries in panels.items()
        for query, texts in zip(queries, case["panels"][title], strict=True)
    ]
    done = _promtool(tmp_path, checks)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_choice_of_projects_holds_in_every_panel(tmp_path: Path) -> None:
    at = yaml.safe_load((HERE / "dashboard.yaml").read_text())["at"]
    queries = [query for queries in QUERIES.values() for query in queries]
    checks = [{"expr": _with(query, "nobodys"), "eval_time": at, "exp_samples": []} for query in queries]
    done = _promtool(tmp_path, checks)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_queries_read_metrics_that_exist() -> None:
    used = {name for queries in QUERIES.values() for query in queries for name in metrics_in(query)}
    assert used - own_metrics() - FOREIGN == set()
    assert {"argo_workflows_dac_spent_dollars_total", "argo_workflows_dac_spent_gpu_hours_total"} <= used


def test_its_variables_are_defined() -> None:
    text = json.dumps(DASHBOARD["panels"])
    assert {"datasource", "project", "pipeline"} == VARIABLES
    assert all(f"${name}" in text or f"${{{name}}}" in text for name in VARIABLES)
