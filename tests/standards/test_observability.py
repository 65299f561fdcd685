"""The dashboard and the alerts reach the cluster as they stand in standards/platform/observability."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "standards/platform/observability"
Dac = Callable[..., subprocess.CompletedProcess[str]]


def objects(tree: Path) -> dict[str, Any]:
    """Kind/name -> object of the rendered file."""
    text = (tree / "standards/platform/rendered/observability.yaml").read_text()
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in yaml.safe_load_all(text)}


def test_grafana_and_prometheus_are_given_the_very_files() -> None:
    held = objects(ROOT)
    assert set(held) == {"ConfigMap/dashboards", "ConfigMap/alerts"}
    dashboards = held["ConfigMap/dashboards"]
    assert dashboards["metadata"]["labels"] == {"grafana_dashboard": "1"}
    assert dashboards["data"] == {"dac-eval.json": (SOURCE / "dashboard.json").read_text()}
    assert held["ConfigMap/alerts"]["data"] == {"dac-eval.yaml": (SOURCE / "alerts.yaml").read_text()}
    assert json.loads(dashboards["data"]["dac-eval.json"])["uid"] == "dac-eval"


def test_an_operator_is_given_an_object_of_its_own(tmp_path: Path, dac: Dac) -> None:
    shutil.copytree(ROOT / "standards", tmp_path / "standards")
    (tmp_path / "projects").mkdir()
    platform = tmp_path / "standards/catalog/platform.yaml"
    platform.write_text(platform.read_text().replace("operator: false", "operator: true"))
    done = dac("render", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    rule = objects(tmp_path)["PrometheusRule/dac-eval"]
    assert rule["spec"] == yaml.safe_load((SOURCE / "alerts.yaml").read_text())
    assert rule["metadata"]["namespace"] == "dac-platform"


def test_prometheus_takes_the_rules_as_they_are_rendered(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: the rules were only compared; apt-get install prometheus")
    (tmp_path / "rules.yaml").write_text(objects(ROOT)["ConfigMap/alerts"]["data"]["dac-eval.yaml"])
    done = subprocess.run([promtool, "check", "rules", "rules.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, "SUCCESS: 4 rules found" in done.stdout) == (0, True), done.stdout + done.stderr
