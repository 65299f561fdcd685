"""Submits a project's CronWorkflow to a cluster and follows a run there."""

from dac.cluster.api import ClusterError, connected, workflows_api
from dac.cluster.follow import follow
from dac.cluster.submit import submit

__all__ = ["ClusterError", "connected", "follow", "submit", "workflows_api"]
