"""`dac status` of many projects asks the cluster for all at once, and for each alone where it may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dac.cli._cluster_runs import ClusterRuns
from dac.cli._statuses import statuses_of
from dac.cluster import ClusterError
from dac.load import TreePipeline

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
PROJECTS = [f"p{number:02}" for number in range(20)]
RAN = [project for project in PROJECTS if int(project[1:]) % 4 != 1]
PIPELINES = [TreePipeline(project, "search", "search", "rag-indexing@v1", None) for project in PROJECTS]
CRON = "workflows.argoproj.io/cron-workflow"


class Cluster:
    """A cluster with a run in most projects; of every fourth it failed, and every fifth lacks its Secret."""

    def __init__(self, refused: str = "") -> None:
        self.asked: Counter[str] = Counter()
        self.refused = refused  # lists of all namespaces that the account may not have

    def __call__(self, namespace: str) -> Namespace:
        return Namespace(self, namespace)


class Namespace:
    """Objects of one namespace, or lists of all of them."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster, self.name = cluster, name

    def _asked(self, what: str) -> list[str]:
        self.cluster.asked[what] += 1
        if not self.name and what == self.cluster.refused:
            raise ClusterError(f"{what} is forbidden")
        return [self.name] if self.name else PROJECTS

    def listed(self, _: str) -> list[Mapping[str, Any]]:
        """Return the Workflows' metadata."""
        return [self._metadata(project) for project in self._asked("workflows") if project in RAN]

    def whole(self, _: str) -> list[Mapping[str, Any]]:
        """Return the CronWorkflows."""
        spec = {
            "schedules": ["0 3 * * *"],
            "suspend": False,
            "workflowSpec": {
                "workflowTemplateRef": {"name": "rag-indexing-v1"},
                "arguments": {"parameters": [{"name": "store", "value": "qdrant"}]},
            },
        }
        of = self._asked("cronworkflows")
        return [{"metadata": {"name": "search", "namespace": project}, "spec": spec} for project in of]

    def secrets(self) -> set[tuple[str, str]]:
        """Return what Secrets there are."""
        of = self._asked("secrets")
        return {(project, "store-qdrant") for project in of if int(project[1:]) % 5}

    def get(self, _: str, name: str) -> dict[str, Any]:
        """Return a Workflow."""
        self.cluster.asked["whole"] += 1
        phase = self._metadata(self.name)["metadata"]["labels"]["workflows.argoproj.io/phase"]
        times = {"startedAt": "2027-03-01T03:00:00Z", "finishedAt": "2027-03-01T03:10:00Z"}
        return {**self._metadata(self.name), "spec": {}, "status": {"phase": phase, **times}}

    def _metadata(self, project: str) -> dict[str, Any]:
        phase = "Failed" if int(project[1:]) % 4 == 0 else "Succeeded"
        labels = {CRON: "search", "workflows.argoproj.io/phase": phase}
        named = {"name": "search-1", "namespace": project, "creationTimestamp": "2027-03-01T03:00:00Z"}
        return {"metadata": {**named, "labels": labels}}


def states(cluster: Cluster, pipelines: list[TreePipeline]) -> dict[str, str]:
    """Return the state of each project's pipeline."""
    source = ClusterRuns(Path(__file__).parents[2])
    source._namespace = cluster  # type: ignore[assignment] # as much of it as is asked
    return {status.project: str(status.state) for status in statuses_of(source, pipelines, NOW)}


@pytest.mark.parametrize("refused", ["", "workflows", "cronworkflows", "secrets"])
def test_the_answers_are_the_same_however_they_were_asked_for(refused: str) -> None:
    alone = {p.project: states(Cluster(), [p])[p.project] for p in PIPELINES}
    assert set(alone.values()) == {"failed", "no receipt", "secret missing", "never run"}
    cluster = Cluster(refused)
    assert states(cluster, PIPELINES) == alone
    lists = {what: number for what, number in cluster.asked.items() if what != "whole"}
    assert lists == {what: 21 if what == refused else 1 for what in ("workflows", "cronworkflows", "secrets")}
    assert cluster.asked["whole"] == len(RAN)
