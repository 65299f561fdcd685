"""Evaluates the rules of policy/ once, by one start of conftest."""

from dac.judge.judge import judge

__all__ = ["judge"]
