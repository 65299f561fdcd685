"""When a pipeline is due, as its CronWorkflow says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

DEADLINE = timedelta(minutes=10)  # startingDeadlineSeconds of every CronWorkflow: a start that is later is left out


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a pipeline is due.

    Attributes:
        cron, zone: as its CronWorkflow has them.
        suspended: whether it runs only when somebody starts it.
        past: the moments within the days looked back on at which it was due, in order.
        upcoming: the next one; None where it is suspended, or none is near.
    """

    cron: str
    zone: str
    suspended: bool
    past: tuple[datetime, ...] = ()
    upcoming: datetime | None = None

    def due_since(self, moment: datetime, now: datetime) -> int:
        """Return how many starts were due after a moment, and are too late to come still."""
        return sum(moment < due <= now - DEADLINE for due in self.past)
