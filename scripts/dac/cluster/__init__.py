"""Submits a project's CronWorkflow to a cluster and follows the run."""

from dac.cluster.submit import ClusterFault, submit_and_follow

__all__ = ["ClusterFault", "submit_and_follow"]
