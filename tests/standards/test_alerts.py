"""Each alert fires when its tests say, is built from metrics that exist, and has a page in docs/alerts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from prometheus import metrics_in, own_metrics, promtool, rendered, rules
from sweep import some

pytestmark = pytest.mark.exhaustive

ROOT = Path(__file__).parents[2]
OBSERVABILITY = ROOT / "standards/platform/observability"
ALERTS = sorted((OBSERVABILITY / "alerts").glob("*.yaml"))
CASES = Path(__file__).parent / "alerts"
PAGES = ROOT / "docs/alerts"
# Metrics of others that the alerts read. Argo Workflows: util/telemetry/metrics_list.go, behind argo_workflows_
# (locks_pending from 4.1 on). Argo CD: controller/metrics/metrics.go. kube-state-metrics: docs/metrics/workload.
FOREIGN = {
    "argo_workflows_is_leader",
    "argo_workflows_error_count",
    "argo_workflows_locks_pending",
    "argocd_app_info",
    "kube_pod_status_phase",
}


def test_prometheus_takes_the_rules_as_they_are_rendered(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(rendered("alerts"))
    done = promtool(tmp_path, "check", "rules", "--lint-fatal", "rules.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {len(rules())} rules found" in done.stdout


@pytest.mark.parametrize("file", some(ALERTS, 2), ids=lambda file: file.stem)
def test_an_alert_fires_when_it_should_and_not_otherwise(file: Path, tmp_path: Path) -> None:
    """Promtool's unit tests; they hold labels alone, so the rules are given to it without their texts."""
    text = yaml.safe_load(rendered("alerts"))
    for group in text["groups"]:
        group["rules"] = [{key: rule[key] for key in rule if key != "annotations"} for rule in group["rules"]]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(text))
    cases = yaml.safe_load((CASES / file.name).read_text())
    # An order: promtool takes any, and an alert would see the records of an hour ago, or none.
    order = {"group_eval_order": [group["name"] for group in text["groups"]]}
    (tmp_path / "test.yaml").write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], **order, **cases}))
    alert = yaml.safe_load(file.read_text())["alert"]
    expected = [check for test in cases["tests"] for check in test["alert_rule_test"]]
    assert {check["alertname"] for check in expected} == {alert}
    assert {bool(check.get("exp_alerts")) for check in expected} == {True, False}, "it fires in one, and not in another"
    done = promtool(tmp_path, "test", "rules", "test.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_holds_one_alert_named_alike_with_a_test_and_a_page() -> None:
    stems = {file.stem for file in ALERTS}
    for file in ALERTS:
        rule = yaml.safe_load(file.read_text())
        assert rule["alert"] == "".join(word.capitalize() for word in file.stem.split("-"))
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"].keys() == {"severity"}
        assert rule["labels"]["severity"] in ("critical", "warning")
    assert {file.stem for file in CASES.glob("*.yaml")} == stems
    assert {file.stem for file in PAGES.glob("*.md")} - {"README"} == stems
    urls = {Path(rule["annotations"]["runbook_url"]) for rule in rules() if "alert" in rule}
    assert {url.stem for url in urls} == stems
    assert {url.parent.as_posix().split("/main/")[1] for url in urls} == {"docs/alerts"}


def test_the_alerts_read_metrics_that_exist() -> None:
    used = {name for rule in rules() for name in metrics_in(rule["expr"])}
    assert used - own_metrics() == FOREIGN


def test_every_metric_of_kube_state_metrics_is_read() -> None:
    text = "".join(rule["expr"] for rule in rules()) + rendered("dashboards", "dac.json")
    ours = [name for name in own_metrics() if name.startswith(("dac_cronworkflow", "dac_workflow"))]
    assert [name for name in ours if name not in text] == []


def test_the_texts_name_labels_that_their_alerts_have() -> None:
    """A label that is missing would leave a gap in the message; the unit tests know which labels there are."""
    for file in ALERTS:
        rule = yaml.safe_load(file.read_text())
        checks = [
            c for test in yaml.safe_load((CASES / file.name).read_text())["tests"] for c in test["alert_rule_test"]
        ]
        labels = [alert["exp_labels"].keys() for check in checks for alert in check.get("exp_alerts", [])]
        named = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
        assert all(named <= each for each in labels), file.name
