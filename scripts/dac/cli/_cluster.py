"""What the commands that start a run in a cluster share: submitted, followed, and left where the user leaves it."""

from __future__ import annotations

import json

from dac.cli._arguments import Misuse
from dac.cli._printer import say

EXIT_STATUS = {"Succeeded": 0}


def on_cluster(pipeline: str, arguments: dict[str, str], name: str = "", followed: str = "") -> int:
    """Submit a pipeline from its CronWorkflow, or follow an existing run; return the command's exit status.

    Args:
        pipeline: as PROJECT/PIPELINE.
        arguments: what is given in place of the CronWorkflow's own; an empty one is left to it.
        name: of the run; made of the pipeline's when empty.
        followed: a run to follow, and none to start.

    Raises:
        Misuse: There is no such pipeline, or the cluster refuses; the message says what and what to do.
    """
    project, slash, source = pipeline.partition("/")
    if not slash or not source:
        raise Misuse("--cluster takes a pipeline, as PROJECT/PIPELINE")
    from dac.cluster import ClusterError, follow, submit, workflows_api

    def report(line: str) -> None:
        say(line, err=True)

    run = followed
    try:
        objects = workflows_api(project)
        if not run:
            run = submit(objects, source, {key: value for key, value in arguments.items() if value}, name)
            report(f"{run} submitted to {project}")
        phase = follow(objects, run, report)
    except ClusterError as error:
        raise Misuse(str(error)) from error
    except KeyboardInterrupt:
        if run:
            report(f"{run} goes on in the cluster; follow it with: dac run --cluster {pipeline} --follow {run}")
            report(f"or end it with: dac stop --cluster {project}/{run}")
        return 130
    if phase not in EXIT_STATUS:
        report(f"what its steps printed: dac logs --cluster {project}/{run}")
    say(json.dumps({"name": run, "phase": phase, "namespace": project}))
    return EXIT_STATUS.get(phase, 1)
