"""Admission policies with one thing taken out, put on the cluster one after another, and who notices."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.corpus import AT_ONCE, LABEL, Server, admitted, module, policies_of
from harness.docs import DECISIONS
from harness.kube import Kube, Refused
from harness.organisation import ROOT
from harness.requests import CONTROLLER, FILE, IMAGE, Request, policy_of, recorded

DIGEST = f"sha256:{'0' * 64}"
SENTINEL = "corpus-sentinel"
TAKEN_UP = 30  # seconds in which an API server takes a policy up; it needs about one
# What a project's attacks speak of, beside its namespace and its pipelines, which stand there anyway.
STANDING = ("ConfigMap", "NetworkPolicy", "ServiceAccount", "Secret", "Role", "ResourceQuota", "LimitRange")


def tree(folder: Path) -> Path:
    """Write a tree with the corpus' projects and the smoke tests' own, whose images are built."""
    module("subjects").corpus_tree(folder)
    images = folder / "standards/catalog/images.yaml"
    held = yaml.safe_load(images.read_text())
    images.write_text(
        yaml.safe_dump({name: {**facts, "digest": DIGEST, "built": True} for name, facts in held.items()})
    )
    # A run is compared with its own pipeline alone where there are two.
    search = folder / "projects/search/decisions.yaml"
    decisions = yaml.safe_load(search.read_text())
    decisions["pipelines"]["second"] = dict(decisions["pipelines"]["index"])
    search.write_text(yaml.safe_dump(decisions, sort_keys=False))
    (folder / "projects/docs").mkdir()
    (folder / "projects/docs/decisions.yaml").write_text(yaml.safe_dump(DECISIONS, sort_keys=False))
    return folder


@dataclass
class World:
    """Namespaces under the policies, and the requests whose verdicts are compared.

    Attributes:
        kube: the cluster.
        server: its API server, asked without kubectl.
        policies: by name, as the platform renders them.
        asks: what makes each request and returns its refusal, by the request's name.
        verdicts: the policy that refuses it, or nothing, while all policies are as they are rendered.
    """

    kube: Kube
    server: Server
    policies: dict[str, dict[str, Any]]
    asks: dict[str, Callable[[], str]]
    verdicts: dict[str, str]
    changes: int = 0

    def put(self, policy: dict[str, Any]) -> None:
        """Put a policy on the cluster and wait until the API server goes by it. Raises Refused if it does not compile.

        The server takes policies up in the order in which they changed. Once it refuses by the last of them, which
        names this change, it goes by this one too.
        """
        self.server.put(policy)
        self.changes += 1
        name = f"sentinel-{self.changes}"
        self.server.put(sentinel(name)[0])
        self.kube.until(f"the API server to refuse {name}", lambda: self._refuses(name), TAKEN_UP)

    def _refuses(self, name: str) -> bool:
        try:
            self.server.offer(
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}
            )
        except Refused as refused:
            return policy_of(str(refused)) == SENTINEL
        return False

    def judge(self, names: Sequence[str]) -> dict[str, str]:
        """Return the policy that refuses each request, or nothing."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip(names, pool.map(lambda name: policy_of(self.asks[name]()), names), strict=True))

    def noticed(self, policy: str, weaker: bool) -> str:
        """Return a request whose verdict is another than before; empty where there is none.

        Args:
            policy: that was changed. What another one refuses, this one did not decide alone.
            weaker: whether it refuses less, so that nothing but what it refused can change.
        """
        names = [name for name, by in self.verdicts.items() if by == policy]
        names += [] if weaker else [name for name, by in self.verdicts.items() if not by]
        for start in range(0, len(names), AT_ONCE):
            for name, by in self.judge(names[start : start + AT_ONCE]).items():
                if bool(by) != bool(self.verdicts[name]):
                    return name
        return ""


def sentinel(name: str) -> list[dict[str, Any]]:
    """Return a policy and its binding that refuse ConfigMaps of this name, and nothing else."""
    about: dict[str, Any] = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": SENTINEL}}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    spec = {
        "failurePolicy": "Ignore",
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": f"object.metadata.name != {json.dumps(name)}"}],
    }
    binding = {"policyName": SENTINEL, "validationActions": ["Deny"]}
    return [
        {**about, "kind": "ValidatingAdmissionPolicy", "spec": spec},
        {**about, "kind": "ValidatingAdmissionPolicyBinding", "spec": binding},
    ]


