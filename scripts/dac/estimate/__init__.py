"""Estimates what a pipeline's runs take, from its standard's `estimate` and the catalog: values in, values out."""

from __future__ import annotations

from dac.estimate.estimator import NEWEST, Estimator

__all__ = ["NEWEST", "Estimator"]
