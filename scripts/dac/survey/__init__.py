"""Says how standards are used over all projects: values in, values out."""

from __future__ import annotations

from dac.survey.decisions import Decided, decided, unused_names

__all__ = ["Decided", "decided", "unused_names"]
