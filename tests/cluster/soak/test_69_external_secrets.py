"""ExternalSecrets by upstream's own definition: the API server takes what is rendered, and of nobody but Argo CD."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.denial import PERSON
from harness.kube import Kube, Refused
from harness.organisation import Organisation
from harness.runs import Runs

MODULE = "github.com/external-secrets/external-secrets@v1.3.2"
DEFINITION = "config/crds/bases/external-secrets.io_externalsecrets.yaml"
ROLE = "external-secrets-by-mistake"


@pytest.fixture(scope="module")
def store(kube: Kube, organisation: Organisation, docs: Runs) -> Iterator[None]:
    """Let the catalog name a store, where the cluster knows the kind; no controller of it runs here."""
    download = subprocess.run(["go", "mod", "download", "-json", MODULE], capture_output=True, text=True, cwd="/")
    if download.returncode:
        pytest.skip(f"upstream's definitions are not available: {download.stdout}{download.stderr}")
    kube("apply", "--server-side", "-f", str(Path(json.loads(download.stdout)["Dir"]) / DEFINITION))
    organisation.edit("platform", {"secret_store": {"name": "organisation"}})
    organisation.push("Let External Secrets write the Secrets")
    yield
    organisation.edit("platform", {"secret_store": {"name": ""}})
    organisation.push("Let nobody write the Secrets")


def test_argo_cd_brings_each_one(kube: Kube, docs: Runs, store: None) -> None:
    kube.until("an ExternalSecret", lambda: kube.exists("-n", "docs", "externalsecret", "store-weaviate"), 400)
    held = {each["metadata"]["name"]: each["spec"] for each in kube.get("-n", "docs", "externalsecrets")["items"]}
    assert {"objects", "deploy", "slack", "store-weaviate"} <= held.keys()
    assert held["objects"]["dataFrom"][0]["extract"]["key"] == "dac/docs/objects"
    assert kube.exists("-n", "docs", "secret", "objects"), "what was written by hand is there as before"


def test_whoever_may_write_all_in_the_namespace_makes_none(kube: Kube, docs: Runs, store: None) -> None:
    policy = ("validatingadmissionpolicybinding", "dac-external-secrets")
    kube.until("the policy", lambda: kube.exists(*policy), 400)
    kube("-n", "docs", "create", "role", ROLE, "--verb=*", "--resource=externalsecrets.external-secrets.io")
    kube("-n", "docs", "create", "rolebinding", ROLE, f"--role={ROLE}", "--user=somebody")
    spec = {"secretStoreRef": {"kind": "ClusterSecretStore", "name": "organisation"}, "target": {"name": "theirs"},
            "dataFrom": [{"extract": {"key": "dac/rival/objects"}}]}  # fmt: skip
    about = {"name": "theirs", "namespace": "docs"}
    own = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": about, "spec": spec}

    def refused() -> bool:
        try:
            kube(*PERSON, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(own))
        except Refused as refusal:
            return "what a project reads of the secret store is merged" in str(refusal)
        return False

    try:
        kube.until("the API server to have taken the policy up", refused, 120)
    finally:
        kube("-n", "docs", "delete", "rolebinding,role", ROLE)
