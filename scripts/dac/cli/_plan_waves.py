"""Whom a changed template reaches first, and whom later, where the catalog names canaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dac.cli._plan_side import Side
from dac.model.words import article_list, plural
from dac.plan import Subject

_NAMES = 6  # of canaries that are shown


def wave_lines(base: Side | None, head: Side, subjects: Iterable[Subject]) -> tuple[str, ...]:
    """Return a line for each template that changes, and one where `released` moves; none without canaries.

    Args:
        base: the tree that is compared with; None where nothing under standards/ differs.
        head: the tree that is planned.
        subjects: the pipelines that change because something under standards/ does.
    """
    waves, former = _waves(head), _waves(base) if base else {}
    if base is None or not (canaries := waves.get("canaries")):
        return ()
    changed = [ref for ref in sorted(head.repository.standards, key=str) if base.template(ref) != head.template(ref)]
    concerned = list(subjects)
    lines = []
    for ref in changed:
        using = [subject for subject in concerned if subject.pipeline and subject.standard == str(ref)]
        if not using:
            continue  # no pipeline runs otherwise by it
        first = {subject.project for subject in using} & set(canaries)
        later = sum(subject.project not in first for subject in using)
        whom = f"the canaries first: {article_list(first, _NAMES)}" if first else "no canary, since none uses it"
        after = "`dac release --cluster`, once their runs have succeeded" if first else "`dac release --untried`"
        lines.append(f"the changed template of {ref} reaches {whom}; {plural(later, 'other pipeline')} after {after}")
    if former.get("released", "") != waves["released"]:
        lines.append(f"pipelines of all projects but the canaries get the templates of {waves['released'][:12]}")
    return tuple(lines)


def _waves(side: Side) -> Mapping[str, Any]:
    waves: Mapping[str, Any] = side.repository.catalog.kinds.get("platform", {}).get("waves", {})
    return waves
