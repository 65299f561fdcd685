"""What Prometheus is given by the platform, and Prometheus's own engine to try it with."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]


def rendered(name: str, key: str = "dac.yaml") -> str:
    """Return what a ConfigMap of the rendered file holds."""
    text = (ROOT / "standards/platform/rendered/observability.yaml").read_text()
    return str(next(each for each in yaml.safe_load_all(text) if each["metadata"]["name"] == name)["data"][key])


def rules() -> list[dict[str, Any]]:
    """Return all rules as they are rendered."""
    return [rule for group in yaml.safe_load(rendered("alerts"))["groups"] for rule in group["rules"]]


def promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed; as root: apt-get install -y --no-install-recommends prometheus")
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)


def own_metrics() -> set[str]:
    """Return the metrics that the templates, the eval steps, kube-state-metrics' file and the recording rules make."""
    names = {rule["record"] for rule in rules() if "record" in rule}
    for file in ROOT.glob("standards/*/v*/rendered.yaml"):
        names |= {f"argo_workflows_{name}" for name in re.findall(r"name: (dac_\w+)", file.read_text())}
    source = (ROOT / "images/eval/push.py").read_text()
    gauges = re.findall(r'gauge\(\s*"(\w+)"|\("(score\w*)"|Gauge\("dac_eval_(\w+)"', source)
    names |= {f"dac_eval_{name}" for names_of in gauges for name in names_of if name}
    for resource in yaml.safe_load(rendered("kube-state-metrics"))["spec"]["resources"]:
        names |= {f"{resource['metricNamePrefix']}_{metric['name']}" for metric in resource["metrics"]}
    return names


def metrics_in(expression: str) -> set[str]:
    """Return the names of metrics in an expression of PromQL."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\b(by|on|group_left|without) *\([^)]*\)', " ", expression)
    return {word for word in re.findall(r"\b[a-z]\w*(?::\w+)?\b(?! *\()", bare) if "_" in word} - {"group_left"}
