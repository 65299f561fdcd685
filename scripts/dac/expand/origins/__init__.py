"""Follows each value of a rendered manifest back to the lines that it comes from."""

from dac.expand.origins.provenance import Provenance

__all__ = ["Provenance"]