@contextmanager
def world(kube: Kube, folder: Path, seed: int, count: int) -> Iterator[World]:
    """Put the policies and namespaces of a tree on the cluster, and record what the smoke tests ask there.

    Args:
        kube: the cluster; it has no namespace `docs`.
        folder: where the tree and the requests are written.
        seed: of the mutants of good objects that are offered beside.
        count: how many of them.
    """
    assert not kube.exists("namespace", "docs"), "an organisation's project `docs` is on the cluster; remove it first"
    subjects, mutations = module("subjects"), kinds()
    composed = subjects.rendered(tree(folder / "tree"))
    originals = subjects.subjects(composed)
    platform = [each for manifest in composed.manifests if not manifest.project for each in manifest.objects]
    beside = [*sentinel("none"), *(each for each in platform if each["kind"] == "ClusterWorkflowTemplate")]
    with admitted(kube, composed, originals) as server:
        try:
            for each in beside:
                kube.apply(json.dumps(each))
            for each in standing(originals, platform):
                server.apply(each)
            offered = [*originals, *mutations.mutants(originals, seed, count)]
            asks = {
                f"{each.kind or 'good ' + each.object['kind']} of {each.project} ({index})": asking(server, each)
                for index, each in enumerate(offered)
            }
            for index, request in enumerate(record(kube, folder / "requests.jsonl")):
                asks[f"{request.test} ({index})"] = asking(kube, request)
            here = World(kube, server, policies(platform), asks, {})
            here.verdicts |= here.judge(list(asks))
            yield here
        finally:
            for run in kube.get("-n", "docs", "workflows")["items"]:  # one has a finalizer
                name, nothing = run["metadata"]["name"], json.dumps({"metadata": {"finalizers": None}})
                kube(*CONTROLLER, "-n", "docs", "patch", "workflow", name, "--type=merge", "-p", nothing)
            gone = {"apiVersion": "v1", "kind": "List", "items": beside}
            kube("delete", "-f", "-", "--ignore-not-found", stdin=json.dumps(gone))


def asking(whom: Any, what: Any) -> Callable[[], str]:
    """Return what makes a request: a recorded one by kubectl, an object without it."""
    return (lambda: what.refusal(whom)) if isinstance(what, Request) else (lambda: whom.refusal(what))


def kinds() -> Any:
    """Return the module of mutants, once every kind of change is known to it."""
    module("spoilt_objects")
    module("spoilt_workflows")
    return module("mutations")


def policies(platform: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """Return the admission policies as they are on the cluster then, by name."""
    listed = [each for each in policies_of(platform) if each["kind"] == "ValidatingAdmissionPolicy"]
    return {each["metadata"]["name"]: json.loads(json.dumps(each).replace(*LABEL)) for each in listed}


def standing(originals: Sequence[Any], platform: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield what the project's namespace holds beside its pipelines, the catalog's facts among it."""
    yield from (each.object for each in originals if each.project == "docs" and each.object["kind"] in STANDING)
    for each in platform:
        if each["kind"] == "ConfigMap" and "dac.dev/catalog" in each["metadata"].get("labels", {}):
            yield {**each, "metadata": {**each["metadata"], "namespace": "docs"}}


def record(kube: Kube, file: Path) -> list[Request]:
    """Run the smoke tests that need nothing but the project's namespace, and return what they ask in dry runs."""
    image = yaml.safe_load((file.parent / "tree/standards/catalog/images.yaml").read_text())["rag"]["repository"]
    files = sorted(str(path) for path in (ROOT / "tests/cluster/smoke").glob("test_4*.py"))
    words = ["-p", "harness.requests", "-p", "no:cacheprovider", "-q", *files]
    environment = os.environ | {
        "KUBECONFIG": kube.kubeconfig,
        "PYTHONPATH": str(ROOT / "tests/cluster"),
        FILE: str(file),
        IMAGE: f"{image}@{DIGEST}",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return recorded(file)
