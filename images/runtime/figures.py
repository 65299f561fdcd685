"""Which groups of the Pushgateway hold an evaluation's figures: one of its scores, one of how its runs end."""

JOB = "dac-eval"
RUNS_JOB = "dac-eval-runs"
STANDARD = "eval-suite@"  # how a receipt's `standard` begins where the run pushed figures


def labels(project: str, pipeline: str) -> dict[str, str]:
    """Return the labels of a pipeline's groups beside `job`."""
    return {"pipeline": pipeline, "project": project}


def paths(project: str, pipeline: str) -> list[str]:
    """Return the paths of a pipeline's groups, in the order that the proxy of docs/adopt.md lets through."""
    of = "".join(f"/{name}/{value}" for name, value in labels(project, pipeline).items())
    return [f"/metrics/job/{job}{of}" for job in (JOB, RUNS_JOB)]
