"""What the real controllers serve to Prometheus, against what the alerts and the dashboard read of them.

It stands after the pipeline's tests, whose runs it is about, and before those that kill the controller: it
counts anew then.
"""

import re
import ssl
import urllib.request

import pytest
import yaml
from harness.kube import Kube
from harness.organisation import ROOT
from harness.runs import Runs

NODE = "10.87.0.2"  # tests/cluster/local/layout.py
OBSERVABILITY = ROOT / "standards/platform/observability"
# What no run before this one has brought about, and why.
NOT_YET = {
    "argo_workflows_locks_pending": "counted from Argo Workflows 4.1 on",
    "argo_workflows_error_count": "no CronWorkflow was refused",
    "argo_workflows_dac_last_failure_timestamp_seconds": "no run failed",
}
SAMPLE = re.compile(r"^(\w+?)(?:_total)?(?:\{(.*)\})? \S+", re.MULTILINE)


def scrape(address: str) -> dict[str, list[set[str]]]:
    """Return the metrics that are served at an address: name (without `_total`) -> the labels' names of each sample."""
    trusting = ssl.create_default_context()  # the controller's certificate is its own
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(address, context=trusting, timeout=10) as answer:
        text = answer.read().decode()
    served: dict[str, list[set[str]]] = {}
    for name, labels in SAMPLE.findall(text):
        served.setdefault(name, []).append(set(re.findall(r'(\w+)="', labels)))
    return served


def read_by_rules(prefix: str) -> set[str]:
    """Return the metrics of a prefix that alerts, recorded rules and the dashboard read."""
    files = [*OBSERVABILITY.glob("alerts/*.yaml"), OBSERVABILITY / "records.yaml", OBSERVABILITY / "dashboard.json"]
    return {name for file in files for name in re.findall(rf"\b{prefix}\w+", file.read_text())}


@pytest.fixture(scope="module")
def local(kube: Kube) -> None:
    """Leave out what is about the local cluster's processes."""
    if not kube.is_local:
        pytest.skip("the controllers' ports are within the cluster")


@pytest.mark.usefixtures("local")
def test_the_workflow_controller_serves_every_metric_of_the_rules(docs: Runs) -> None:
    served, wanted = scrape(f"https://{NODE}:9090/metrics"), read_by_rules("argo_workflows_")
    assert wanted >= NOT_YET.keys(), "an exception that nothing reads any more"
    missing = {name for name in wanted - NOT_YET.keys() if name.removesuffix("_total") not in served}
    assert not missing, f"served: {sorted(name for name in served if 'dac' in name)}"
    for name, samples in served.items():
        if name.startswith("argo_workflows_dac_") and "sweep" not in name:
            assert all(labels >= {"project", "pipeline", "standard"} for labels in samples), (name, samples)


@pytest.mark.usefixtures("local")
def test_argo_cd_serves_how_each_application_stands(docs: Runs) -> None:
    samples = scrape(f"http://{NODE}:18082/metrics")["argocd_app_info"]
    alert = yaml.safe_load((OBSERVABILITY / "alerts/sync-failed.yaml").read_text())["expr"]
    labels = set(re.findall(r"(\w+)(?:=~|!=)", alert))
    assert labels == {"name", "sync_status"}
    assert all(held >= labels for held in samples)
