"""Runs rendered workflows in local processes, as Argo would."""
