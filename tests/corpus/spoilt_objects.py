"""Changes to what Argo CD brings: to a pipeline beside its workflow, and to the other objects of a project."""

from __future__ import annotations

from random import Random
from typing import Any

from mutations import Object, spoils

REQUIRED = ("concurrencyPolicy", "failedJobsHistoryLimit", "startingDeadlineSeconds", "suspend", "timezone")


@spoils("pipeline")
def key_of_the_cron(of: Object, random: Random) -> None:
    keys: dict[str, Any] = {
        "stopStrategy": {"expression": "true"},
        "when": "{{= true }}",
        "workflowMetadata": random.choice([{"finalizers": ["example.com/keep"]}, {"labels": {"a": "b"}}]),
    }
    key = random.choice(sorted(keys))
    of["spec"][key] = keys[key]


@spoils("pipeline", "object")
def key_that_nothing_has(of: Object, random: Random) -> None:
    """Add a key to the spec, or to the object where it has none, that the API server's definition lacks."""
    of.get("spec", of)[random.choice(["own", "extra", "x-key"])] = "own"


@spoils("pipeline")
def key_of_the_reference(of: Object, random: Random) -> None:
    of["spec"]["workflowSpec"]["workflowTemplateRef"][random.choice(["namespace", "template"])] = "own"


@spoils("pipeline")
def key_left_out(of: Object, random: Random) -> None:
    del of["spec"][random.choice(REQUIRED)]


@spoils("pipeline")
def schedule_too_often(of: Object, random: Random) -> None:
    of["spec"].update(schedules=[random.choice(["* * * * *", "*/5 * * * *", "0,1 3 * * *"])], suspend=False)


@spoils("pipeline")
def schedule_that_is_none(of: Object, random: Random) -> None:
    of["spec"].update(schedules=[random.choice(["every day", "* * * *", "$(date)", "0 3 * * MON!"])], suspend=False)


@spoils("pipeline")
def schedule_that_cannot_be_read(of: Object, random: Random) -> None:
    of["spec"].update(schedules=[random.choice(["@every 1s", "61 * * * *", "0 0 31 2 *"])], suspend=False)


@spoils("pipeline")
def other_value(of: Object, random: Random) -> None:
    values = {
        "concurrencyPolicy": random.choice(["Allow", "Replace"]),
        "failedJobsHistoryLimit": random.randrange(10, 1000),
        "startingDeadlineSeconds": random.randrange(1000, 100000),
        "successfulJobsHistoryLimit": random.randrange(10, 1000),
        "timezone": random.choice(["Pacific/Apia", "America/Caracas"]),
    }
    key = random.choice(sorted(values))
    of["spec"][key] = values[key]


@spoils("pipeline")
def hook_of_argo_cd(of: Object, random: Random) -> None:
    name, value = random.choice(
        [
            ("hook", random.choice(["PreSync", "PostSync", "SyncFail", "Skip"])),
            ("hook-delete-policy", "HookSucceeded"),
            ("sync-options", random.choice(["Prune=false", "Replace=true", "Delete=false"])),
            ("compare-options", "IgnoreExtraneous"),
            ("sync-wave", "-5"),
        ]
    )
    of["metadata"].setdefault("annotations", {})[f"argocd.argoproj.io/{name}"] = value


@spoils("pipeline")
def state(of: Object, random: Random) -> None:
    of["status"] = random.choice(
        [
            {"phase": "Stopped"},
            {"lastScheduledTime": "2020-01-01T00:00:00Z"},
            {"active": [{"kind": "Workflow", "name": "own", "uid": "own"}]},
        ]
    )


@spoils("pipeline")
def another_name(of: Object, random: Random) -> None:
    of["metadata"]["name"] = random.choice(["own", "sibling", "other"])


@spoils("pipeline", only=("eval-suite-v1",))
def model_of_another(of: Object, random: Random) -> None:
    """Have it write verdicts to a registered model of others: what an endpoint serves, or one of another's name."""
    given = {each["name"]: each for each in of["spec"]["workflowSpec"]["arguments"]["parameters"]}
    name, value = random.choice(
        [("endpoint", "shared-assistant"), ("weights", f"rival.model-{random.randrange(100)}@candidate")]
    )
    given[name]["value"] = value


@spoils("pipeline", only=("fine-tuning-v1",))
def name_of_a_model_of_another(of: Object, random: Random) -> None:
    """Call it by a name under which others are listed to register versions."""
    of["metadata"]["name"] = "taken"
    for each in of["spec"]["workflowSpec"]["arguments"]["parameters"]:
        if each["name"] == "pipeline":
            each["value"] = "taken"


@spoils("pipeline", "run")
def in_another_namespace(of: Object, random: Random) -> None:
    of["metadata"]["namespace"] = random.choice(["default", "kube-public"])


