"""Says how pipelines stand: what their runs did, what is served, what is due, what to do. Values in, values out."""

from dac.status.assessment import PipelineStatus, assess, by_urgency
from dac.status.failure import LONGEST, Failure, failing_steps, failures_of, readable
from dac.status.place import Commands
from dac.status.schedule import Schedule
from dac.status.served import Served, served_of
from dac.status.trial import Trial, Verdict, proved, trial

__all__ = [
    "LONGEST",
    "Commands",
    "Failure",
    "PipelineStatus",
    "Schedule",
    "Served",
    "Trial",
    "Verdict",
    "assess",
    "by_urgency",
    "failing_steps",
    "failures_of",
    "proved",
    "readable",
    "served_of",
    "trial",
]
