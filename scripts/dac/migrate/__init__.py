"""Moves decisions from one version of a standard to another, in the text that people wrote."""

from dac.migrate.edit import edited
from dac.migrate.route import NoRouteError, newest, route

__all__ = ["NoRouteError", "edited", "newest", "route"]
