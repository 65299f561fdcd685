"""The kinds of a template."""

from __future__ import annotations

from dac.run.argo.node import JSON

KINDS = ("container", "steps", "dag", "script", "suspend")
PODS = ("container", "script")


def kind_of(template: JSON) -> str:
    """Return the kind of a template; empty if it has none."""
    return next((kind for kind in KINDS if kind in template), "")
