"""What policy says of the head of a plan, over the projects that the change reaches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from dac.cli._arguments import Misuse, conftest_path
from dac.cli._commit_findings import findings_at, identity
from dac.cli._expanded import sound_among, sound_projects
from dac.cli._findings import masked
from dac.cli._month_costs import month_costs
from dac.cli._plan_trees import Trees
from dac.cli._workers import forks, share
from dac.expand import Expander
from dac.judge import Tree, judge_each
from dac.load import WAIVERS, load_rules, project_of, waivers_of
from dac.load.history import texts
from dac.model import Finding, Location, Manifest, Project, Rule, Severity, StandardRef
from dac.model.credentials import Credentials
from dac.model.words import plural
from dac.plan import Group, PolicyReport, WaiverLine, waiver_lines

Report = tuple[PolicyReport, dict[str, str]]  # and what was not evaluated: that -> why
_BUDGETS = "sums over all projects of an owner"


@dataclass(frozen=True, slots=True)
class _Sound:
    """The sound ones of some projects, and what they render to."""

    projects: dict[str, Project]
    manifests: list[Manifest]

    @property
    def standards(self) -> set[StandardRef]:
        """What the projects use."""
        return {pipeline.standard for project in self.projects.values() for pipeline in project.pipelines.values()}


def _joined(parts: Sequence[_Sound]) -> _Sound:
    projects = {name: project for part in parts for name, project in part.projects.items()}
    return _Sound(projects, [manifest for part in parts for manifest in part.manifests])


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

    @contextmanager
    def begun(self, names: Collection[str]) -> Iterator[Callable[[Sequence[Group]], Report]]:
        """Yield what gives the report, as `report`, of groups that are not known yet.

        Where a few decisions alone have changed, it is known what will be judged: conftest then runs meanwhile.

        Args:
            names: the projects of base and head that the plan is about.
        """
        chosen = sorted(set(names) & self.trees.edited)
        if self._whole or self.trees.central or not chosen or forks(chosen):  # no process is forked beside a thread
            yield lambda groups: self.report(names, groups)
            return
        sides = self._sides(chosen)
        with ThreadPoolExecutor(1) as pool:
            verdicts = pool.submit(self._judged, [tree for _, tree in sides], whole=False)
            yield lambda groups: self._report(groups, chosen, sides[0][0], verdicts.result())

    def report(self, names: Collection[str], groups: Sequence[Group]) -> Report:
        """Return what the rules say, and what was not evaluated: that -> why.

        Args:
            names: the projects of base and head that the plan is about.
            groups: what the change does; of each group one project is evaluated.
        """
        alike = {group.subjects[0].project for group in groups}
        chosen = sorted(set(names) if self._whole else set(names) & (self.trees.edited | alike))
        if not (chosen or self.trees.central):
            waivers, reasons = self._waivers()
            reasons["policy"] = "no rule, project or standard is changed"
            return PolicyReport(waivers=waivers), reasons
        sides = self._sides(chosen)
        verdicts = self._judged([tree for _, tree in sides], whole=self._whole)
        return self._report(groups, chosen, sides[0][0], verdicts)

    @property
    def _whole(self) -> bool:
        return any(path.startswith("policy/") for path in self.trees.changed)

    def _sides(self, chosen: Sequence[str]) -> list[tuple[_Sound, Tree]]:
        """Return what is judged of the head; and of the base, where both have the same standards and rules."""
        head = _joined(share(self._of_head, chosen))
        if self._whole or self.trees.central:
            return [(head, self._input(head, None))]
        # Both by one start: where the head has a finding, as it mostly has, the base's are there already.
        base = _joined(share(self._of_base, chosen))
        only = head.standards | base.standards
        return [(side, self._input(side, only)) for side in (head, base)]

    def _report(
        self,
        groups: Sequence[Group],
        chosen: Sequence[str],
        head: _Sound,
        verdicts: Sequence[list[Finding]],
    ) -> Report:
        waivers, reasons = self._waivers()
        whole, narrow = self._whole, not (self._whole or self.trees.central)
        findings, *rest = verdicts
        at_base = rest[0] if rest else None
        if failure := next((finding for finding in findings if finding.code.startswith("policy.")), None):
            reasons["policy"] = f"{failure.message} ({failure.location})"
            return PolicyReport(waivers=waivers), reasons
        if not whole:
            reasons[_BUDGETS] = "dac check adds them up"
            if further := {s.project for group in groups for s in group.subjects} - set(chosen) - {""}:
                reasons[f"policy over {plural(len(further), 'further project')}"] = (
                    "one of each change was evaluated; dac check evaluates all"
                )
        scope = f"evaluated over the standards and {plural(len(head.projects), 'project')}"
        if narrow:
            scope = f"evaluated over {plural(len(head.projects), 'project')} and the standards in use there"
        if at_base is None and findings:
            at_base = self._of_commit(None if whole else chosen, reasons)
        report = self._compared(findings, at_base or [])
        return replace(report, scope=scope, waivers=waivers), reasons

    def _of_head(self, names: Sequence[str]) -> _Sound:
        present = [name for name in names if (self.trees.root / "projects" / name / "decisions.yaml").is_file()]
        return self._sound(sound_projects(self.trees.head_repository, present, estimates=True)[0])

    def _of_base(self, names: Sequence[str]) -> _Sound:
        """As `_of_head`, at the base, where both have the same standards."""
        loaded = {
            name: project_of(name, data, f"projects/{name}/decisions.yaml", self.credentials)
            for name, data in self.trees.texts(names).items()
            if data is not None
        }
        projects = {name: project for name, (project, _) in loaded.items() if project is not None}
        findings = [finding for _, own in loaded.values() for finding in own]
        return self._sound(sound_among(self.trees.head_repository, projects, findings, estimates=True)[0])

    def _sound(self, projects: dict[str, Project]) -> _Sound:
        return _Sound(projects, [m for project in projects.values() for m in self.expander.project(project)[0]])

    def _input(self, side: _Sound, only: Collection[StandardRef] | None) -> Tree:
        """Return what is judged: some projects under the head's standards, or under those of them that are named."""
        repository = self.trees.head_repository
        standards = {ref: s for ref, s in repository.standards.items() if only is None or ref in only}
        manifests = self.expander.standards(standards)[0] + side.manifests
        repository = replace(repository, projects=side.projects, standards=standards)
        return Tree(repository, manifests, month_costs(repository, manifests))

    def _judged(self, judged: Sequence[Tree], *, whole: bool) -> list[list[Finding]]:
        """Return what the rules find in each.

        Args:
            judged: the projects with their standards, and the manifests of both.
            whole: whether the projects are all that there are.
        """
        try:
            conftest = conftest_path()
        except Misuse as error:
            return [[Finding(Location("policy"), "policy.not_judged", str(error))]]
        verdicts = judge_each(judged, conftest, self.day, whole=whole, rules=self.rules)
        return [masked(findings, self.trees.root) for findings in verdicts]

    def _of_commit(self, names: Sequence[str] | None, reasons: dict[str, str]) -> list[Finding]:
        """Return the base's findings, judged with its own standards; where it cannot be, all of the head count as new.

        Args:
            names: the projects that are looked at; None means all.
            reasons: gets what could not be told.
        """
        findings = findings_at(self.trees.root, self.trees.base, self.day, names, self.rules)
        own = {rule.name for rule in self._rules}
        broken = [f for f in findings if f.severity is Severity.ERROR and f.code.split(".")[0] not in own]
        if central := [f for f in broken if not f.location.file.startswith("projects/")]:
            reasons["which findings of policy are new"] = f"at the base: {min(central)}"
        return findings

    def _compared(self, findings: Sequence[Finding], at_base: Sequence[Finding]) -> PolicyReport:
        """Tell new findings from those that the base has."""
        later = {r.code for rule in self._rules for r in rule.reasons if r.denies_from > self.day.isoformat()}
        at_base_too = {identity(finding) for finding in at_base}
        announced = tuple(finding for finding in findings if finding.code in later)
        others = [finding for finding in findings if finding.code not in later]
        new = tuple(finding for finding in others if identity(finding) not in at_base_too)
        return PolicyReport(new=new, announced=announced, standing=len(others) - len(new))

    @cached_property
    def _rules(self) -> list[Rule]:
        return load_rules(self.rules or self.trees.root)

    def _waivers(self) -> tuple[tuple[WaiverLine, ...], dict[str, str]]:
        head = self.trees.head_repository.waivers
        (data,) = texts(self.trees.root, [(self.trees.base, WAIVERS)])
        base = waivers_of(data)
        reasons = {"which waivers are new": f"the base's {WAIVERS} cannot be read"} if base is None else {}
        return waiver_lines(base or [], head.data["waivers"] if head else [], self.day), reasons
