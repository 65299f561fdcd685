"""Go's time.Time, time.Duration and *time.Location in expressions: `now().Format("2006-01-02")`, `duration("1h")`.

The local time zone is UTC, as in the controller's pod.
"""

from dac.run.argo.expression.times.durations import Duration, Value
from dac.run.argo.expression.times.functions import FUNCTIONS, SPRIG_TIMES
from dac.run.argo.expression.times.values import Moment, Zone

__all__ = ["FUNCTIONS", "SPRIG_TIMES", "Duration", "Moment", "Value", "Zone"]
