"""The dashboard, the alerts and kube-state-metrics' file are in the cluster as rendered, brought by Argo CD."""

import yaml
from harness.kube import Kube
from harness.organisation import ROOT, Organisation

RENDERED = ROOT / "standards/platform/rendered/observability.yaml"


def test_argo_cd_brought_the_dashboard_and_the_alerts(kube: Kube, organisation: Organisation) -> None:
    for rendered in yaml.safe_load_all(RENDERED.read_text()):
        name = rendered["metadata"]["name"]
        held = kube.get("-n", "dac-platform", "configmap", name)
        assert held["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] == (
            f"dac-platform:/ConfigMap:dac-platform/{name}"
        )
        assert held["data"] == rendered["data"]
