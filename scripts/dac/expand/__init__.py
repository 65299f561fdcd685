"""Turns decisions, standards and catalog into manifests: values in, values out."""
