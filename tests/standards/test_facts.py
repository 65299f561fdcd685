"""Facts of the catalog reach pods through ConfigMaps, which hold every name that an argument may take."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from dac.cli._argo_tags import tag_answers
from dac.model.facts import FILE, maps_of, reference_of, text_of, variables_of

ROOT = Path(__file__).parents[2]
CATALOG = ROOT / "standards" / "catalog"
STANDARDS = sorted(path.parent for path in (ROOT / "standards").glob("*/v*/standard.yaml"))
KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")  # of a ConfigMap, as Kubernetes wants it
KINDS = ["base_models", "chunkings", "datasets", "judges", "models", "served_models", "sources", "stores"]
LONGEST = 131072  # bytes of an environment variable, its name among them: Linux' MAX_ARG_STRLEN


def maps() -> dict[str, dict[str, str]]:
    return {name: dict(data) for name, data in maps_of(yaml.safe_load_all((ROOT / FILE).read_text())).items()}


def containers(template: dict[str, Any]) -> list[dict[str, Any]]:
    return [template["container"], *template.get("sidecars", [])] if "container" in template else []


def test_the_maps_name_no_namespace_so_that_each_project_gets_them() -> None:
    for each in yaml.safe_load_all((ROOT / FILE).read_text()):
        assert (each["kind"], "namespace" in each["metadata"]) == ("ConfigMap", False)


@pytest.mark.parametrize("name", sorted(maps()))
def test_keys_and_values_are_what_a_pod_can_read(name: str) -> None:
    for key, text in maps()[name].items():
        assert KEY.fullmatch(key)
        assert len(text.encode()) < LONGEST / 2
        json.loads(text)


@pytest.mark.parametrize(
    "kind", ["base_models", "chunkings", "datasets", "judges", "models", "served_models", "sources", "stores"]
)
def test_every_name_of_a_kind_has_its_facts(kind: str) -> None:
    entries = yaml.safe_load((CATALOG / f"{kind}.yaml").read_text())
    held = {key: json.loads(text) for key, text in maps()[f"catalog-{kind.replace('_', '-')}"].items()}
    for facts in entries.values():
        facts.pop("summary")
    assert held == {name.replace("@", "_"): facts for name, facts in entries.items()}


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda folder: f"{folder.parent.name}@{folder.name}")
def test_each_pod_names_the_facts_that_it_reads(standard: Path) -> None:
    """FACTS says what a run is held to, and what its receipt names; permissions are not among it."""
    spec = yaml.safe_load((standard / "rendered.yaml").read_text())["spec"]
    for container in (each for template in spec["templates"] for each in containers(template)):
        env = {variable["name"]: variable for variable in container["env"]}
        references = {name: reference_of(variable) for name, variable in env.items()}
        read = [name for name, reference in references.items() if reference and name != "REGISTERED_MODELS"]
        assert read == env.get("FACTS", {}).get("value", "").split(",") if read else "FACTS" not in env


@pytest.mark.exhaustive
@pytest.mark.parametrize("standard", STANDARDS, ids=lambda folder: f"{folder.parent.name}@{folder.name}")
def test_the_defaults_of_the_arguments_are_keys(standard: Path) -> None:
    spec = yaml.safe_load((standard / "rendered.yaml").read_text())["spec"]
    defaults = {each["name"]: each["value"] for each in spec["arguments"]["parameters"]}
    for name, (configmap, key) in variables_of(spec["templates"]):
        values = {f"workflow.parameters.{argument}": value for argument, value in defaults.items()}
        filled = text_of((configmap, key), maps(), values, tag_answers())
        # No pod of the eval suite reads a store unless an index is asked, which has one.
        assert filled is not None or (name, defaults["store"]) == ("STORE", "none")
