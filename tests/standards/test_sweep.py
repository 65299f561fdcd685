"""The platform's sweeper as it is rendered: what it is given, what may sync it, and what S3 may do in its place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PLATFORM = ROOT / "standards/platform"


def objects(file: str) -> list[dict[str, Any]]:
    """Return the objects of a rendered file of the platform."""
    return list(yaml.safe_load_all((PLATFORM / file).read_text()))


def environment() -> dict[str, str]:
    """Return what the sweeper's program is given."""
    template = next(each for each in objects("rendered/sweep.yaml") if each["kind"] == "WorkflowTemplate")
    return {entry["name"]: entry["value"] for entry in template["spec"]["templates"][0]["container"]["env"]}


def test_it_deletes_nothing_until_the_catalog_says_so() -> None:
    template = next(each for each in objects("rendered/sweep.yaml") if each["kind"] == "WorkflowTemplate")
    assert template["spec"]["arguments"]["parameters"] == [{"name": "delete", "value": "--dry-run"}]


def test_it_is_given_all_that_its_program_reads() -> None:
    """By name, as the program's own page lists them."""
    page = (ROOT / "images/rag/sweep.py").read_text().split('"""')[1]
    read = set(re.findall(r"\b[A-Z][A-Z_]{3,}\b", page.split("Environment:")[1].split("What lives")[0]))
    assert read == {"OBJECTS", "ARTIFACTS", "LOGS", "RETENTION", "STORES", "MLFLOW", "PUSHGATEWAY", "RUN_NAME"}
    assert read <= environment().keys()


def test_it_knows_every_store_by_address_and_secret() -> None:
    stores = yaml.safe_load((ROOT / "standards/catalog/stores.yaml").read_text())
    given = json.loads(environment()["STORES"])
    assert given.keys() == stores.keys()
    assert all(facts["url"] and facts["engine"] == stores[name]["engine"] for name, facts in given.items())
    template = next(each for each in objects("rendered/sweep.yaml") if each["kind"] == "WorkflowTemplate")
    mounts = {m["mountPath"] for m in template["spec"]["templates"][0]["container"]["volumeMounts"]}
    secrets = ("objects", "mlflow", "pushgateway", *(f"store-{name}" for name in stores))
    assert mounts == {"/tmp", *(f"/var/run/dac/secrets/{name}" for name in secrets)}


def test_checkpoints_are_left_to_their_own_pipeline_first() -> None:
    """Fine-tuning sweeps up those of its earlier runs; the platform's days are for pipelines that run no more."""
    days = json.loads(environment()["RETENTION"])["days"]
    limits = [yaml.safe_load(path.read_text()).get("limits", {}) for path in ROOT.glob("standards/*/v*/standard.yaml")]
    assert days["checkpoints"] >= max(limit.get("retention_days", 0) for limit in limits)
    ttl = [
        yaml.safe_load(path.read_text())["spec"]["ttlStrategy"] for path in ROOT.glob("standards/*/v*/rendered.yaml")
    ]
    longest = max(seconds for strategy in ttl for seconds in strategy.values()) / 86400
    assert min(days["runs"], days["logs"]) > longest, "a run that can be retried has its files"


def test_argo_cd_may_bring_every_kind_that_the_platform_renders() -> None:
    project = next(p for p in objects("rendered/applications.yaml") if p["metadata"]["name"] == "dac-platform")
    allowed = {(entry["group"], entry["kind"]) for scope in ("clusterResourceWhitelist", "namespaceResourceWhitelist")
               for entry in project["spec"][scope]}  # fmt: skip
    for file in (PLATFORM / "rendered").glob("*.yaml"):
        for each in objects(f"rendered/{file.name}"):
            group = each["apiVersion"].rpartition("/")[0]
            assert (group, each["kind"]) in allowed, f"{file.name}: {each['kind']}"


def test_a_lifecycle_is_what_s3_takes_and_touches_no_current_artifact() -> None:
    [rendered] = objects("examples/rendered/lifecycle.yaml")
    rules = {name: json.loads(text)["Rules"] for name, text in rendered["data"].items()}
    assert [rule["ID"] for rule in rules["artifacts.json"]] == ["uploads", "former"]
    assert not any("Expiration" in rule for rule in rules["artifacts.json"])
    days = json.loads(environment()["RETENTION"])["days"]
    assert {"Days": days["logs"]} in [rule.get("Expiration") for rule in rules["workflows.json"]]
