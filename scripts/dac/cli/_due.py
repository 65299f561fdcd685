"""When a CronWorkflow was due and is due next, for the commands that ask how its pipeline stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dac.calendar import Firings
from dac.status import Schedule

_BACK = timedelta(days=40)  # a monthly pipeline was due within them
_AHEAD = (8, 40, 400)  # days that are looked ahead, one after the other, until a start is found


class Due:
    """Schedules as of one moment; the minutes of each time zone are worked out once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._windows: dict[int, Firings] = {}

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
            around = self._window(_AHEAD[0]).of(cron, zone)
            ahead = [due for due in around if due > self.now]
            for days in _AHEAD[1:]:
                ahead = ahead or [due for due in self._window(days).of(cron, zone) if due > self.now]
        except (ValueError, OSError, KeyError):  # a line with a macro, or a zone that this machine does not know
            return Schedule(cron, zone, False)
        past = tuple(due for due in around if due <= self.now)
        return Schedule(cron, zone, False, past, ahead[0] if ahead else None)

    def _window(self, ahead: int) -> Firings:
        if ahead not in self._windows:
            self._windows[ahead] = Firings(self.now - _BACK, _BACK.days + ahead)
        return self._windows[ahead]
