"""Says what a change means, from what two commits decide and render: values in, values out."""

from __future__ import annotations

from dac.plan.cost import cost_difference, cost_effect, parted, traced
from dac.plan.decisions import PipelineEdit, decision_edits
from dac.plan.difference import Difference, How, differences
from dac.plan.effect import Effect, heaviest_first
from dac.plan.effective import EffectiveTemplates
from dac.plan.manifests import manifest_effects
from dac.plan.plan import Group, NextRun, Plan, Status, Subject, grouped
from dac.plan.policy import PolicyReport, WaiverLine, WaiverState, waiver_lines
from dac.plan.sources import Source, changed_sources

__all__ = [
    "Difference",
    "Effect",
    "EffectiveTemplates",
    "Group",
    "How",
    "NextRun",
    "PipelineEdit",
    "Plan",
    "PolicyReport",
    "Source",
    "Status",
    "Subject",
    "WaiverLine",
    "WaiverState",
    "changed_sources",
    "cost_difference",
    "cost_effect",
    "decision_edits",
    "differences",
    "grouped",
    "heaviest_first",
    "manifest_effects",
    "parted",
    "traced",
    "waiver_lines",
]
