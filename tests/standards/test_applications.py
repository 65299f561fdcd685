"""What Argo CD reads: the applications that standards/platform renders, and the files in their reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
RENDERED = ROOT / "standards/platform/rendered/applications.yaml"


def applications() -> dict[str, dict[str, Any]]:
    """Return each Application's spec by its name, or the spec that an ApplicationSet gives its Applications."""
    objects = list(yaml.safe_load_all(RENDERED.read_text()))
    specs = {each["metadata"]["name"]: each["spec"] for each in objects if each["kind"] == "Application"}
    sets = [each for each in objects if each["kind"] == "ApplicationSet"]
    return specs | {each["metadata"]["name"] + "-set": each["spec"]["template"]["spec"] for each in sets}


def test_only_the_files_of_one_folder_are_read_and_nothing_below() -> None:
    one_folder = {"recurse": False, "include": "*.yaml"}
    read = {
        name: [source["directory"] for source in spec.get("sources", [spec.get("source")])]
        for name, spec in applications().items()
    }
    flat = {name for name, folders in read.items() if all(folder == one_folder for folder in folders)}
    assert flat == read.keys() - {"dac-templates"}


def test_each_project_gets_the_catalog_beside_its_own_manifests() -> None:
    spec = applications()["dac-projects-set"]
    assert [source["path"] for source in spec["sources"]] == ["{{.path.path}}", "standards/platform/catalog/rendered"]
    assert spec["destination"]["namespace"] == "{{index .path.segments 1}}", "the maps name none"


def test_templates_are_read_by_name() -> None:
    """Argo CD's star is any text, slashes too: `*/*/rendered.yaml` took every such file at any depth."""
    standards = sorted(
        path.parent.relative_to(ROOT / "standards") for path in ROOT.glob("standards/*/v*/standard.yaml")
    )
    listed = ",".join(f"{standard.as_posix()}/rendered.yaml" for standard in standards)
    assert applications()["dac-templates"]["source"]["directory"] == {"recurse": True, "include": f"{{{listed}}}"}


def test_a_pipeline_that_is_taken_out_leaves_its_runs() -> None:
    """A CronWorkflow owns its Workflows, which would be deleted with it, live ones too."""
    orphaning = {name for name, spec in applications().items()
                 if "PrunePropagationPolicy=orphan" in spec["syncPolicy"]["syncOptions"]}  # fmt: skip
    assert orphaning == {"dac-pipelines-set"}


def test_no_commit_deletes_a_project() -> None:
    """Its applications stay when its folder goes; what holds projects is deleted only once a person confirmed it."""
    for each in yaml.safe_load_all(RENDERED.read_text()):
        confirmed = each["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]
        assert confirmed == "Prune=confirm,Delete=confirm", each["metadata"]["name"]
        if each["kind"] == "ApplicationSet":
            policy = {"applicationsSync": "create-update", "preserveResourcesOnDeletion": True}
            assert each["spec"]["syncPolicy"] == policy
            assert "finalizers" not in each["spec"]["template"]["metadata"]
    for path in [
        ROOT / "standards/platform/rendered/namespace.yaml",
        *ROOT.glob("projects/*/rendered/platform/*.yaml"),
    ]:
        for each in yaml.safe_load_all(path.read_text()):
            if each["kind"] == "Namespace":
                confirmed = each["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]
                assert confirmed == "Prune=confirm,Delete=confirm", path
