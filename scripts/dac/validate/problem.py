"""What is wrong with an entry of the catalog, before it is known in which file the entry stands."""

from __future__ import annotations

from dac.model import Pointer

Problem = tuple[Pointer, str, str]  # where below the entry's facts, what is wrong, what to do
