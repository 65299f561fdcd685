"""What a project may not do, tried in the cluster by a person of its team.

The refusal is compared with the cluster's own words.
"""

import json
import re
from typing import Any

import pytest
from harness.denial import BUSYBOX, PERSON, cron, denied, pod_of, refusal, workflow
from harness.kube import Kube, Refused
from harness.probe import SAFE
from harness.runs import Runs


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
    message = refusal(kube, PERSON, workflow(docs, **{field: value}))
    assert f"denied request: a project may not set {field} of a run; that is the template's" in message


@FIELDS
def test_no_field_in_a_pipeline_either(kube: Kube, docs: Runs, field: str, value: object) -> None:
    """Its folder is the team's: what Argo CD would sync from it is held to the same."""
    held = kube.get("-n", "docs", "cronworkflow", "search")["spec"]
    spec = {**held, "workflowSpec": {**held["workflowSpec"], field: value}}
    message = refusal(kube, (), cron(spec))
    assert f"denied request: a project may not set {field} of a run; that is the template's" in message


def test_no_field_of_a_pipeline_that_the_platform_does_not_write(kube: Kube, docs: Runs) -> None:
    held = kube.get("-n", "docs", "cronworkflow", "search")["spec"]
    message = refusal(kube, (), cron({**held, "when": "{{= true }}"}))
    assert "denied request: a project may not set spec.when; a CronWorkflow holds concurrencyPolicy, " in message


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
    with pytest.raises(Refused) as refused:
        kube(*patch, "-p", json.dumps({"spec": {"entrypoint": "publish"}}))
    # Two policies refuse it, and the API server reports whichever it evaluated first.
    assert re.search(
        "denied request: (a project may not set entrypoint of a run; that is the template's"
        "|of a run that exists a person may change spec.shutdown and nothing else)",
        str(refused.value),
    )
    kube(*patch, "-p", json.dumps({"spec": {"shutdown": "Terminate"}}))
    for later in ({"spec": {"suspend": True}}, {"metadata": {"finalizers": ["example.com/keep"]}}, *STATES):
        with pytest.raises(Refused) as refused:
            kube(*patch, "-p", json.dumps(later))
        assert "denied request: " in str(refused.value), later


def test_argos_own_client_brings_a_state_along(docs: Runs) -> None:
    """It puts the templates that it looked up into the status, from where the controller would take them.

    Whoever writes that status chooses the images. `dac run --cluster` writes none.
    """
    with pytest.raises(Refused) as refused:
        docs.kube.argo("submit", "-n", "docs", "--from", "cronwf/search")
    assert "denied request: the status of a run is written by the workflow controller alone" in str(refused.value)


FOREIGN = {"entrypoint": "main", "templates": [{"name": "main", "container": BUSYBOX}]}
STATES = (
    {"status": {"storedWorkflowTemplateSpec": FOREIGN}},
    {"status": {"storedTemplates": {"cluster/rag-indexing-v1/publish": FOREIGN["templates"][0]}}},
    {"status": {"phase": "Omitted"}},
    {"metadata": {"labels": {"workflows.argoproj.io/completed": "no"}}},  # a live run says false by itself
    {"metadata": {"annotations": {"workflows.argoproj.io/pod-name-format": "v1"}}},
)


@pytest.mark.parametrize("state", STATES, ids=lambda state: "-".join(key for part in state.values() for key in part))
def test_no_state_is_brought_along(kube: Kube, docs: Runs, state: dict[str, Any]) -> None:
    """With a stored spec of its own a run would never look at the template: any image, any account."""
    crafted = workflow(docs)
    crafted["metadata"] |= state.get("metadata", {})
    message = refusal(kube, PERSON, crafted | {key: value for key, value in state.items() if key != "metadata"})
    assert "alone" in message
    assert "denied request: " in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", "large"),
        ("model", "bge-small-en-v1-5"),
        ("source", "s3://rival/manifest.jsonl"),
        ("source", "file://etc/passwd"),
        ("canaries", ""),
        ("loss", "allowed"),
        ("notify", "#elsewhere"),
        ("content", "sha256:" + "0" * 64),
        ("chunking", "fine"),
    ],
)
def test_no_argument_but_the_merged_ones(kube: Kube, docs: Runs, name: str, value: str) -> None:
    message = refusal(kube, PERSON, workflow(docs, arguments={"parameters": merged(docs, name, value)}))
    assert f"denied request: not as merged for pipeline search: {name}; change decisions.yaml" in message


