"""What Argo, or Kubernetes for it, refuses is refused here too, before anything runs: one field each."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from dac.run import Refused
from runner_harness import sources

C = {"image": "busybox", "command": ["true"]}
RAW = {"raw": {"data": "x"}}
LEAF = {"name": "l", "container": C}
FOLDERS = {"volumes": [{"name": "v", "emptyDir": {}}]}
BOTH = [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/a"}]
OUT = {"name": "a", "valueFrom": {"path": "/tmp/a"}}


def workflow(templates: list[dict[str, Any]] | None = None, **spec: Any) -> str:
    whole = {"entrypoint": "main", "templates": templates or [{"name": "main", "container": C}], **spec}
    return yaml.safe_dump(
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "w"}, "spec": whole}
    )


def cron(**spec: Any) -> str:
    inner = {"entrypoint": "main", "templates": [{"name": "main", "container": C}]}
    whole = {"schedules": ["0 1 * * *"], "workflowSpec": inner, **spec}
    return yaml.safe_dump(
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": {"name": "w"}, "spec": whole}
    )


def template(**fields: Any) -> str:
    return workflow([{"name": "main", "container": C, **fields}])


def container(**fields: Any) -> str:
    return workflow([{"name": "main", "container": {**C, **fields}}])


def tasks(*tasks: dict[str, Any]) -> str:
    return workflow([{"name": "main", "dag": {"tasks": list(tasks)}}, LEAF])


def artifacts(side: str, *items: dict[str, Any]) -> str:
    return template(**{side: {"artifacts": list(items)}})


def parameters(side: str, *items: dict[str, Any]) -> str:
    return template(**{side: {"parameters": list(items)}})


def passed(kind: str, *items: dict[str, Any]) -> str:
    """A task that passes arguments, which the template that it calls need not know."""
    return tasks({"name": "a", "template": "l", "arguments": {kind: list(items)}})


def container_set(**fields: Any) -> str:
    return workflow([{"name": "main", "containerSet": {"containers": [{"name": "a", **C}], **fields}}], **FOLDERS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (workflow(podGC={"strategy": "OnPodComplete"}), "is 'OnPodComplete'; give one of OnPodCompletion"),
        (workflow(volumeClaimGC={"strategy": "Always"}), "is 'Always'; give one of OnWorkflowCompletion"),
        (workflow(artifactGC={"strategy": "never"}), "is 'never'; give one of OnWorkflowCompletion"),
        (workflow(dnsPolicy="default"), "is 'default'; give one of ClusterFirst"),
        (workflow(retryStrategy={"retryPolicy": "always"}), "is 'always'; give one of Always"),
        (template(retryStrategy={"retryPolicy": "Sometimes"}), "is 'Sometimes'; give one of Always"),
        (container(imagePullPolicy="always"), "is 'always'; give one of Always"),
        (container(terminationMessagePolicy="Log"), "is 'Log'; give one of File"),
        (artifacts("outputs", {"name": "a", "path": "/a", "archive": {"gzip": {}}}), "unknown field"),
        (artifacts("outputs", {"name": "a", "path": "/a", "archive": {"tar": {"compressionLevel": "x"}}}), "is text"),
        (artifacts("outputs", {"name": "a", "path": "/a", "artifactGC": {"strategy": "no"}}), "is 'no'"),
        (container(resources={"limits": {"cpu": "one"}}), "is 'one'; give an amount such as 500m"),
        (container(resources={"requests": {"memory": "1 Gi"}}), "is '1 Gi'; give an amount"),
        (cron(concurrencyPolicy="forbid"), "is 'forbid'; give one of Allow"),
        (cron(timezone="Mars/Base"), "give a name of the time zone database"),
        (cron(schedules=[]), 'has no "schedules"'),
        (cron(schedules=["0 0 31 2 *"]), "no month in it has such a day, so it would never fire"),
        (cron(schedules=["0 0 31 4,6,9,11 *"]), "so it would never fire"),
        (cron(schedules=["0 0 30 2 *", "0 1 * * *"]), "so it would never fire"),
        (workflow([{"name": "main", "container": {**C, "volumeMounts": BOTH}}], **FOLDERS), "give each mountPath once"),
        (container_set(volumeMounts=BOTH), "give each mountPath once"),
        (
            artifacts("inputs", {"name": "a", "path": "/a", **RAW}, {"name": "b", "path": "/a", **RAW}),
            "already mounted",
        ),
        (workflow(volumes=[{"name": "v", "emptyDir": {}, "secret": {"secretName": "s"}}]), "more than 1 volume type"),
        (template(volumes=[{"name": "v", "emptyDir": {}, "configMap": {"name": "s"}}]), "more than 1 volume type"),
        (workflow([LEAF, LEAF, {"name": "main", "container": C}]), "is not unique"),
        (workflow(arguments={"parameters": [{"name": "a", "value": "1"}] * 2}), "is not unique"),
        (workflow(arguments={"artifacts": [{"name": "a", **RAW}] * 2}), "is not unique"),
        (passed("artifacts", {"name": "a"}), "a.from, artifact location, or key is required"),
        (
            passed("artifacts", {"name": "a", "from": "{{x}}", "fromExpression": "x"}),
            "both `from` and `fromExpression`",
        ),
        (passed("parameters", {"name": "a", "valueFrom": {"path": "/a"}}), "only allows: default, configMapKeyRef"),
        (passed("parameters", {"name": "a", "value": "x", "enum": ["y"]}), "present in templates.main.tasks.a"),
        (workflow(arguments={"artifacts": [{"name": "a"}]}), "spec.arguments.a.from, artifact location, or key"),
        (parameters("inputs", {"name": "a", "value": "1"}, {"name": "a", "value": "2"}), "is not unique"),
        (artifacts("inputs", {"name": "a", "path": "/a", **RAW}, {"name": "a", "path": "/b", **RAW}), "is not unique"),
        (parameters("outputs", OUT, OUT), "is not unique"),
        (artifacts("outputs", {"name": "a", "path": "/a"}, {"name": "a", "path": "/b"}), "is not unique"),
        (parameters("outputs", {**OUT, "globalName": "a b"}), "globalName: 'a b' is invalid"),
        (template(sidecars=[{"name": "s", **C}] * 2), "give each name once"),
        (template(initContainers=[{"name": "s", **C}] * 2), "give each name once"),
        (template(sidecars=[{"name": "main", **C}]), "'main' is the name of a container of Argo's own"),
        (template(activeDeadlineSeconds=-1), "must be a positive integer"),
        (template(activeDeadlineSeconds="soon"), "must be a positive integer"),
        (tasks({"name": "a", "template": "l"}, {"name": "a", "template": "l"}), "is not unique"),
        (tasks({"name": "a", "template": "l", "depends": "a"}), "cycle"),
        (tasks(*({"name": a, "template": "l", "depends": b} for a, b in ("ab", "ba"))), "cycle"),
    ],
)
def test_it_is_refused(text: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        sources(text)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        workflow(volumes=[{"name": "v"}]),  # Kubernetes makes it an empty folder
        cron(schedules=["0 0 29 2 *"], timezone="Europe/Berlin"),
        cron(schedules=["0 0 31 2 1"]),  # a Monday in February
        cron(schedules=["@every 1h"]),
        container(resources={"limits": {"cpu": 1, "memory": "1.5Gi"}, "requests": {"cpu": "100m"}}),
        workflow(
            [{"name": "main", "steps": [[{"name": "a", "template": "l"}], [{"name": "b", "template": "l"}]]}, LEAF]
        ),
    ],
)
def test_what_is_rare_but_fine_is_not(text: str) -> None:
    sources(text)
