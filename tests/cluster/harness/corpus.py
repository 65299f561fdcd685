"""The admission policies on namespaces of their own, and objects offered to the API server in dry runs.

They are those that the platform renders, under other names and bound to another label, so that they know the standards
of the corpus and leave the organisation's projects alone.
"""

import importlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

from kubernetes import config

from harness.kube import Kube, Refused
from harness.organisation import ROOT

LABEL = ("dac.dev/project", "corpus.test/project")
ARGOCD = {"Impersonate-User": "system:serviceaccount:argocd:argocd-application-controller"}
APPLY = {"Content-Type": "application/apply-patch+yaml"}
DRY = [("dryRun", "All")]
OWN = [("fieldManager", "argocd-controller"), ("force", "true")]
REFUSED = {400, 403, 409, 422, 500}  # 500: a field that the definition of its kind lacks
AT_ONCE = 8


def module(name: str) -> ModuleType:
    """Return a module of tests/corpus: the objects, their mutants and what the rules say of them."""
    folder = str(ROOT / "tests/corpus")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


class Server:
    """The API server, asked as Argo CD asks and as a person of a team does."""

    def __init__(self, kube: Kube, groups: Mapping[str, str]) -> None:
        """Ask a cluster; `groups` are those whose people start the runs of a project."""
        self.client = config.new_client_from_config(kube.kubeconfig)
        self.groups = groups
        self.uids: dict[str, str] = {}  # of CronWorkflows, by what stands for it in a run

    def apply(self, each: dict[str, Any], dry: bool = False) -> dict[str, Any]:
        """Apply an object as Argo CD does, on the server's side. Raises Refused."""
        path = f"{place(each)}/{each['metadata']['name']}"
        return self._call(path, "PATCH", APPLY | ARGOCD, OWN + DRY * dry, each)

    def put(self, each: dict[str, Any]) -> None:
        """Apply an object as the administrator. Raises Refused."""
        self._call(f"{place(each)}/{each['metadata']['name']}", "PATCH", APPLY, OWN, each)

    def offer(self, each: dict[str, Any]) -> None:
        """Create an object as the administrator, in a dry run. Raises Refused."""
        self._call(place(each), "POST", {"Content-Type": "application/json"}, DRY, each)

    def create(self, each: dict[str, Any], group: str) -> dict[str, Any]:
        """Create an object as a person of a group, in a dry run. Raises Refused."""
        who = {"Impersonate-User": "somebody", "Impersonate-Group": group, "Content-Type": "application/json"}
        return self._call(place(each), "POST", who, DRY, each)

    def refusals(self, asked: Sequence[Any]) -> list[str]:
        """Return why the server refuses each Subject; empty where it lets it in."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self.refusal, asked))

    def refusal(self, subject: Any) -> str:
        """Return why the server refuses a Subject; empty where it lets it in."""
        try:
            if subject.group == "run":
                self.create(subject.object, self.groups[subject.project])
            else:
                self.apply(subject.object, dry=True)
        except Refused as error:
            return str(error)
        return ""

    def _call(
        self, path: str, method: str, headers: dict[str, str], query: list[tuple[str, str]], body: dict[str, Any]
    ) -> dict[str, Any]:
        text = json.dumps(body).replace(*LABEL)
        for name, uid in self.uids.items():
            text = text.replace(name, uid)
        url = f"{self.client.configuration.host}{path}?{urlencode(query)}"
        auth = {each["key"]: each["value"] for each in self.client.configuration.auth_settings().values()}
        pool = self.client.rest_client.pool_manager
        answer = pool.request(method, url, body=text.encode(), headers=headers | auth, timeout=30)
        reply = json.loads(answer.data)
        if answer.status in REFUSED:
            raise Refused(reply["message"])
        assert answer.status < 300, reply  # such as a kind that is not served: no verdict
        return reply


def place(each: dict[str, Any]) -> str:
    """Return the path under which an object's kind is served."""
    version, kind = each["apiVersion"], each["kind"].lower()
    plural = f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}es" if kind.endswith("s") else f"{kind}s"
    # What is the cluster's is served without a namespace, whatever the object says.
    namespace = None if kind.startswith("cluster") else each["metadata"].get("namespace")
    scope = f"namespaces/{namespace}/{plural}" if namespace else plural
    return f"/{'apis' if '/' in version else 'api'}/{version}/{scope}"


@contextmanager
def admitted(kube: Kube, composed: Any, originals: Sequence[Any]) -> Iterator[Server]:
    """Put the policies of a tree and its projects' namespaces on the cluster, with suspended pipelines, for a while.

    Args:
        kube: the cluster.
        composed: what the tree renders to.
        good: its projects' objects.
    """
    prefix = composed.repository.catalog.kinds["platform"]["identity"]["group_prefix"]
    projects = composed.repository.projects.values()
    server = Server(kube, {project.name: prefix + project.owner for project in projects})
    namespaces = [each.object for each in originals if each.object["kind"] == "Namespace"]
    names = [each["metadata"]["name"] for each in namespaces]
    platform = [each for manifest in composed.manifests if not manifest.project for each in manifest.objects]
    roles = [each for each in platform if each["kind"] == "ClusterRole"]
    missing = [role for role in roles if not kube.exists("clusterrole", role["metadata"]["name"])]
    brought = [*policies_of(platform), *missing]
    try:
        for each in brought:
            kube.apply(json.dumps(each).replace(*LABEL))
        for each in namespaces:
            server.apply(each)
        for subject in originals:
            if subject.object["kind"] == "RoleBinding":
                server.apply(subject.object)
            if subject.group == "pipeline":
                suspended = {**subject.object, "spec": {**subject.object["spec"], "suspend": True}}
                server.uids[f"uid-of-{subject.project}"] = server.apply(suspended)["metadata"]["uid"]
        yield server
    finally:
        kube("delete", "namespace", *names, "--ignore-not-found", "--wait=true")
        gone = {"apiVersion": "v1", "kind": "List", "items": brought}
        kube("delete", "-f", "-", "--ignore-not-found", stdin=json.dumps(gone))


def policies_of(platform: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the admission policies and their bindings, under names of their own."""
    policies = [
        json.loads(json.dumps(each)) for each in platform if each["kind"].startswith("ValidatingAdmissionPolicy")
    ]
    for each in policies:
        each["metadata"]["name"] = f"corpus-{each['metadata']['name']}"
        if "policyName" in each["spec"]:
            each["spec"]["policyName"] = each["metadata"]["name"]
    return policies
