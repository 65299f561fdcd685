"""Builds the CronWorkflows of some projects with Hera, and prints them.

    python tests/bench/beside/hera/cronworkflows.py FACTS.json > objects.yaml

FACTS.json is a list of CronWorkflows as `dac render` wrote them, from which their fields are taken: Hera writes Argo's
objects, and neither looks up a catalog nor settles a schedule, so that is not in its time.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from hera.workflows import CronWorkflow, Parameter
from hera.workflows.models import WorkflowTemplateRef


def cron_workflow(facts: dict[str, Any]) -> CronWorkflow:
    """Return a CronWorkflow with the facts of a rendered one."""
    metadata, spec = facts["metadata"], facts["spec"]
    reference = spec["workflowSpec"]["workflowTemplateRef"]
    parameters = spec["workflowSpec"]["arguments"]["parameters"]
    return CronWorkflow(
        name=metadata["name"],
        namespace=metadata["namespace"],
        annotations=metadata["annotations"],
        labels=metadata["labels"],
        schedules=spec["schedules"],
        timezone=spec["timezone"],
        cron_suspend=spec["suspend"],
        concurrency_policy=spec["concurrencyPolicy"],
        starting_deadline_seconds=spec["startingDeadlineSeconds"],
        successful_jobs_history_limit=spec["successfulJobsHistoryLimit"],
        failed_jobs_history_limit=spec["failedJobsHistoryLimit"],
        workflow_template_ref=WorkflowTemplateRef(name=reference["name"], cluster_scope=reference["clusterScope"]),
        arguments=[Parameter(name=each["name"], value=each["value"]) for each in parameters],
    )


def main() -> None:
    """Print a document for each."""
    for facts in json.loads(Path(sys.argv[1]).read_text()):
        print("---\n" + cron_workflow(facts).to_yaml())


if __name__ == "__main__":
    main()
