"""Evaluates the rules of policy/ once, by one start of conftest for each part of a tree."""

from dac.judge.judge import Tree, judge, judge_each
from dac.judge.policy_input import SUMMED
from dac.judge.remembered import folder

__all__ = ["SUMMED", "Tree", "folder", "judge", "judge_each"]
