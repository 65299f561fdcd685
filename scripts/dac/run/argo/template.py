"""What kind of template it is."""

from __future__ import annotations

from dac.run.argo.node import JSON

PODS = ("container", "script")


def kind_of(template: JSON) -> str:
    """container, script, steps, dag or suspend; empty for a template of no kind."""
    return next((kind for kind in ("container", "steps", "dag", "script", "suspend") if kind in template), "")
