"""Many runs, many schedules and many projects at once on the real controllers, with a node that runs nothing.

DAC_RUNS, DAC_SCHEDULES and DAC_PROJECTS say how many. Nothing is lost, though the workflow controller is killed once.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from harness.docs import DECISIONS
from harness.fake_node import SELECTOR, TOLERATION, FakeNode
from harness.kube import Kube, say
from harness.load import flags_in, given, kill, measured
from harness.organisation import Organisation

RUNS, SCHEDULES, PROJECTS = (
    int(os.environ.get(name, default))
    for name, default in (("DAC_RUNS", "50"), ("DAC_SCHEDULES", "600"), ("DAC_PROJECTS", "200"))
)
NAMESPACES = [f"scale-{number}" for number in range(10)]
CRON = "workflows.argoproj.io/cron-workflow"
GROUPS, WIDE = 8, 5  # a run of forty steps: eight groups, one after the other, of five pods at once
POD = {
    "container": {"image": "local.test/none:1", "command": ["none"]},
    "nodeSelector": SELECTOR,
    "tolerations": [TOLERATION],
}


def template(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Return a ClusterWorkflowTemplate, since the controller takes no Workflow that brings its own."""
    spec = {"entrypoint": "main", "templates": [{"name": "main", **entry}, {"name": "pod", **POD}]}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ClusterWorkflowTemplate",
        "metadata": {"name": name},
        "spec": spec,
    }


def listed(kube: Kube, kind: str, selector: str) -> list[dict[str, Any]]:
    return kube.get(kind, "-A", "-l", selector)["items"]


@pytest.fixture(scope="module")
def node(kube: Kube, organisation: Organisation) -> Iterator[FakeNode]:
    """Give the cluster of an organisation of a thousand pipelines such a node."""
    if not kube.is_local:
        pytest.skip("the cluster is somebody else's: it is not burdened, nor its controller killed, for a test")
    organisation.edit("platform", {"capacity": {"size": "pipelines-1000"}})
    organisation.push("Take the size of a thousand pipelines")
    settings = ("-n", "argo", "configmap", "workflow-controller-configmap")
    kube.until("the controller's settings", lambda: kube.get(*settings)["data"].get("parallelism") == "400", 400)
    steps = [[{"name": f"s{group}-{wide}", "template": "pod"} for wide in range(WIDE)] for group in range(GROUPS)]
    objects = [
        *({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES),
        template("scale-many", {"steps": steps}),
        template("scale-one", POD),
    ]
    kube.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    flags = flags_in(organisation.tree / "standards/platform/install")
    say("the controllers get %s", " ".join(flag for more in flags.values() for flag in more))
    with given(flags), FakeNode(kube.kubeconfig, seconds=2).running() as made:
        yield made


def test_runs_of_forty_steps_at_once_all_end(kube: Kube, node: FakeNode) -> None:
    about = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
    spec = {"workflowTemplateRef": {"name": "scale-many", "clusterScope": True}}
    items = [
        {
            **about,
            "metadata": {"name": f"many-{n}", "namespace": NAMESPACES[n % 10], "labels": {"scale": "many"}},
            "spec": spec,
        }
        for n in range(RUNS)
    ]
    began = time.monotonic()
    with measured(kube, f"{RUNS} runs of {GROUPS * WIDE} steps"):
        kube("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        phases: Counter[str] = Counter()

        def ended() -> bool:
            phases.clear()
            phases.update(each.get("status", {}).get("phase", "") for each in listed(kube, "workflows", "scale=many"))
            return phases["Succeeded"] + phases["Failed"] + phases["Error"] == RUNS

        kube.until("all runs to end", ended, 3600)
    say("%d runs of %d steps ended in %.0f s", RUNS, GROUPS * WIDE, time.monotonic() - began)
    assert phases == {"Succeeded": RUNS}
    assert node.succeeded >= RUNS * GROUPS * WIDE


def test_schedules_of_one_minute_all_fire_though_the_controller_is_killed(kube: Kube, node: FakeNode) -> None:
    """They have run the day before: of one that never has, or was just changed, Argo makes no missed start up."""
    due = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=3)
    schedule = f"{due.minute} {due.hour} * * *"
    spec = {
        "schedules": [schedule],
        "timezone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "workflowSpec": {"workflowTemplateRef": {"name": "scale-one", "clusterScope": True}},
    }
    before = {"lastScheduledTime": f"{due - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}", "active": [], "conditions": []}
    used = {"cronworkflows.argoproj.io/last-used-schedule": f"CRON_TZ=Etc/UTC {schedule}"}
    about = {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow"}
    items = [
        {
            **about,
            "metadata": {"name": f"one-{n}", "namespace": NAMESPACES[n % 10], "annotations": used},
            "spec": spec,
            "status": before,
        }
        for n in range(SCHEDULES)
    ]
    kube("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    assert datetime.now(UTC) < due, "they were there before they were due"
    runs: dict[str, set[str]] = {}
    succeeded: set[str] = set()

    def fired() -> int:
        for each in listed(kube, "workflows", CRON):
            name = each["metadata"]["labels"][CRON]
            if not name.startswith("one-"):
                continue
            runs.setdefault(name, set()).add(each["metadata"]["name"])
            if each.get("status", {}).get("phase") == "Succeeded":
                succeeded.add(name)  # its object may be gone before the last one's is there
        return len(runs)

    def late() -> float:
        return (datetime.now(UTC) - due).total_seconds()

    with measured(kube, f"{SCHEDULES} schedules of one minute"):
        kube.until("the first to fire", fired, 120 - late())
        kill("workflow-controller")
        say("the controller was killed once %d of %d had fired", fired(), SCHEDULES)
        kube.until("all to fire", lambda: fired() == SCHEDULES, 1800)
        say("all %d had fired %.0f s after they were due", SCHEDULES, late())
        kube.until("a run of each to succeed", lambda: fired() and len(succeeded) == SCHEDULES, 1800)
    say("all %d had succeeded %.0f s after they were due", SCHEDULES, late())
    assert {len(names) for names in runs.values()} == {1}, "none was started twice"


def test_projects_of_one_commit_are_all_synced(kube: Kube, organisation: Organisation, node: FakeNode) -> None:
    names = [f"scaled-{number}" for number in range(PROJECTS)]
    for name in names:
        organisation.decide(name, DECISIONS)
    began = time.monotonic()
    with measured(kube, f"{PROJECTS} projects"):
        organisation.push(f"Add {PROJECTS} projects")
        pushed = time.monotonic() - began

        def synced() -> bool:
            items = kube.get("-n", "argocd", "applications")["items"]
            done = sum(
                each["metadata"]["name"].startswith("scaled-")
                and each.get("status", {}).get("sync", {}).get("status") == "Synced"
                for each in items
            )
            return done == 2 * PROJECTS

        kube.until("all applications to be synced", synced, 7200)
    say(
        "%d projects were rendered and pushed in %.0f s, and synced at %.0f s",
        PROJECTS,
        pushed,
        time.monotonic() - began,
    )
    present = {each["metadata"]["namespace"] for each in kube.get("cronworkflows", "-A")["items"]}
    assert set(names) <= present
