"""The commands that a status names, as they are written for where it was read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands for one place.

    Attributes:
        cluster: whether the runs are a cluster's; else this machine's.
    """

    cluster: bool

    @property
    def _option(self) -> str:
        return " --cluster" if self.cluster else ""

    def run(self, project: str, pipeline: str) -> str:
        """Return what starts a pipeline."""
        return f"dac run{self._option} {project}/{pipeline}"

    def status(self, project: str, pipeline: str) -> str:
        """Return what says all of a pipeline."""
        return f"dac status{self._option} {project}/{pipeline}"

    def logs(self, project: str, run: str, step: str = "") -> str:
        """Return what shows a run's logs."""
        named = f"{project}/{run}" if self.cluster else run
        quoted = f" '{step}'" if step else ""
        return f"dac logs{self._option} {named}{quoted}"

    def retry(self, project: str, run: str) -> str:
        """Return what starts a run's pipeline again as that run was started."""
        return f"dac retry{self._option} {f'{project}/{run}' if self.cluster else run}"

    def stop(self, project: str, run: str) -> str:
        """Return what stops a run."""
        return f"dac stop{self._option} {f'{project}/{run}' if self.cluster else run}"
