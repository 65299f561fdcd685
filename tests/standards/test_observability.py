"""The dashboard and the alerts reach the cluster as they stand in standards/platform/observability."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "standards/platform/observability"
RUNBOOKS = yaml.safe_load((ROOT / "standards/catalog/platform.yaml").read_text())["monitoring"]["runbooks"]
Dac = Callable[..., subprocess.CompletedProcess[str]]


def objects(tree: Path) -> dict[str, Any]:
    """Kind/name -> object of the rendered file."""
    text = (tree / "standards/platform/rendered/observability.yaml").read_text()
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in yaml.safe_load_all(text)}


def test_grafana_and_prometheus_are_given_the_very_files() -> None:
    held = objects(ROOT)
    assert set(held) == {"ConfigMap/dashboards", "ConfigMap/alerts", "ConfigMap/kube-state-metrics"}
    dashboards = held["ConfigMap/dashboards"]
    assert dashboards["metadata"]["labels"] == {"grafana_dashboard": "1"}
    assert dashboards["data"] == {"dac.json": (SOURCE / "dashboard.json").read_text()}
    assert json.loads(dashboards["data"]["dac.json"])["uid"] == "dac"
    assert held["ConfigMap/kube-state-metrics"]["data"] == {
        "dac.yaml": (SOURCE / "kube-state-metrics.yaml").read_text()
    }
    groups = {
        group["name"]: group["rules"]
        for group in yaml.safe_load(held["ConfigMap/alerts"]["data"]["dac.yaml"])["groups"]
    }
    assert list(groups) == ["records", *(file.stem for file in sorted((SOURCE / "alerts").glob("*.yaml")))]
    for file in (SOURCE / "alerts").glob("*.yaml"):
        (rule,) = groups[file.stem]
        assert rule["annotations"].pop("runbook_url") == f"{RUNBOOKS}/{file.stem}.md"
        assert rule == yaml.safe_load(file.read_text())


def test_an_operator_is_given_an_object_of_its_own(tmp_path: Path, dac: Dac) -> None:
    shutil.copytree(ROOT / "standards", tmp_path / "standards")
    (tmp_path / "projects").mkdir()
    platform = tmp_path / "standards/catalog/platform.yaml"
    platform.write_text(platform.read_text().replace("operator: false", "operator: true"))
    done = dac("render", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    rule = objects(tmp_path)["PrometheusRule/dac"]
    assert rule["spec"] == yaml.safe_load(objects(ROOT)["ConfigMap/alerts"]["data"]["dac.yaml"])
    assert rule["metadata"]["namespace"] == "dac-platform"
