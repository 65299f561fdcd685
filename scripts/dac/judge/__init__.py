"""Evaluates the rules of policy/ once, by one start of conftest for each part of a tree."""

from dac.judge.judge import Tree, judge, judge_each
from dac.judge.manifest_facts import SUMMED, ManifestFacts, gathered
from dac.judge.policy_input import identity_annotation
from dac.judge.remembered import folder

__all__ = ["SUMMED", "ManifestFacts", "Tree", "folder", "gathered", "identity_annotation", "judge", "judge_each"]
