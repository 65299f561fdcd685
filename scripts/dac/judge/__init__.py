"""Judges everything once, by one start of conftest."""

from dac.judge.judge import judge

__all__ = ["judge"]
