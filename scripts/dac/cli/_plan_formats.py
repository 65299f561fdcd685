"""A plan as text, as JSON and as the markdown of a pull request's comment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import click

from dac.cli._plan_ahead import ahead_lines
from dac.cli._plan_lines import (
    Redact,
    cause_line,
    cut,
    difference_line,
    finding_line,
    foot,
    head,
    policy_lines,
    redacted,
    subjects,
)
from dac.cli._plan_markdown import markdown
from dac.model import EffectClass
from dac.model.object_path import written
from dac.model.printing import json_printable, printable
from dac.plan import Group, Plan, PolicyReport

_DIFFERENCES = 8  # of a group's manifest differences that are shown


def text(plan: Plan, owners: Mapping[str, str], redact: Redact, full: bool, _limit: int) -> str:
    """Lines for a terminal; coloured by click where the output is one."""
    lines = [click.style(line, bold=True) for line in head(plan)]
    for finding in plan.breaking:
        lines.append(click.style(f"breaking: {finding_line(finding)}", fg="red"))
    for group in plan.groups:
        lines += ["", click.style(printable(subjects(group, full)), bold=True)]
        for effect in group.effects:
            colour = "yellow" if effect.effect_class is not EffectClass.NO_OP else None
            lines.append(f"  {click.style(f'{effect.effect_class:<15}', fg=colour)} {redacted(effect.change, redact)}")
            lines += [f"  {'':15} {redacted(line, redact)}" for line in (effect.means, cause_line(effect)) if line]
        lines += [f"  {word:<15} {redacted(line, redact)}" for word, line in ahead_lines(group)]
        if group.differences:
            shown = list(group.differences) if full else list(group.differences)[:_DIFFERENCES]
            lines.append(f"  manifests ({cut(len(shown), len(group.differences), 'difference')}):")
            lines += [f"    {redacted(difference_line(difference, full), redact)}" for difference in shown]
    if not plan.groups:
        lines += ["", "nothing changes in what was evaluated"]
    closing = [*policy_lines(plan, full), *foot(plan, owners)]
    lines += ["", *(redacted(line, redact) for line in closing)]
    return "\n".join(lines).rstrip("\n") + "\n"


def as_json(plan: Plan, owners: Mapping[str, str], redact: Redact, _full: bool, _limit: int) -> str:
    """`{"version": 1, ...}`, whole whatever its size."""
    entries = {
        "version": 1,
        "base": plan.base,
        "head": plan.head,
        "uncommitted": plan.uncommitted,
        "projects": {"total": len(plan.statuses), **{str(s): n for s, n in plan.counts().items()}},
        "statuses": {name: str(status) for name, status in plan.statuses.items()},
        "not_evaluated": dict(plan.not_evaluated),
        "without_effect": list(plan.without_effect),
        "waves": list(plan.waves),
        "breaking": [str(finding) for finding in plan.breaking],
        "approvals": [
            {"owner": owner, "team": owners.get(owner, ""), "for": reasons}
            for owner, reasons in plan.approvals().items()
        ],
        "policy": _policy(plan.policy),
        "changes": [_entry(group) for group in plan.groups],
    }
    return json_printable(json.dumps(_redacted(entries, redact), indent=2, ensure_ascii=False, default=str)) + "\n"


def _entry(group: Group) -> dict[str, Any]:
    return {
        "subjects": [str(subject) for subject in group.subjects],
        "standards": sorted({subject.standard for subject in group.subjects if subject.standard}),
        "effects": [
            {
                "class": str(effect.effect_class),
                "change": effect.change,
                "means": effect.means,
                "cause": str(effect.cause) if effect.cause else None,
                "cause_in": "base" if effect.base else "head",
                **({"amounts": effect.amounts} if effect.amounts else {}),
            }
            for effect in group.effects
        ],
        "next_runs": {
            str(subject): start.moment.isoformat() if start.moment else None
            for subject, start in group.next_runs.items()
        },
        "differences": [
            {"path": written(d.path), "how": str(d.how), "before": d.before, "after": d.after}
            for d in group.differences
        ],
    }


def _policy(policy: PolicyReport) -> dict[str, Any]:
    return {
        "scope": policy.scope,
        "new": [str(finding) for finding in policy.new],
        "announced": [str(finding) for finding in policy.announced],
        "standing": policy.standing,
        "waivers": [
            {
                "states": [str(state) for state in waiver.states],
                "days_left": waiver.days_left,
                "before": dict(waiver.before),
                **waiver.facts,
            }
            for waiver in policy.waivers
        ],
    }


def _redacted(value: Any, redact: Redact) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(str(key)): _redacted(item, redact) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item, redact) for item in value]
    return value


FORMATS: dict[str, Callable[[Plan, Mapping[str, str], Redact, bool, int], str]] = {
    "text": text,
    "md": markdown,
    "json": as_json,
}
