"""Splits the projects of a large tree among several starts of conftest, which run side by side.

Those of one owner are judged together, since rules sum over them. The names of all pipelines are in every part, and the
accounts that share a cloud identity in the part of each. What is in no project is a part of its own, 0, so that it need
not be judged anew when a project changed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping

from dac.model import Project

_LEAST = 200  # projects that are worth a start of their own
_MOST = 500  # projects that one start should hold in memory
_PLATFORM = 250  # projects that take as long to judge as what is in none, which one start takes beside its own


def parts_of(projects: Mapping[str, Project]) -> dict[str, int]:
    """Return the number of the part that each project is in, from 1 on; the same for the same projects and machine."""
    processors = len(os.sched_getaffinity(0))
    sizes = [0] * max(1, min(processors, len(projects) // _LEAST), -(-len(projects) // _MOST))
    if len(sizes) <= processors:  # all run at once
        sizes[0] = _PLATFORM
    part: dict[str, int] = {}
    by_owner = Counter(project.owner for project in projects.values())
    for owner, number in sorted(by_owner.items(), key=lambda each: (-each[1], each[0])):
        smallest = sizes.index(min(sizes))
        sizes[smallest] += number
        part[owner] = smallest + 1
    return {name: part[project.owner] for name, project in projects.items()}
