"""What a project may not do, tried in the cluster by those who would: a person of its team, its pods, its folder.

What is refused is compared with the words in which the cluster refuses it. Pods' own tries are made by a pod of the
project, with its ServiceAccount, its key for the object store, and its network.
"""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from harness.docs import DECISIONS
from harness.kube import Kube, Refused
from harness.organisation import Organisation
from harness.outside import Outside
from harness.probe import SAFE, probe
from harness.runs import Runs

PERSON = ("--as=somebody", "--as-group=dac:team-docs", "--as-group=system:authenticated")
PODS = ("--as=system:serviceaccount:docs:rag-indexing",)
ARGO = "argoproj.io/v1alpha1"
BUSYBOX = {"name": "main", "image": "local.test/busybox:1"}


def refusal(kube: Kube, who: tuple[str, ...], manifest: dict[str, Any]) -> str:
    """What the cluster says to somebody who creates an object; a dry run, so that nothing is left if it is let in."""
    with pytest.raises(Refused) as said:
        kube(*who, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(manifest))
    return str(said.value)


def workflow(docs: Runs, **spec: Any) -> dict[str, Any]:
    """A Workflow as `argo submit --from` makes it of the pipeline, with something of one's own."""
    held = docs.kube.get("-n", "docs", "cronworkflow", "search")["spec"]["workflowSpec"]
    about = {"generateName": "search-", "namespace": "docs"}
    return {"apiVersion": ARGO, "kind": "Workflow", "metadata": about, "spec": {**held, **spec}}


def test_the_team_may_start_its_pipeline(kube: Kube, docs: Runs) -> None:
    kube(*PERSON, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(workflow(docs)))


FIELDS = pytest.mark.parametrize(
    ("field", "value"),
    [
        ("entrypoint", "publish"),
        ("podGC", {"strategy": "OnWorkflowCompletion"}),
        ("activeDeadlineSeconds", 999999),
        ("serviceAccountName", "default"),
        ("onExit", "embed"),
        ("podSpecPatch", '{"containers":[{"name":"main","image":"evil"}]}'),
        ("securityContext", {"runAsUser": 0}),
        ("templateDefaults", {"container": {"image": "evil"}}),
        ("hostNetwork", True),
        ("volumes", [{"name": "host", "hostPath": {"path": "/"}}]),
        ("synchronization", {"mutexes": []}),
        ("parallelism", 1000),
        ("artifactRepositoryRef", {"configMap": "own"}),
    ],
)


@FIELDS
def test_no_field_but_the_arguments(kube: Kube, docs: Runs, field: str, value: object) -> None:
    said = refusal(kube, PERSON, workflow(docs, **{field: value}))
    assert f"denied request: a project may not set {field} of a run; that is the template's" in said


@FIELDS
def test_no_field_in_a_pipeline_either(kube: Kube, docs: Runs, field: str, value: object) -> None:
    """Its folder is the team's: what Argo CD would sync from it is held to the same."""
    held = kube.get("-n", "docs", "cronworkflow", "search")["spec"]
    spec = {**held, "workflowSpec": {**held["workflowSpec"], field: value}}
    said = refusal(kube, (), cron(spec))
    assert f"denied request: a project may not set {field} of a run; that is the template's" in said


def test_no_field_of_a_pipeline_that_the_platform_does_not_write(kube: Kube, docs: Runs) -> None:
    held = kube.get("-n", "docs", "cronworkflow", "search")["spec"]
    said = refusal(kube, (), cron({**held, "when": "{{= true }}"}))
    assert "denied request: a project may not set spec.when; a CronWorkflow holds concurrencyPolicy, " in said


