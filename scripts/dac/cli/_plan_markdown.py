"""A plan as the markdown of a pull request's comment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dac.cli._plan_ahead import ahead_lines
from dac.cli._plan_lines import (
    Redact,
    cause_line,
    difference_line,
    finding_line,
    foot,
    head,
    more,
    policy_lines,
    subjects,
)
from dac.model.printing import printable
from dac.model.words import plural
from dac.plan import Group, Plan

MARK = "<!-- dac plan -->"  # by which the comment is found again


def markdown(plan: Plan, owners: Mapping[str, str], redact: Redact, full: bool, limit: int) -> str:
    """Return a comment of at most `limit` characters: the summary first, then the manifest differences, folded.

    Every text that comes from the tree stands in a code span or a code block, where a host gives no sign a meaning.
    """
    first, *rest = head(plan)
    opening = f"{MARK}\n### Plan\n\n{_span(first)}\n\n" + "".join(f"**{_span(line)}**\n\n" for line in rest)
    opening += "".join(f"- :no_entry: {_span(redact(finding_line(finding)))}\n" for finding in plan.breaking)
    closing = "\n".join(f"- {_span(redact(line))}" for line in [*policy_lines(plan, full), *foot(plan, owners)])
    closing += "\n"
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
    lines = [f"- **{_span(redact(subjects(group, full)))}**"]
    for effect in group.effects:
        lines.append(f"  - **{effect.effect_class}**: {_span(redact(effect.change))}")
        if effect.means:
            lines.append(f"    <br>{_span(redact(effect.means))}")
        if cause := cause_line(effect):
            lines.append(f"    <br>{_span(redact(cause))}")
    lines += [f"  - **{word}**: {_span(redact(line))}" for word, line in ahead_lines(group)]
    return "\n".join(lines)


def _details(group: Group, redact: Redact, full: bool) -> str:
    if not group.differences:
        return ""
    shown = list(group.differences) if full else list(group.differences)[:50]
    lines = [printable(redact(difference_line(difference, full))) for difference in shown]
    fence = _fence("\n".join(lines), 3)
    title = f"{len(group.differences)} manifest differences" if len(group.differences) > 1 else "1 manifest difference"
    summary = f"<summary>{title}{more(len(shown), len(group.differences))}</summary>"
    block = "\n".join([f"{fence}text", f"of {printable(redact(subjects(group, False)))}", *lines, fence])
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
