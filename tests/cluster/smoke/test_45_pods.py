"""What a project's pods and its folder may not do, tried in the cluster.

A pod of the project tries it, with its ServiceAccount, its key for the object store, and its network. The refusal
is compared with the cluster's own words.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from harness.denial import ARGO, EXECUTOR, PERSON, PODS, pod_of, refusal, workflow
from harness.docs import DECISIONS
from harness.kube import Kube, Refused
from harness.organisation import Organisation
from harness.outside import Outside
from harness.probe import SAFE, probe
from harness.runs import COUNTED, Runs


def test_only_the_executor_reports_a_result(kube: Kube, docs: Runs) -> None:
    """A step's program that could report would forge the outputs of another step."""
    result = {"apiVersion": ARGO, "kind": "WorkflowTaskResult", "metadata": {"name": "own", "namespace": "docs"}}
    kube(*EXECUTOR, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(result))
    assert 'cannot create resource "workflowtaskresults"' in refusal(kube, PODS, result)
    message = refusal(kube, (), result)
    assert "denied request: the outputs of a step are reported by its executor alone" in message
    result["metadata"] = {"name": "own", "namespace": "outside"}
    assert 'cannot create resource "workflowtaskresults"' in refusal(kube, EXECUTOR, result)


def test_a_step_has_no_token(kube: Kube, docs: Runs, outside: Outside) -> None:
    """No container of a run but Argo's own mounts one, and without one the API server knows the pod as nobody."""
    runs = kube.get("-n", "docs", "workflows", "--sort-by=.metadata.creationTimestamp")["items"]
    assert runs[-1]["status"]["storedWorkflowTemplateSpec"]["automountServiceAccountToken"] is False
    path = "/apis/argoproj.io/v1alpha1/namespaces/docs/workflowtaskresults"
    assert probe(kube, outside, "docs", [("api", path)]) == ["no token"]


def test_a_pod_is_nobody_in_the_cluster(kube: Kube, docs: Runs) -> None:
    assert 'cannot create resource "workflows"' in refusal(kube, PODS, workflow(docs))


