"""A run's object does not grow with the catalog: two thousand datasets and five hundred models of each kind."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import orjson
import pytest
from dac.expand import Expander
from dac.load import load_repository
from dac.model import Repository

ROOT = Path(__file__).parents[2]
KUBERNETES = 1024 * 1024  # bytes of a ConfigMap's data
REFUSED = 1024 * 1024  # bytes of a run's object, which Argo ends


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_size", ROOT / "tests/bench/run_size.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def repository() -> Repository:
    return load_repository(ROOT, [])[0]


@pytest.fixture(scope="module")
def grown(repository: Repository, bench: ModuleType) -> Expander:
    return Expander(bench.with_entries(repository, 2000, 500))


def test_no_template_changes_with_the_catalog(repository: Repository, grown: Expander) -> None:
    small = Expander(repository)
    for ref in repository.standards:
        assert grown.template(ref) == small.template(ref)


def test_an_object_stays_under_150_kb_and_with_six_thousand_nodes_under_argos_limit(
    repository: Repository, grown: Expander, bench: ModuleType
) -> None:
    for ref in repository.standards:
        spec = grown.template(ref)[0].objects[0]["spec"]
        assert bench.object_bytes(spec, bench.nodes_of(spec, 4, 1)) < 150_000
        many = bench.nodes_of(spec, 1000, 5)
        assert len(many) >= 6000
        assert bench.object_bytes(spec, many) < REFUSED


def test_the_bytes_of_a_node_are_what_policy_counts(repository: Repository, bench: ModuleType) -> None:
    sizes = repository.catalog.kinds["admission"]["sizes"]
    spec = Expander(repository).template(next(iter(repository.standards)))[0].objects[0]["spec"]
    many = bench.nodes_of(spec, 1000, 5)
    assert len(orjson.dumps(many)) / len(many) < sizes["node"]
    packed = bench.object_bytes(spec, many) - len(orjson.dumps(spec))
    assert packed / len(many) < sizes["packed_node"]


@pytest.mark.exhaustive
def test_every_map_fits_kubernetes(grown: Expander) -> None:
    maps = grown.catalog_maps
    assert len(maps["catalog-datasets"]) >= 2000
    for data in maps.values():
        assert sum(len(key.encode()) + len(text.encode()) for key, text in data.items()) < KUBERNETES
