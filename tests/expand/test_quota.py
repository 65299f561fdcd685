"""The quota of a namespace, from its pipelines' sizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dac.expand import Expander
from dac.expand.quota import Containers, quota
from dac.load import load_repository
from dac.model import Standard, StandardRef
from dac.model.quantity import bytes_text, milli_text, parse_bytes, parse_milli

ROOT = Path(__file__).parents[2]
OWN = {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
EXECUTOR = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}}
SIZES = {
    "small": {
        "pods": {
            "work": {"cpu": "1", "memory": "2Gi", "gpu": 0, "volume": None, "parallelism": 2},
            "serve": {"cpu": "2", "memory": "4Gi", "gpu": 1, "volume": "fast", "disk": "10Gi", "parallelism": 1},
            "tidy": {"cpu": "500m", "memory": "16Gi", "gpu": 0, "volume": None, "parallelism": 1},
        }
    }
}


SERVICES = {"none": {}, "small": {"replicas": 2, "cpu": "500m", "cpu_limit": "2", "memory": "1Gi"}}


def hard(*pipelines: tuple[dict[str, Any], dict[str, str]]) -> dict[str, str]:
    """Return the quota of pipelines, each by its standard's limits and its arguments."""
    standards = [(standard(limits), {"size": "small", **arguments}) for limits, arguments in pipelines]
    return quota(standards, SIZES, Containers(OWN, EXECUTOR), 20, SERVICES)


def standard(limits: dict[str, Any]) -> Standard:
    repository, _ = load_repository(ROOT, [])
    return replace(repository.standards[StandardRef("rag-indexing", "v1")], limits=limits)


def test_a_pipeline_holds_its_pods_and_one_without_a_size() -> None:
    assert hard(({"pod": "work"}, {})) == {
        "cpu": "2310m",  # 2 x (1 + 0.02) + 0.25 + 0.02
        "cpu_limit": "4500m",  # 2 x (1 + 0.5) + 1 + 0.5
        "memory": "4800Mi",
        "memory_limit": "5888Mi",
        "storage": "0",
        "gpus": "0",
        "pods": "3",
        "runs": "20",
    }


def test_pipelines_add_up() -> None:
    both = hard(({"pod": "work"}, {}), ({"pod": "work"}, {}))
    assert (both["cpu"], both["pods"], both["runs"]) == ("4620m", "6", "40")


def test_a_search_service_stands_beside_its_runs_with_one_pod_more_while_it_is_replaced() -> None:
    alone, served = hard(({"pod": "work"}, {"serve": ""})), hard(({"pod": "work"}, {"serve": "small"}))
    assert (alone["cpu"], alone["pods"]) == ("2310m", "3")
    assert (served["cpu"], served["cpu_limit"], served["memory"], served["pods"]) == ("3810m", "10500m", "7872Mi", "6")


def test_pods_beside_count_where_their_argument_is_given() -> None:
    limits = {"pod": "work", "beside": [{"role": "serve", "where": "weights"}]}
    alone, served = hard((limits, {"weights": ""})), hard((limits, {"weights": "m@champion"}))
    assert (alone["gpus"], alone["storage"], alone["pods"]) == ("0", "0", "3")
    assert (served["gpus"], served["storage"], served["pods"]) == ("1", "10Gi", "4")


def test_of_pods_that_run_alone_the_greater_counts() -> None:
    held = hard(({"pod": "work", "alone": [{"role": "tidy"}]}, {}))
    assert held["cpu"] == "2310m", "the two that work take more"
    assert held["memory"] == "17536Mi", "the one that tidies up takes more: 16 GiB + 512 + 64 MiB, and 576 MiB beside"


def test_as_many_as_of_another_role() -> None:
    held = hard(({"pod": "serve", "alone": [{"role": "tidy", "times": "work"}]}, {}))
    assert (held["pods"], held["memory"]) == ("3", "34496Mi")


def test_a_size_that_does_not_list_the_role_holds_nothing() -> None:
    assert hard(({"pod": "absent"}, {}))["pods"] == "1"


@pytest.mark.parametrize(("text", "size"), [("0", 0), ("512Mi", 2**29), ("1.5Gi", 3 * 2**29), ("2Ti", 2**41)])
def test_bytes(text: str, size: int) -> None:
    assert parse_bytes(text) == size
    assert parse_bytes(bytes_text(size)) == size


@pytest.mark.parametrize(("text", "milli"), [("2", 2000), ("250m", 250), ("0.5", 500)])
def test_cpus(text: str, milli: int) -> None:
    assert parse_milli(text) == milli
    assert parse_milli(milli_text(milli)) == milli


@pytest.mark.parametrize("text", ["", "4GB", "-1", "1e3"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it such as"):
        parse_bytes(text)
    with pytest.raises(ValueError, match="write it such as"):
        parse_milli(text)


def test_every_pod_of_the_examples_fits_its_quota() -> None:
    """A pod that is greater than its namespace's quota would wait forever."""
    repository, _ = load_repository(ROOT)
    sizes = repository.catalog.kinds["sizes"]
    for project in repository.projects.values():
        manifests, _ = Expander(repository).project(project)
        (budget,) = (o for m in manifests for o in m.objects if o["kind"] == "ResourceQuota")
        for pipeline in project.pipelines.values():
            limits = repository.standards[pipeline.standard].limits
            entries = [{"role": limits["pod"]}, *limits.get("beside", []), *limits.get("alone", [])]
            pods = sizes[pipeline.decisions["size"]]["pods"]
            for entry in [e for e in entries if "where" not in e or pipeline.decisions.get(e["where"])]:
                assert parse_milli(pods[entry["role"]]["cpu"]) < parse_milli(budget["spec"]["hard"]["requests.cpu"])
                memory = parse_bytes(budget["spec"]["hard"]["limits.memory"])
                assert parse_bytes(pods[entry["role"]]["memory"]) < memory
