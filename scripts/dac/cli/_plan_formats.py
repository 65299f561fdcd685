"""A plan as text, as JSON and as the markdown of a pull request's comment."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from dac.model import EffectClass, Finding
from dac.model.object_path import written
from dac.model.printing import json_printable, printable
from dac.model.words import plural, quoted
from dac.plan import Difference, Effect, Group, How, Plan, Subject

Redact = Callable[[str], str]
MARK = "<!-- dac plan -->"  # by which the comment is found again
_NAMES = 6  # of subjects that are shown of a group
_DIFFERENCES = 8  # of a group's manifest differences that are shown
_VALUE = 120  # characters of a value


def text(plan: Plan, owners: Mapping[str, str], redact: Redact, full: bool, _limit: int) -> str:
    """Lines for a terminal; coloured by click where the output is one."""
    lines = [click.style(line, bold=True) for line in _head(plan)]
    for finding in plan.breaking:
        lines.append(click.style(f"breaking: {_line(finding)}", fg="red"))
    for group in plan.groups:
        lines += ["", click.style(printable(_subjects(group, full)), bold=True)]
        for effect in group.effects:
            colour = "yellow" if effect.effect_class is not EffectClass.NO_OP else None
            lines.append(f"  {click.style(f'{effect.effect_class:<15}', fg=colour)} {_shown(effect.change, redact)}")
            lines += [f"  {'':15} {printable(line)}" for line in (effect.means, _cause(effect)) if line]
        if group.differences:
            shown = list(group.differences) if full else list(group.differences)[:_DIFFERENCES]
            lines.append(f"  manifests ({_cut(len(shown), len(group.differences), 'difference')}):")
            lines += [f"    {_shown(_difference(difference, full), redact)}" for difference in shown]
    if not plan.groups:
        lines += ["", "nothing changes in what was evaluated"]
    lines += ["", *(_shown(line, redact) for line in _foot(plan, owners))]
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
        "breaking": [str(finding) for finding in plan.breaking],
        "approvals": [
            {"owner": owner, "team": owners.get(owner, ""), "for": reasons}
            for owner, reasons in plan.approvals().items()
        ],
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
            }
            for effect in group.effects
        ],
        "differences": [
            {"path": written(d.path), "how": str(d.how), "before": d.before, "after": d.after}
            for d in group.differences
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


def markdown(plan: Plan, owners: Mapping[str, str], redact: Redact, full: bool, limit: int) -> str:
    """Return a comment of at most `limit` characters: the summary first, then the manifest differences, folded.

    Every text that comes from the tree stands in a code span or a code block, where a host gives no sign a meaning.
    """
    first, *rest = _head(plan)
    opening = f"{MARK}\n### Plan\n\n{_span(first)}\n\n" + "".join(f"**{_span(line)}**\n\n" for line in rest)
    opening += "".join(f"- :no_entry: {_span(redact(_line(finding)))}\n" for finding in plan.breaking)
    closing = "\n".join(f"- {_span(redact(line))}" for line in _foot(plan, owners)) + "\n"
    groups = [_group(group, redact, full) for group in plan.groups]
    if not groups:
        opening += "Nothing changes in what was evaluated.\n\n"
    room = limit - len(opening) - len(closing) - 200
    kept: list[str] = []
    for entry in groups:
        if len(entry) + 1 > room:
            break
        kept.append(entry)
        room -= len(entry) + 1
    body = "\n".join(kept) + ("\n" if kept else "")
    if len(kept) < len(groups):
        body += f"\n**truncated: {len(kept)} of {plural(len(groups), 'change')} shown**\n"
    folded, details = 0, ""
    for group in plan.groups[: len(kept)]:
        entry = _details(group, redact, full)
        if entry and len(entry) <= room:
            details += entry
            room -= len(entry)
            folded += 1
    with_differences = sum(bool(group.differences) for group in plan.groups)
    if folded < with_differences:
        details += f"\ntruncated: manifest differences of {folded} of {plural(with_differences, 'change')} shown\n"
    whole = f"{opening}{body}\n{closing}\n{details}"
    return whole if len(whole) <= limit else whole[: limit - 30].rsplit("\n", 1)[0] + "\n\ntruncated\n"


def _group(group: Group, redact: Redact, full: bool) -> str:
    lines = [f"- **{_span(redact(_subjects(group, full)))}**"]
    for effect in group.effects:
        lines.append(f"  - **{effect.effect_class}**: {_span(redact(effect.change))}")
        if effect.means:
            lines.append(f"    <br>{_span(redact(effect.means))}")
        if cause := _cause(effect):
            lines.append(f"    <br>{_span(redact(cause))}")
    return "\n".join(lines)


def _details(group: Group, redact: Redact, full: bool) -> str:
    if not group.differences:
        return ""
    shown = list(group.differences) if full else list(group.differences)[:50]
    lines = [printable(redact(_difference(difference, full))) for difference in shown]
    fence = _fence("\n".join(lines), 3)
    title = f"{len(group.differences)} manifest differences" if len(group.differences) > 1 else "1 manifest difference"
    summary = f"<summary>{title}{_more(len(shown), len(group.differences))}</summary>"
    block = "\n".join([f"{fence}text", printable(redact(_subjects(group, False))), *lines, fence])
    return f"\n<details>{summary}\n\n{block}\n\n</details>\n"


def _span(value: str) -> str:
    """Return a text as a code span that none of its own backticks can end."""
    line = printable(value)
    fence = _fence(line, 1)
    pad = " " if line.startswith(("`", " ")) or line.endswith(("`", " ")) or not line else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _fence(content: str, least: int) -> str:
    longest = max((len(run) for run in re.findall("`+", content)), default=0)
    return "`" * max(least, longest + 1)


def _head(plan: Plan) -> list[str]:
    tail = " with uncommitted changes" if plan.uncommitted else ""
    counts = ", ".join(f"{number} {status}" for status, number in plan.counts().items())
    return [
        f"plan of {plan.head[:12]}{tail} against {plan.base[:12]}",
        f"{plural(len(plan.statuses), 'project')}: {counts or 'none'}",
    ]


def _foot(plan: Plan, owners: Mapping[str, str]) -> list[str]:
    lines = []
    for owner, reasons in plan.approvals().items():
        team = f" ({owners[owner]})" if owners.get(owner) else ""
        shown = reasons[:_NAMES]
        lines.append(f"approval: {owner}{team} for {', '.join(shown)}{_more(len(shown), len(reasons))}")
    shown = list(plan.without_effect)[:_NAMES]
    lines += [f"no effect on what the base decided: {what}" for what in shown]
    if len(shown) < len(plan.without_effect):
        lines.append(
            f"no effect on what the base decided: {len(plan.without_effect) - len(shown)} more changes under standards/"
        )
    return lines + [f"not evaluated: {what}: {reason}" for what, reason in plan.not_evaluated.items()]


def _subjects(group: Group, full: bool) -> str:
    names = [str(subject) for subject in group.subjects]
    standards = sorted({subject.standard for subject in group.subjects if subject.standard})
    tail = f" ({', '.join(standards)})" if standards else ""
    if len(names) == 1:
        return names[0] + tail
    shown = names if full else names[:_NAMES]
    count = _number(group.subjects)
    return f"the same change in {count}{tail}: {', '.join(shown)}{_more(len(shown), len(names))}"


def _number(subjects: Sequence[Subject]) -> str:
    projects = len({subject.project for subject in subjects})
    if not subjects[0].pipeline:
        return plural(projects, "project")
    return f"{plural(len(subjects), 'pipeline')} of {plural(projects, 'project')}"


def _cause(effect: Effect) -> str:
    if effect.cause is None:
        return "cause unknown"
    return f"at {effect.cause}{' of the base' if effect.base else ''}"


def _difference(difference: Difference, full: bool) -> str:
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


def _shown(value: str, redact: Redact) -> str:
    return printable(redact(value))


def _line(finding: Finding) -> str:
    return printable(str(finding))


def _cut(shown: int, total: int, word: str) -> str:
    return plural(total, word) if shown == total else f"{shown} of {plural(total, word)}, --full shows all"


def _more(shown: int, total: int) -> str:
    return f" and {total - shown} more" if shown < total else ""


FORMATS: dict[str, Callable[[Plan, Mapping[str, str], Redact, bool, int], str]] = {
    "text": text,
    "md": markdown,
    "json": as_json,
}
