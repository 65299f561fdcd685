"""`templateDefaults`: what a workflow's templates have where they say nothing (mergedTemplateDefaultsInto)."""

from __future__ import annotations

from dac.run.argo.merge import merged
from dac.run.argo.node import JSON
from dac.run.argo.template import KINDS, kind_of


def with_defaults(template: JSON, spec: JSON) -> JSON:
    """Return a template merged over the defaults of a workflow's spec; of their kinds of template only its own."""
    defaults = spec.get("templateDefaults")
    if not defaults:
        return template
    own = kind_of(template)
    result: JSON = merged({key: value for key, value in defaults.items() if key == own or key not in KINDS}, template)
    return result
