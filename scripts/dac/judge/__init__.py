"""Evaluates the rules of policy/ once, by one start of conftest."""

from dac.judge.judge import Tree, judge, judge_each

__all__ = ["Tree", "judge", "judge_each"]