def merged(docs: Runs, name: str, value: Any) -> list[dict[str, Any]]:
    """Return the pipeline's arguments as merged, with another value for one of them."""
    held = workflow(docs)["spec"]["arguments"]["parameters"]
    changed = value if isinstance(value, dict) else {"value": value}
    return [p if p["name"] != name else {"name": name, **changed} for p in held]


def test_no_argument_is_left_out(kube: Kube, docs: Runs) -> None:
    """It would take the template's default, which nobody merged for this pipeline."""
    held = workflow(docs)["spec"]["arguments"]["parameters"]
    fewer = [parameter for parameter in held if parameter["name"] != "canaries"]
    message = refusal(kube, PERSON, workflow(docs, arguments={"parameters": fewer}))
    assert "not as merged for pipeline search: canaries" in message


def test_no_pipeline_that_is_not_there(kube: Kube, docs: Runs) -> None:
    message = refusal(kube, PERSON, workflow(docs, arguments={"parameters": merged(docs, "pipeline", "other")}))
    assert "names no pipeline of this project, which has search" in message


def test_what_a_person_may_set_by_hand(kube: Kube, docs: Runs) -> None:
    held = workflow(docs)["spec"]["arguments"]["parameters"]
    given = {"action": "rollback", "commit": "0" * 40, "predicted": "seconds=1.5..3,usd=0.."}
    more = [*held, *({"name": name, "value": value} for name, value in given.items())]
    made = workflow(docs, arguments={"parameters": more})
    kube(*PERSON, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(made))


@pytest.mark.parametrize("kind", ["Pod", "ConfigMap", "CronWorkflow", "ServiceAccount", "Pod-exec"])
def test_the_role_edit_reaches_nothing_that_was_merged(kube: Kube, docs: Runs, image: str, kind: str) -> None:
    """A role given by mistake: whoever holds it makes no pod, changes no address, no pipeline, and enters no pod."""
    about = {"name": "helper", "namespace": "docs"}
    held = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": about}
    held["roleRef"] = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
    held["subjects"] = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "helper"}]
    kube.apply(json.dumps(held))
    helper = ("--as=helper", "--as-group=system:authenticated")
    try:
        if kind == "Pod":
            message = refusal(kube, helper, pod_of(image, SAFE))
            assert "a project's pods are made and changed by the workflow controller alone" in message
        elif kind == "Pod-exec":
            # Admission comes before the pod is looked up, so that it need not be there.
            path = "/api/v1/namespaces/docs/pods/any/exec?command=true"
            with pytest.raises(Refused) as refused:
                kube(*helper, "create", "--raw", path, "-f", "-", stdin="{}")
            assert "nobody but an administrator enters a project's pods" in str(refused.value)
        elif kind == "CronWorkflow":
            spec = kube.get("-n", "docs", "cronworkflow", "search")["spec"]
            assert "change by a merge, and Argo CD brings them" in refusal(kube, helper, cron(spec))
        else:
            own = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "own", "namespace": "docs"}}
            assert "change by a merge, and Argo CD brings them" in refusal(kube, helper, own)
    finally:
        kube("-n", "docs", "delete", "rolebinding", "helper")


@pytest.mark.parametrize("foreign", ["local.test/busybox:1", "registry.example.com/dac/rag:latest"])
def test_no_image_but_the_catalogs_whoever_makes_the_pod(kube: Kube, docs: Runs, foreign: str) -> None:
    assert f"not an image of the catalog by its digest: {foreign}" in refusal(kube, (), pod_of(foreign, SAFE))


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
    held = [p for p in merged(docs, name, value) if p["name"] != name]
    message = refusal(kube, PERSON, workflow(docs, arguments={"parameters": [*held, {"name": name, "value": value}]}))
    denied(message, reason, f"not as merged for pipeline search: {name}")


def test_no_argument_from_elsewhere(kube: Kube, docs: Runs) -> None:
    crafted = {"name": "size", "valueFrom": {"configMapKeyRef": {"name": "endpoints", "key": "objects"}}}
    message = refusal(kube, PERSON, workflow(docs, arguments={"parameters": merged(docs, "size", crafted)}))
    denied(
        message, "a parameter has a name and a text as its value, and nothing else", "not as merged for pipeline search"
    )
