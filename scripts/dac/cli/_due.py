"""When a CronWorkflow was due and is due next, for the commands that ask how its pipeline stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dac.calendar import Firings, next_firing
from dac.status import Schedule

_BACK = timedelta(days=40)  # a monthly pipeline was due within them


class Due:
    """Schedules as of one moment; the minutes of each time zone are worked out once.

    Args:
        now: the moment.
        back: how far is looked back at what was due; a command that asks for the next start alone needs nothing of it.
    """

    def __init__(self, now: datetime, back: timedelta = _BACK) -> None:
        self.now = now
        self._past = Firings(now - back, back.days + 1)

    def schedule(self, cron_workflow: Mapping[str, Any] | None) -> Schedule | None:
        """Return when a CronWorkflow is due; None where there is none, or its line cannot be read."""
        spec = (cron_workflow or {}).get("spec") or {}
        lines = spec.get("schedules") or ([spec["schedule"]] if spec.get("schedule") else [])
        zone = str(spec.get("timezone") or "Etc/UTC")
        if not lines:
            return None
        cron = str(lines[0])
        if spec.get("suspend"):
            return Schedule(cron, zone, True)
        try:
            past = tuple(due for due in self._past.of(cron, zone) if due <= self.now)
            return Schedule(cron, zone, False, past, next_firing(cron, zone, self.now))
        except (ValueError, OSError, KeyError):  # a line with a macro, or a zone that this machine does not know
            return Schedule(cron, zone, False)