@pytest.mark.parametrize(
    ("security", "reason"),
    [
        ({**SAFE, "privileged": True, "allowPrivilegeEscalation": True}, "privileged"),
        ({**SAFE, "runAsNonRoot": False, "runAsUser": 0}, "runAsNonRoot != true"),
        ({**SAFE, "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}, "unrestricted capabilities"),
    ],
    ids=["privileged", "root", "capabilities"],
)
def test_no_privileged_pod_whoever_makes_it(
    kube: Kube, docs: Runs, image: str, security: dict[str, Any], reason: str
) -> None:
    message = refusal(kube, (), pod_of(image, security))
    assert 'violates PodSecurity "restricted' in message
    assert reason in message


@pytest.mark.parametrize("resource", ["cpu", "memory", "nvidia.com/gpu"])
def test_no_more_than_the_quota(kube: Kube, docs: Runs, image: str, resource: str) -> None:
    much = {"cpu": "60", "memory": "400Gi", "nvidia.com/gpu": "9"}[resource]
    small = {"cpu": "10m", "memory": "16Mi"}
    resources = {"requests": {**small, resource: much}, "limits": {**small, resource: much}}
    message = refusal(kube, (), pod_of(image, SAFE, resources))
    assert "exceeded quota: budget" in message
    assert f"requests.{resource}={much}" in message


def test_runs_are_counted(kube: Kube, docs: Runs) -> None:
    """The API server counts a namespace's Workflows and refuses a person's run beyond the quota."""

    def used(quota: str) -> int:
        return int(kube.field(".status.used", "-n", "docs", "resourcequota", quota)[COUNTED])

    hard = kube.get("-n", "docs", "resourcequota", "budget")["spec"]["hard"]
    assert hard[COUNTED] == "20", "one pipeline, with as many runs as the catalog lets it keep"
    held = len(kube.get("-n", "docs", "workflows")["items"])
    kube.until(f"the quota to count {held} runs", lambda: used("budget") == held, 60)
    kube("create", "quota", "reached", "-n", "docs", f"--hard={COUNTED}={held}")
    try:
        kube.until("the second quota to count too", lambda: used("reached") == held, 60)
        message = refusal(kube, PERSON, workflow(docs))
        assert f"exceeded quota: reached, requested: {COUNTED}=1, used: {COUNTED}={held}" in message
    finally:
        kube("delete", "quota", "reached", "-n", "docs")
    kube(*PERSON, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(workflow(docs)))


@pytest.fixture(scope="module")
def rival(kube: Kube, docs: Runs, outside: Outside, organisation: Organisation) -> Iterator[str]:
    """Another project of the organisation, with objects of its own."""
    organisation.decide("rival", DECISIONS)
    organisation.push("Add the project rival")
    kube.until("the namespace of rival", lambda: kube.exists("namespace", "rival"), 400)
    organisation.secrets("rival")  # the buckets' policies name both now
    outside.put({f"{bucket}/rival/search/kept.txt": "rival's" for bucket in KEPT})
    yield "rival"
    organisation.remove("rival")


KEPT = ("dac-artifacts", "dac-workflows")
DENIED, FORBIDDEN = "AccessDenied", "403"


@pytest.mark.parametrize("who", [PERSON, PODS], ids=["person", "pod"])
def test_no_secret_is_read(kube: Kube, rival: str, who: tuple[str, ...]) -> None:
    for namespace in ("docs", rival, "argocd", "dac-platform"):
        with pytest.raises(Refused) as refused:
            kube(*who, "-n", namespace, "get", "secret", "objects")
        assert f'cannot get resource "secrets" in API group "" in the namespace "{namespace}"' in str(refused.value)


def test_a_pod_reaches_its_own_objects_and_no_other_projects(kube: Kube, outside: Outside, rival: str) -> None:
    """By the store's own word to the key that the project's pods have, and by the API's to their ServiceAccount."""
    own = [f"s3://{bucket}/docs/probe" for bucket in KEPT]
    tries = [("write", f"{address}/a.txt") for address in own]
    tries += [("read", f"{address}/a.txt") for address in own]
    tries += [("list", address) for address in own]
    tries += [("remove", address) for address in own]
    assert probe(kube, outside, "docs", tries) == [None, None, "text", "text", ["a.txt"], ["a.txt"], None, None]

    # What its runs have left, Argo's part of it too, was written with that same key.
    receipts, logs = probe(kube, outside, "docs", [("list", f"s3://{bucket}/docs") for bucket in KEPT])
    assert [name for name in receipts if name.startswith("search/receipts/")]
    assert [name for name in logs if name.endswith("/main.log")]

    tries = [("list", f"s3://{bucket}/rival") for bucket in KEPT]
    tries += [("get", f"{bucket}/rival/search/kept.txt") for bucket in KEPT]
    tries += [("write", f"s3://{bucket}/rival/search/kept.txt") for bucket in KEPT]
    tries += [("names", bucket) for bucket in KEPT]
    tries += [("write", "s3://docs/texts/bread.txt")]  # its own source, which it may read
    assert probe(kube, outside, "docs", tries) == [DENIED] * len(tries)
    tries = [("remove", f"s3://{bucket}/rival/search/kept.txt") for bucket in KEPT]
    assert probe(kube, outside, "docs", tries) == [FORBIDDEN] * len(tries)
    assert [outside.read(f"{bucket}/rival/search/kept.txt") for bucket in KEPT] == ["rival's"] * len(KEPT)

    assert probe(kube, outside, "docs", [("api", f"/api/v1/namespaces/{rival}/secrets/objects")]) == ["no token"]


def test_pods_reach_what_the_catalog_lists_and_nothing_else(kube: Kube, docs: Runs, outside: Outside) -> None:
    """Read the rules, and send packets by and against them.

    Enforcing them is the network plugin's part. The local cluster's bridge enforces none: there the last try gets
    through, and only the rules are read. Any other cluster whose plugin enforces none fails here.
    """
    policies = {p["metadata"]["name"]: p["spec"] for p in kube.get("-n", "docs", "networkpolicies")["items"]}
    assert policies["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    allowed = [rule for name, spec in policies.items() for rule in spec.get("egress", [])]
    assert all(rule.get("to") and rule.get("ports") for rule in allowed), "no rule is open to every address or port"
    named = [("s3", 7070), ("weaviate", 8080), ("git", 8000), ("slack", 8001)]
    ports = {port["port"] for rule in allowed for port in rule["ports"]}
    assert 8002 not in ports, "the server `elsewhere` stands in no catalog"
    tries = [("connect", f"{name}.outside.svc.cluster.local", port) for name, port in [*named, ("elsewhere", 8002)]]
    *reached, elsewhere = probe(kube, outside, "docs", tries)
    assert reached == ["open"] * len(named)
    assert elsewhere == ("open" if kube.is_local else "closed")


def test_its_folder_brings_only_its_own_pipelines(
    kube: Kube, docs: Runs, outside: Outside, organisation: Organisation
) -> None:
    evil = organisation.tree / "projects/docs/rendered/pipelines/evil.yaml"
    cron = docs.kube.get("-n", "docs", "cronworkflow", "search")["spec"]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "evil"}}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "evil", "namespace": "docs"}}
    elsewhere = {"apiVersion": ARGO, "kind": "CronWorkflow", "metadata": {"name": "evil", "namespace": "outside"}}
    evil.write_text("".join(f"{json.dumps(m)}\n---\n" for m in (role, config, {**elsewhere, "spec": cron})))
    organisation.push_as_it_is("Reach further than one may")

    def conditions() -> str:
        status = kube.get("-n", "argocd", "application", "docs-pipelines").get("status", {})
        return json.dumps([status.get("conditions"), status.get("operationState", {})])

    try:
        kube.until("Argo CD to refuse", lambda: "not permitted in project" in conditions(), 400)
        for what in (
            ("clusterrole", "evil"),
            ("-n", "docs", "configmap", "evil"),
            ("-n", "outside", "cronworkflow", "evil"),
        ):
            assert not kube.exists(*what), what
    finally:
        organisation.push("Take it back")
    # A sync that can never succeed is not tried forever: the next commit replaces it.
    kube.until("the next commit to be synced", lambda: operation(kube, "docs-pipelines") == "Succeeded", 400)


def operation(kube: Kube, application: str) -> str:
    """Return the phase of an application's last sync."""
    return str(kube.field(".status.operationState.phase", "-n", "argocd", "application", application))
