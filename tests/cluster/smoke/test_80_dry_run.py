"""Every manifest that this repository holds, offered to the API server, whose full definitions know every field."""

from pathlib import Path

import pytest
from harness.kube import Kube
from harness.organisation import ROOT, Organisation

TEMPLATES = sorted(ROOT.glob("standards/*/v*/rendered.yaml"))
PROJECTS = sorted(folder.parent for folder in ROOT.glob("projects/*/rendered"))


def offer(kube: Kube, *files: Path) -> None:
    """Apply as a server-side dry run, in which an unknown field is an error."""
    named = [f"--filename={file}" for file in files]
    kube("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", *named)


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.parent.parent.name)
def test_templates_are_accepted(kube: Kube, organisation: Organisation, file: Path) -> None:
    offer(kube, file)


def test_the_platform_is_accepted(kube: Kube, organisation: Organisation) -> None:
    offer(kube, ROOT / "standards/platform/rendered", ROOT / "standards/platform/catalog/rendered")


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_projects_are_accepted(kube: Kube, organisation: Organisation, project: Path) -> None:
    # Its namespace has to be there for what stands in it; without the label, since the organisation of this test
    # admits its own standards only.
    kube("create", "namespace", project.name)
    try:
        offer(kube, project / "rendered/platform", project / "rendered/pipelines")
    finally:
        kube("delete", "namespace", project.name, "--wait=false")
