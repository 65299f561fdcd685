"""What a standard checks beyond its schema: `checks: [NAME]` calls the module of that name beside this file.

Each has `check(repository, project, pipeline, decisions)`, which yields findings; `decisions` has the schema's defaults
filled in. It is called only where the schema and the catalog had nothing to say.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from dac.model import Finding, Pipeline, Project, Repository
from dac.model.standard import with_defaults

NAMES = frozenset(module.name for module in pkgutil.iter_modules(__path__))


def check_findings(project: Project, pipeline: Pipeline, repository: Repository) -> Iterator[Finding]:
    """Yield what the checks of a pipeline's standard say of its decisions."""
    standard = repository.standards[pipeline.standard]
    decisions = with_defaults(pipeline.decisions, standard.decisions)
    for name in standard.checks:
        if name in NAMES:
            module = importlib.import_module(f"{__name__}.{name}")
            yield from module.check(repository, project, pipeline, decisions)