def test_no_field_is_set_later(kube: Kube, docs: Runs) -> None:
    """A run that was let in stays what it was; a person may end it, and no more."""
    runs = kube.get("-n", "docs", "workflows", "--sort-by=.metadata.creationTimestamp")["items"]
    patch = (
        *PERSON,
        "-n",
        "docs",
        "patch",
        "workflow",
        runs[-1]["metadata"]["name"],
        "--type=merge",
        "--dry-run=server",
    )
    with pytest.raises(Refused) as said:
        kube(*patch, "-p", json.dumps({"spec": {"entrypoint": "publish"}}))
    assert "denied request: a project may not set entrypoint of a run; that is the template's" in str(said.value)
    kube(*patch, "-p", json.dumps({"spec": {"shutdown": "Terminate"}}))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("size", '1"}},"image":"evil', "not within the pattern of the standard: size"),
        ("model", "{{workflow.name}}", "not within the pattern of the standard: model"),
        ("source", "s3://docs/a$(touch x)", "not within the pattern of the standard: source"),
        ("image", "evil", "the template has no parameter image"),
    ],
)
def test_no_crafted_argument(kube: Kube, docs: Runs, name: str, value: str, reason: str) -> None:
    said = refusal(kube, PERSON, workflow(docs, arguments={"parameters": [{"name": name, "value": value}]}))
    assert f"denied request: {reason}" in said


def test_no_argument_from_elsewhere(kube: Kube, docs: Runs) -> None:
    crafted = {"name": "size", "valueFrom": {"configMapKeyRef": {"name": "endpoints", "key": "objects"}}}
    said = refusal(kube, PERSON, workflow(docs, arguments={"parameters": [crafted]}))
    assert "denied request: a parameter has a name and a text as its value, and nothing else" in said


def test_no_workflow_or_template_of_its_own(kube: Kube, docs: Runs) -> None:
    spec = {"entrypoint": "main", "templates": [{"name": "main", "container": BUSYBOX}]}
    own = {"apiVersion": ARGO, "metadata": {"name": "own", "namespace": "docs"}, "spec": spec}
    said = refusal(kube, PERSON, {**own, "kind": "Workflow"})
    assert "denied request: a project may not set " in said
    assert "templates" in said
    # Even whoever is let by RBAC to write one, an administrator by mistake, may not put it into a project's namespace.
    said = refusal(kube, (), {**own, "kind": "WorkflowTemplate"})
    assert "denied request: a project has no templates of its own" in said
    said = refusal(kube, PERSON, workflow(docs, workflowTemplateRef={"name": "own"}))
    assert "denied request: a run comes from a template of the platform" in said


def test_nothing_elsewhere_in_the_cluster(kube: Kube, docs: Runs) -> None:
    elsewhere = workflow(docs)
    elsewhere["metadata"]["namespace"] = "outside"
    said = refusal(kube, PERSON, elsewhere)
    assert (
        'User "somebody" cannot create resource "workflows" in API group "argoproj.io" in the namespace "outside"'
        in said
    )
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "own", "namespace": "docs"}}
    assert 'cannot create resource "pods"' in refusal(kube, PERSON, {**pod, "spec": {"containers": [BUSYBOX]}})


@pytest.mark.parametrize("who", [PERSON, PODS], ids=["person", "pod"])
@pytest.mark.parametrize(
    ("api", "kind", "resource"),
    [
        ("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles"),
        ("v1", "Namespace", "namespaces"),
        (ARGO, "ClusterWorkflowTemplate", "clusterworkflowtemplates"),
    ],
)
def test_nothing_of_the_whole_cluster(
    kube: Kube, docs: Runs, who: tuple[str, ...], api: str, kind: str, resource: str
) -> None:
    spec = {"entrypoint": "main", "templates": [{"name": "main", "container": BUSYBOX}]}
    own = {"apiVersion": api, "kind": kind, "metadata": {"name": "own"}}
    said = refusal(kube, who, {**own, "spec": spec} if api == ARGO else own)
    assert f'cannot create resource "{resource}" in API group' in said
    assert "at the cluster scope" in said


def test_a_pod_reports_its_result_and_does_nothing_else(kube: Kube, docs: Runs) -> None:
    result = {"apiVersion": ARGO, "kind": "WorkflowTaskResult", "metadata": {"name": "own", "namespace": "docs"}}
    kube(*PODS, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(result))
    result["metadata"] = {"name": "own", "namespace": "outside"}
    assert 'cannot create resource "workflowtaskresults"' in refusal(kube, PODS, result)
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
def test_no_privileged_pod_whoever_makes_it(kube: Kube, docs: Runs, security: dict[str, Any], reason: str) -> None:
    said = refusal(kube, (), pod_of(security))
    assert 'violates PodSecurity "restricted' in said
    assert reason in said


