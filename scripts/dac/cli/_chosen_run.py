"""The run that a command's argument names: RUN on this machine, PROJECT/RUN in a cluster."""

from __future__ import annotations

from dac.cli._arguments import Misuse
from dac.cli._cluster_runs import ClusterRuns
from dac.cli._runs import LocalRuns, RunSource
from dac.model.run_record import RunRecord
from dac.model.suggestion import nearest
from dac.model.words import quoted


def chosen_run(source: RunSource, named: str) -> RunRecord:
    """Return the run that is named, with its steps.

    Raises:
        Misuse: there is none of that name; the message names the nearest.
    """
    project, slash, name = named.rpartition("/")
    if isinstance(source, ClusterRuns):
        if not slash or not project or "/" in project:
            raise Misuse(f"--cluster takes a run as PROJECT/RUN, not {quoted(named)}; dac runs --cluster lists them")
        return source.named(project, name)
    assert isinstance(source, LocalRuns)
    run = source.history.find(name)
    if run is None or (project and run.project != project):
        guess = nearest(name, source.history.names())
        remedy = f"did you mean {quoted(guess)}?" if guess else "dac runs lists them"
        raise Misuse(f"there is no run {quoted(named)} in {source.history.state / 'runs'}; {remedy}")
    return run