@spoils("object", only=("ConfigMap", "LimitRange", "NetworkPolicy", "ResourceQuota", "Role", "ServiceAccount"))
def of_another_namespace(of: Object, random: Random) -> None:
    of["metadata"]["namespace"] = random.choice(["default", "kube-public"])


@spoils("object", only=("AppProject",))
def project_of_another_name(of: Object, random: Random) -> None:
    of["metadata"]["name"] = f"own-{random.randrange(1000)}"


@spoils("object", only=("Namespace",))
def of_another_name(of: Object, random: Random) -> None:
    of["metadata"]["name"] = f"own-{random.randrange(1000)}"


@spoils("object", only=("Role", "ConfigMap"))
def of_a_foreign_kind(of: Object, random: Random) -> None:
    """Make it an object that no project may have, and that the API server lets Argo CD make."""
    name, rules = of["metadata"]["name"], {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    version, kind, rest = random.choice(
        [
            ("rbac.authorization.k8s.io/v1", "ClusterRole", rules),
            ("scheduling.k8s.io/v1", "PriorityClass", {"value": 1000}),
            ("node.k8s.io/v1", "RuntimeClass", {"handler": "own"}),
        ]
    )
    of.clear()
    of.update(apiVersion=version, kind=kind, metadata={"name": f"own-{name}"}, **rest)


@spoils("object", only=("Role", "ConfigMap"))
def that_runs_something(of: Object, random: Random) -> None:
    """Make it an object that starts pods past the pipelines."""
    container = {"name": "main", "image": "registry.example.com/evil:1"}
    templates = {"entrypoint": "main", "templates": [{"name": "main", "container": container}]}
    version, kind, spec = random.choice(
        [
            ("v1", "Pod", {"containers": [container]}),
            ("argoproj.io/v1alpha1", "WorkflowTemplate", templates),
            ("argoproj.io/v1alpha1", "Workflow", templates),
        ]
    )
    about = {"name": "own", "namespace": of["metadata"]["namespace"]}
    of.clear()
    of.update(apiVersion=version, kind=kind, metadata=about, spec=spec)


@spoils("object", only=("Namespace",))
def label_of_the_project(of: Object, random: Random) -> None:
    labels = of["metadata"]["labels"]
    if random.random() < 0.5:
        del labels["dac.dev/project"]
    else:
        labels["dac.dev/project"] = "own"


@spoils("object", only=("Namespace",))
def pod_security(of: Object, random: Random) -> None:
    labels = of["metadata"]["labels"]
    value = random.choice(["privileged", "baseline", ""])
    if value:
        labels["pod-security.kubernetes.io/enforce"] = value
    else:
        del labels["pod-security.kubernetes.io/enforce"]


@spoils("object", only=("Namespace",))
def pipelines_of_the_namespace(of: Object, random: Random) -> None:
    of["metadata"]["annotations"]["dac.dev/pipelines"] += f",own-{random.randrange(1000)}"


@spoils("object", only=("Secret",))
def secret_with_a_value(of: Object, random: Random) -> None:
    of["metadata"]["name"], of["type"] = "own", "Opaque"
    of["metadata"].pop("annotations", None)
    of["stringData"] = {"token": random.randbytes(8).hex()}


@spoils("object", only=("ConfigMap",))
def password_in_an_address(of: Object, random: Random) -> None:
    of["data"] = {"objects": f"https://user:letmein{random.randrange(1000)}@objects.example.com"}


@spoils("object", only=("NetworkPolicy", "Role", "RoleBinding", "ServiceAccount", "LimitRange", "AppProject"))
def what_it_grants(of: Object, random: Random) -> None:
    """Let more of the network, of the API or of the cluster in."""
    match of["kind"]:
        case "NetworkPolicy":
            of["spec"]["egress"] = [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]
        case "Role":
            of["rules"].append({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]})
        case "RoleBinding":
            of["subjects"] = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "own"}]
        case "ServiceAccount":
            of["automountServiceAccountToken"] = True
        case "LimitRange":
            of["spec"]["limits"][0]["max"]["cpu"] = str(random.randrange(100, 1000))
        case "AppProject":
            of["spec"]["sourceRepos"].append(f"https://git.example.com/own-{random.randrange(1000)}.git")


@spoils("object")
def metadata_of_its_own(of: Object, random: Random) -> None:
    match random.choice(["label", "annotation", "finalizer", "owner"]):
        case "label":
            of["metadata"].setdefault("labels", {})["example.com/own"] = "own"
        case "annotation":
            of["metadata"].setdefault("annotations", {})["argocd.argoproj.io/sync-wave"] = "-5"
        case "finalizer":
            of["metadata"]["finalizers"] = ["example.com/keep"]
        case "owner":
            uid = "00000000-0000-4000-8000-000000000000"
            of["metadata"]["ownerReferences"] = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "own", "uid": uid}]
