"""Runs of pipelines: started, followed, and what they left."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dac.cluster.submit import workflow

from harness.kube import Kube, say
from harness.outside import Outside

DONE = ("Succeeded", "Failed", "Error")
COUNTED = "count/workflows.argoproj.io"  # what the quota of a namespace limits
LAST = 10  # runs that ended and stay where room is made: none that a test looks at is older


class Runs:
    """The runs of one project's pipeline."""

    def __init__(self, kube: Kube, outside: Outside, project: str, pipeline: str) -> None:
        self.kube, self.outside, self.project, self.pipeline = kube, outside, project, pipeline
        self.alias = f"D_{project}_s{pipeline}".replace("-", "__")  # as Weaviate names it

    def start(self, **by_hand: str) -> str:
        """Start the pipeline as its team does with `dac run --cluster`; return the run's name. Raises Refused.

        Args:
            by_hand: arguments, as `-p NAME=VALUE` gives them.
        """
        # The namespace and its CronWorkflows are two Applications, and either may be the first to follow a push.
        self.kube.until(f"the namespace to list the pipeline {self.pipeline}", self.is_listed, 400)
        self.make_room()
        cron = self.kube.get("-n", self.project, "cronworkflow", self.pipeline)
        who = ("--as=somebody", "--as-group=dac:team-docs", "--as-group=system:authenticated")
        made = self.kube(
            *who, "-n", self.project, "create", "-f", "-", "-o", "name", stdin=json.dumps(workflow(cron, by_hand))
        )
        return made.strip().rpartition("/")[2]

    def make_room(self, count: int = 1) -> None:
        """Delete the runs that ended first where the quota, which counts them too, lets nobody start so many more."""
        budget = ("-n", self.project, "resourcequota", "budget")
        # Until runs were counted once the quota lets none in: where they are a kind that is new to the cluster, its
        # controller counts them when it looks at all quotas again, every five minutes.
        used = (".status.used", *budget)
        self.kube.until(f"the runs of {self.project} to be counted", lambda: self.kube.field(*used).get(COUNTED), 400)
        most = int(self.kube.field(".spec.hard", *budget)[COUNTED])
        runs = self.kube.get("-n", self.project, "workflows", "--sort-by=.metadata.creationTimestamp")["items"]
        if len(runs) + count <= most:
            return
        ended = [each["metadata"]["name"] for each in runs if each.get("status", {}).get("phase") in DONE]
        say("%d runs of %s fill its quota: the oldest %d go", len(runs), self.project, len(ended[:-LAST]))
        self.kube("-n", self.project, "delete", "workflow", "--wait=false", *ended[:-LAST])
        self.kube.until(
            "the quota to have room", lambda: int(self.kube.field(".status.used", *budget)[COUNTED]) + count <= most
        )

    @contextmanager
    def without_pods(self) -> Iterator[None]:
        """Hold the runs of the namespace where they are: the controller asks again where a quota refuses a pod."""
        about = {"name": "no-pods", "namespace": self.project}
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": about, "spec": {"hard": {"pods": "0"}}}
        self.kube.apply(json.dumps(quota))
        try:
            yield
        finally:
            self.kube("-n", self.project, "delete", "resourcequota", "no-pods")

    def is_listed(self) -> bool:
        """Return whether the namespace's annotation, by which admission goes, has the pipeline."""
        annotations = self.kube.get("namespace", self.project)["metadata"].get("annotations", {})
        return self.pipeline in annotations.get("dac.dev/pipelines", "").split(",")

    def object(self, name: str) -> dict[str, Any]:
        """Return the run's Workflow. Raises Refused."""
        return self.kube.get("-n", self.project, "workflow", name)

    def phase(self, name: str) -> str:
        """Return the run's phase; empty before the controller saw it."""
        return self.object(name).get("status", {}).get("phase", "")

    def wait(self, name: str, seconds: float = 900) -> dict[str, Any]:
        """Return the run's Workflow once it has ended, whichever way."""
        seen: dict[str, str] = {}

        def ended() -> bool:
            status = self.object(name).get("status", {})
            for node in status.get("nodes", {}).values():
                if node["type"] == "Pod" and seen.get(node["id"]) != node["phase"]:
                    seen[node["id"]] = node["phase"]
                    say("%s %s %s", node["displayName"], node["phase"], node.get("message", ""))
            return status.get("phase") in DONE

        self.kube.until(f"run {name} to end", ended, seconds)
        return self.object(name)

    def run(self) -> dict[str, Any]:
        """Start a run, wait for its success and return its receipt."""
        name = self.start()
        ended = self.wait(name)
        assert ended["status"]["phase"] == "Succeeded", self.why(ended)
        return self.receipt(name)

    def receipt(self, name: str) -> dict[str, Any]:
        """Return what the run left. Raises Refused where it left nothing."""
        return json.loads(self.outside.read(f"dac-artifacts/{self.project}/{self.pipeline}/receipts/{name}.json"))

    def nodes(self, workflow: dict[str, Any]) -> dict[str, str]:
        """Display name -> phase."""
        return {n["displayName"]: n["phase"] for n in workflow["status"].get("nodes", {}).values()}

    def why(self, workflow: dict[str, Any]) -> str:
        """Return what to read when a run failed: its nodes, and the ends of its pods' logs."""
        name, lines = workflow["metadata"]["name"], [workflow["status"].get("message", "")]
        for node in workflow["status"].get("nodes", {}).values():
            lines.append(f"{node['displayName']}: {node['phase']} {node.get('message', '')}")
        selector = f"workflows.argoproj.io/workflow={name}"
        lines.append(self.kube("-n", self.project, "logs", "-l", selector, "-c", "main", "--tail=20", "--prefix"))
        return "\n".join(lines)
