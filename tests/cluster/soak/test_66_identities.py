"""Each cloud's identities, as a project's manifests and the templates hold them, before a real API server."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness.kube import Kube
from harness.organisation import ROOT, Organisation
from harness.runs import Runs

CLOUDS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "tests/standards/identities.yaml").read_text())
ARGOCD = "--as=system:serviceaccount:argocd:argocd-application-controller"


@pytest.mark.parametrize("name", CLOUDS)
def test_the_api_server_takes_what_is_rendered(
    kube: Kube, organisation: Organisation, docs: Runs, tmp_path: Path, name: str
) -> None:
    """As Argo CD sends it, past the admission policies of the cluster."""
    ours = Organisation(kube, organisation.outside, tmp_path / "tree")
    shutil.copytree(organisation.tree, ours.tree, ignore=shutil.ignore_patterns(".git"))
    identity = CLOUDS[name]["identity"]
    held = {key.replace("python-docs/", "docs/"): value for key, value in identity.get("names", {}).items()}
    ours.edit("platform", {"identity": {**identity, **({"names": held} if held else {})}})
    ours.dac("render", "--cluster")
    rendered = ours.tree / "projects/docs/rendered/platform"
    for file in (rendered / "access.yaml", rendered / "network.yaml"):
        kube(ARGOCD, "-n", "docs", "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", str(file))
    template = ours.tree / "standards/rag-indexing/v1/rendered.yaml"
    kube(ARGOCD, "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", str(template))
    (account,) = (
        each
        for each in yaml.safe_load_all((rendered / "access.yaml").read_text())
        if each["kind"] == "ServiceAccount" and each["metadata"]["name"] == "rag-indexing"
    )
    assert (account["metadata"]["annotations"] or {}) == CLOUDS[name]["annotations"] or name == "aws"
