"""What a run refuses before anything starts."""

from __future__ import annotations

from collections.abc import Sequence

from dac.model import Finding


class Refused(Exception):
    """A workflow that cannot be run here as Argo would run it.

    Attributes:
        findings: each with the place of what is refused; at least one.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = list(findings)