@pytest.mark.parametrize("resource", ["cpu", "memory", "nvidia.com/gpu"])
def test_no_more_than_the_quota(kube: Kube, docs: Runs, resource: str) -> None:
    much = {"cpu": "60", "memory": "400Gi", "nvidia.com/gpu": "9"}[resource]
    small = {"cpu": "10m", "memory": "16Mi"}
    resources = {"requests": {**small, resource: much}, "limits": {**small, resource: much}}
    said = refusal(kube, (), pod_of(SAFE, resources))
    assert "exceeded quota: budget" in said
    assert f"requests.{resource}={much}" in said


@pytest.fixture(scope="module")
def rival(kube: Kube, docs: Runs, outside: Outside, organisation: Organisation) -> Iterator[str]:
    """Another project of the organisation, with objects of its own."""
    organisation.decide("rival", DECISIONS)
    organisation.push("Add the project rival")
    kube.until("the namespace of rival", lambda: kube.exists("namespace", "rival"), 400)
    organisation.secrets("rival")  # the buckets' policies name both now
    outside.put({f"{bucket}/rival/search/kept.txt": "rival's" for bucket in KEPT})
    yield "rival"
    shutil.rmtree(organisation.tree / "projects/rival")
    organisation.push("Delete the project rival")


KEPT = ("dac-artifacts", "dac-workflows")
DENIED, FORBIDDEN = "AccessDenied", "403"


@pytest.mark.parametrize("who", [PERSON, PODS], ids=["person", "pod"])
def test_no_secret_is_read(kube: Kube, rival: str, who: tuple[str, ...]) -> None:
    for namespace in ("docs", rival, "argocd", "dac-platform"):
        with pytest.raises(Refused) as said:
            kube(*who, "-n", namespace, "get", "secret", "objects")
        assert f'cannot get resource "secrets" in API group "" in the namespace "{namespace}"' in str(said.value)


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

    person = "system:serviceaccount:docs:rag-indexing"
    assert probe(kube, outside, "docs", [("api", f"/api/v1/namespaces/{rival}/secrets/objects")]) == [
        f'secrets "objects" is forbidden: User "{person}" cannot get resource "secrets" in API group "" '
        f'in the namespace "{rival}"'
    ]


def test_pods_reach_what_the_catalog_lists_and_nothing_else(kube: Kube, docs: Runs, outside: Outside) -> None:
    """That packets obey the rules is the network plugin's part. The local cluster's bridge enforces none: there the
    last try gets through, and only the rules are read. A cluster whose plugin enforces none either fails here.
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

    def said() -> str:
        status = kube.get("-n", "argocd", "application", "docs-pipelines").get("status", {})
        return json.dumps([status.get("conditions"), status.get("operationState", {})])

    try:
        kube.until("Argo CD to refuse", lambda: "not permitted in project" in said(), 400)
        for what in (
            ("clusterrole", "evil"),
            ("-n", "docs", "configmap", "evil"),
            ("-n", "outside", "cronworkflow", "evil"),
        ):
            assert not kube.exists(*what), what
    finally:
        organisation.push("Take it back")
    # A sync that can never succeed is not tried for ever: the next commit replaces it.
    kube.until("the next commit to be synced", lambda: operation(kube, "docs-pipelines") == "Succeeded", 400)


def operation(kube: Kube, application: str) -> str:
    """The phase of an application's last sync."""
    return kube.get("-n", "argocd", "application", application)["status"]["operationState"]["phase"]


def cron(spec: dict[str, Any]) -> dict[str, Any]:
    """A CronWorkflow of the project."""
    return {"apiVersion": ARGO, "kind": "CronWorkflow", "metadata": {"name": "own", "namespace": "docs"}, "spec": spec}


def pod_of(security: dict[str, Any], resources: dict[str, Any] | None = None) -> dict[str, Any]:
    """A pod of one container in the project's namespace."""
    container = {**BUSYBOX, "securityContext": security, "resources": resources or {}}
    about = {"name": "probe", "namespace": "docs"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": {"containers": [container]}}
