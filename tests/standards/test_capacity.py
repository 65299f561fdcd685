"""What the controllers are given for how many pipelines: every size of the catalog reaches them, and grows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from dac.expand import Expander
from dac.load import load_repository
from dac.model import Repository
from dac.model.quantity import parse_bytes

ROOT = Path(__file__).parents[2]
INSTALL = "standards/platform/install"
SIZES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "standards/catalog/capacities.yaml").read_text())
REQUESTS_OF_A_POD = 4


@pytest.fixture(scope="module")
def repository() -> Repository:
    loaded, findings = load_repository(ROOT, [])
    assert not findings
    return loaded


def rendered(repository: Repository, size: str) -> dict[str, list[dict[str, Any]]]:
    """Return the objects of each file that the platform renders, with a capacity chosen."""
    kinds = repository.catalog.kinds
    platform = {**kinds["platform"], "capacity": {"summary": "", "size": size}}
    catalog = replace(repository.catalog, kinds={**kinds, "platform": platform})
    manifests, findings = Expander(replace(repository, catalog=catalog)).standards()
    assert not findings
    return {manifest.path: list(manifest.objects) for manifest in manifests}


@pytest.mark.parametrize("size", SIZES)
def test_a_size_reaches_the_controllers(repository: Repository, size: str) -> None:
    wanted, files = SIZES[size], rendered(repository, size)
    (deployment,) = files[f"{INSTALL}/argo-workflows/controller.yaml"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    flags = dict(argument.removeprefix("--").split("=") for argument in container["args"])
    assert (flags["qps"], flags["workflow-workers"]) == (
        str(wanted["workflows"]["qps"]),
        str(wanted["workflows"]["workers"]),
    )
    assert {"name": "GOMEMLIMIT", "value": wanted["workflows"]["heap"]} in container["env"]
    assert deployment["spec"]["replicas"] == 2, "one waits for the other's lease"
    (config,) = files["standards/platform/rendered/workflows.yaml"]
    assert yaml.safe_load(config["data"]["resourceRateLimit"]) == wanted["workflows"]["pods"]
    argocd = {each["metadata"]["name"]: each for each in files[f"{INSTALL}/argo-cd/controllers.yaml"]}
    assert argocd["argocd-cmd-params-cm"]["data"]["controller.status.processors"] == str(
        wanted["argocd"]["status_processors"]
    )
    (container,) = argocd["argocd-application-controller"]["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"name": "GOMEMLIMIT", "value": wanted["argocd"]["heap"]}]


@pytest.mark.parametrize("part", ["workflows", "argocd"])
@pytest.mark.parametrize("size", SIZES)
def test_a_heap_is_collected_before_the_kernel_ends_the_process(size: str, part: str) -> None:
    facts = SIZES[size][part]
    assert int(facts["heap"].removesuffix("MiB")) == parse_bytes(facts["memory_limit"]) * 9 // 10 // 2**20


@pytest.mark.parametrize("size", SIZES)
def test_pods_are_made_no_faster_than_the_controller_may_ask(size: str) -> None:
    workflows = SIZES[size]["workflows"]
    assert workflows["pods"]["limit"] * REQUESTS_OF_A_POD <= workflows["qps"] < workflows["burst"]


def test_no_figure_shrinks_as_pipelines_become_more() -> None:
    sizes = sorted(SIZES.values(), key=lambda size: size["workflows"]["qps"])
    for name in ("qps", "workers", "cron_workers", "parallelism"):
        figures = [size["workflows"][name] for size in sizes]
        assert figures == sorted(figures)


@pytest.mark.parametrize("name", ["argo-workflows", "argo-cd"])
def test_what_is_installed_takes_the_patches(name: str) -> None:
    patches = yaml.safe_load((ROOT / INSTALL / name / "kustomization.yaml").read_text())["patches"]
    files = [patch["path"] for patch in patches if "path" in patch]
    assert files == [path.name for path in (ROOT / "standards/platform/capacity" / name).glob("*.yaml")]
    assert all((ROOT / INSTALL / name / file).is_file() for file in files)
