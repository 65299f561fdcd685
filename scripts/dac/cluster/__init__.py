"""Submits a project's CronWorkflow to a cluster and follows the run."""
