"""What policy says of the head of a plan, over the projects that the change reaches."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from dac.cli._arguments import Misuse, conftest_path
from dac.cli._commit_findings import findings_at, identity
from dac.cli._compose import expanded_projects
from dac.cli._findings import masked
from dac.cli._plan_trees import Trees
from dac.cli._workers import share
from dac.expand import Expander
from dac.judge import judge
from dac.load import load_rules, waivers_of
from dac.load.history import texts
from dac.model import Finding, Location, Project, Severity
from dac.model.credentials import Credentials
from dac.model.words import plural
from dac.plan import Group, PolicyReport, WaiverLine, waiver_lines

_BUDGETS = "sums over all projects of an owner"
_WAIVERS = "policy/waivers.yaml"


@dataclass(frozen=True)
class Policy:
    """Evaluates the rules for a plan.

    Args:
        trees: what is compared.
        expander: renders the head.
        credentials: what must not be shown.
        day: the day as of which rules deny and waivers hold.
        rules: the tree whose rules are evaluated; the working tree's own when None.
    """

    trees: Trees
    expander: Expander
    credentials: Credentials
    day: date
    rules: Path | None

    def report(self, names: Collection[str], groups: Sequence[Group]) -> tuple[PolicyReport, dict[str, str]]:
        """Return what the rules say, and what was not evaluated: that -> why.

        Args:
            names: the projects of base and head that the plan is about.
            groups: what the change does; of each group one project is evaluated.
        """
        waivers, reasons = self._waivers()
        whole = any(path.startswith("policy/") for path in self.trees.changed)
        alike = {group.subjects[0].project for group in groups}
        chosen = sorted(set(names) if whole else set(names) & (self.trees.edited | alike))
        if not (chosen or self.trees.central):
            reasons["policy"] = "no rule, project or standard is changed"
            return PolicyReport(waivers=waivers), reasons
        projects, findings = self._findings(chosen, whole)
        if failure := next((finding for finding in findings if finding.code.startswith("policy.")), None):
            reasons["policy"] = f"{failure.message} ({failure.location})"
            return PolicyReport(waivers=waivers), reasons
        if not whole:
            reasons[_BUDGETS] = "dac check adds them up"
            if further := {s.project for group in groups for s in group.subjects} - set(chosen) - {""}:
                reasons[f"policy over {plural(len(further), 'further project')}"] = (
                    "one of each change was evaluated; dac check evaluates all"
                )
        scope = f"evaluated over the standards and {plural(len(projects), 'project')}"
        report = self._compared(findings, chosen, whole, reasons)
        return replace(report, scope=scope, waivers=waivers), reasons

    def _findings(self, names: Sequence[str], whole: bool) -> tuple[dict[str, Project], list[Finding]]:
        """Return the sound ones among the head's projects, and what the rules find."""
        repository = self.trees.head_repository
        present = [name for name in names if (self.trees.root / "projects" / name / "decisions.yaml").is_file()]
        manifests = self.expander.standards()[0]
        projects: dict[str, Project] = {}
        for sound, rendered, _ in share(
            partial(expanded_projects, repository, self.expander, self.credentials), present
        ):
            projects |= sound
            manifests += rendered
        try:
            conftest = conftest_path()
        except Misuse as error:
            return projects, [Finding(Location("policy"), "policy.not_judged", str(error))]
        judged = replace(repository, projects=projects)
        findings = judge(judged, manifests, conftest, self.day, whole=whole, rules=self.rules)
        return projects, masked(findings, self.trees.root)

    def _compared(
        self, findings: Sequence[Finding], names: Sequence[str], whole: bool, reasons: dict[str, str]
    ) -> PolicyReport:
        """Tell new findings from those that the base has; where the base cannot be judged, all count as new."""
        rules = load_rules(self.rules or self.trees.root)
        later = {r.code for rule in rules for r in rule.reasons if r.denies_from > self.day.isoformat()}
        at_base_too: set[tuple[str, str, str]] = set()
        if findings:
            at_base = findings_at(self.trees.root, self.trees.base, self.day, None if whole else names, self.rules)
            own = {rule.name for rule in rules}
            broken = [f for f in at_base if f.severity is Severity.ERROR and f.code.split(".")[0] not in own]
            if central := [f for f in broken if not f.location.file.startswith("projects/")]:
                reasons["which findings of policy are new"] = f"at the base: {min(central)}"
            at_base_too = {identity(finding) for finding in at_base}
        announced = tuple(finding for finding in findings if finding.code in later)
        others = [finding for finding in findings if finding.code not in later]
        new = tuple(finding for finding in others if identity(finding) not in at_base_too)
        return PolicyReport(new=new, announced=announced, standing=len(others) - len(new))

    def _waivers(self) -> tuple[tuple[WaiverLine, ...], dict[str, str]]:
        head = self.trees.head_repository.waivers
        (data,) = texts(self.trees.root, [(self.trees.base, _WAIVERS)])
        base = waivers_of(data)
        reasons = {"which waivers are new": f"the base's {_WAIVERS} cannot be read"} if base is None else {}
        return waiver_lines(base or [], head.data["waivers"] if head else [], self.day), reasons
