"""The classes of what a change does: the values of `x-class` in a standard's and in the catalog's schemas."""

from __future__ import annotations

from enum import StrEnum


class EffectClass(StrEnum):
    """What kind of effect a change has; those that a reviewer must see first come first."""

    REMOVAL = "removal"
    SECURITY = "security"
    ACCESS = "access"
    NEW = "new"
    NEW_COLLECTION = "new collection"
    REBUILD = "rebuild"
    RETRAIN = "retrain"
    RE_EVALUATE = "re-evaluate"
    CAPACITY = "capacity"
    COST = "cost"
    SCHEDULE = "schedule"
    INCREMENTAL = "incremental"
    UNCLASSIFIED = "unclassified"
    NO_OP = "no-op"

    @property
    def weight(self) -> int:
        """Its place in a list: 0 comes first."""
        return list(EffectClass).index(self)
