"""Says when pipelines run and what they hold at once: values in, values out."""

from __future__ import annotations

from dac.calendar.firings import Firings, Switch, next_firing
from dac.calendar.occupancy import Collision, Entry, collisions, free_slot

__all__ = ["Collision", "Entry", "Firings", "Switch", "collisions", "free_slot", "next_firing"]
