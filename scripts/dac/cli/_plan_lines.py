"""The lines of a plan that its text and its markdown share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dac.model import Finding
from dac.model.object_path import written
from dac.model.printing import printable, shortened
from dac.model.words import plural, quoted
from dac.plan import Difference, Effect, Group, How, Plan, Subject, WaiverLine

Redact = Callable[[str], str]
_NAMES = 6  # of subjects that are shown of a group
_FINDING = 500  # characters of a finding
_VALUE = 120  # characters of a value


def head(plan: Plan) -> list[str]:
    """Return the first lines: what is compared, and the counts."""
    tail = " with uncommitted changes" if plan.uncommitted else ""
    counts = ", ".join(f"{number} {status}" for status, number in plan.counts().items())
    return [
        f"plan of {plan.head[:12]}{tail} against {plan.base[:12]}",
        f"{plural(len(plan.statuses), 'project')}: {counts or 'none'}",
    ]


def policy_lines(plan: Plan, full: bool) -> list[str]:
    """Return what the rules say of the head, the findings first, then the waivers."""
    policy = plan.policy
    lines = []
    if policy.scope:
        counts = f"{plural(len(policy.new), 'new finding')}, {policy.standing} at the base too"
        lines.append(f"policy: {policy.scope}: {counts}, {len(policy.announced)} announced")
    for title, findings in (("new", policy.new), ("announced", policy.announced)):
        shown = findings if full else findings[:_NAMES]
        lines += [f"{title}: {shortened(finding_line(finding), _FINDING)}" for finding in shown]
        if len(shown) < len(findings):
            lines.append(f"{title}: {cut(len(shown), len(findings), 'finding')}")
    waivers = policy.waivers if full else policy.waivers[:_NAMES]
    lines += [_waiver_line(waiver) for waiver in waivers]
    if len(waivers) < len(policy.waivers):
        lines.append(f"waivers: {cut(len(waivers), len(policy.waivers), 'waiver')}")
    return lines


def _waiver_line(waiver: WaiverLine) -> str:
    facts, left = waiver.facts, waiver.days_left
    when = f"{plural(left, 'day')} left" if left >= 0 else f"{plural(-left, 'day')} ago"
    former = "".join(f", {name} was {quoted(value)}" for name, value in sorted(waiver.before.items()))
    states = ", ".join(waiver.states)
    what = f"{facts['rule']} of {facts['path']}, value {quoted(facts['value'])}"
    return f"waiver {states}: {what}, until {facts['until']} ({when}), {facts['owner']}: {facts['reason']}{former}"


def foot(plan: Plan, owners: Mapping[str, str]) -> list[str]:
    """Return the last lines: waves, approvals, what has no effect, what was not evaluated."""
    lines = [f"waves: {line}" for line in plan.waves]
    for owner, reasons in plan.approvals().items():
        team = f" ({owners[owner]})" if owners.get(owner) else ""
        shown = reasons[:_NAMES]
        lines.append(f"approval: {owner}{team} for {', '.join(shown)}{more(len(shown), len(reasons))}")
    shown = list(plan.without_effect)[:_NAMES]
    lines += [f"no effect on what the base decided: {what}" for what in shown]
    if len(shown) < len(plan.without_effect):
        lines.append(
            f"no effect on what the base decided: {len(plan.without_effect) - len(shown)} more changes under standards/"
        )
    return lines + [f"not evaluated: {what}: {reason}" for what, reason in plan.not_evaluated.items()]


def subjects(group: Group, full: bool) -> str:
    """Return whom a group concerns."""
    names = [str(subject) for subject in group.subjects]
    standards = sorted({subject.standard for subject in group.subjects if subject.standard})
    tail = f" ({', '.join(standards)})" if standards else ""
    if len(names) == 1:
        return names[0] + tail
    shown = names if full else names[:_NAMES]
    count = _number(group.subjects)
    return f"the same change in {count}{tail}: {', '.join(shown)}{more(len(shown), len(names))}"


def _number(subjects: Sequence[Subject]) -> str:
    projects = len({subject.project for subject in subjects})
    if not subjects[0].pipeline:
        return plural(projects, "project")
    return f"{plural(len(subjects), 'pipeline')} of {plural(projects, 'project')}"


def cause_line(effect: Effect) -> str:
    """Return where an effect comes from."""
    if effect.cause is None:
        return "cause unknown"
    return f"at {effect.cause}{' of the base' if effect.base else ''}"


def difference_line(difference: Difference, full: bool) -> str:
    """Return a manifest difference as a line."""
    path = written(difference.path)
    if len(difference.path) == 1 and not full and difference.how in (How.ADDED, How.REMOVED):
        return f"{'+' if difference.how is How.ADDED else '-'} {path}"
    limit = 10**6 if full else _VALUE
    before, after = quoted(difference.before, limit), quoted(difference.after, limit)
    if difference.how is How.ADDED:
        return f"+ {path}: {after}"
    if difference.how is How.REMOVED:
        return f"- {path}: {before}"
    if difference.how is How.REORDERED:
        return f"~ {path}: the same items in another order"
    return f"~ {path}: {before} to {after}"


def redacted(value: str, redact: Redact) -> str:
    """Return a text of the tree as it may be shown."""
    return printable(redact(value))


def finding_line(finding: Finding) -> str:
    """Return a finding as it may be shown."""
    return printable(str(finding))


def cut(shown: int, total: int, word: str) -> str:
    """Return how many are shown, of how many."""
    return plural(total, word) if shown == total else f"{shown} of {plural(total, word)}, --full shows all"


def more(shown: int, total: int) -> str:
    """Return how many are left out; nothing where none are."""
    return f" and {total - shown} more" if shown < total else ""
