"""The dashboard and the alerts are in the cluster as they stand in the tree, brought by Argo CD."""

from harness.kube import Kube
from harness.organisation import ROOT, Organisation

SOURCE = ROOT / "standards/platform/observability"


def test_argo_cd_brought_the_dashboard_and_the_alerts(kube: Kube, organisation: Organisation) -> None:
    files = {}
    for name in ("dashboards", "alerts"):
        held = kube.get("-n", "dac-platform", "configmap", name)
        assert held["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] == (
            f"dac-platform:/ConfigMap:dac-platform/{name}"
        )
        files |= held["data"]
    assert files == {
        "dac-eval.json": (SOURCE / "dashboard.json").read_text(),
        "dac-eval.yaml": (SOURCE / "alerts.yaml").read_text(),
    }
