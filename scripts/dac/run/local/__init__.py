"""Runs a workflow's pods as processes of this machine, in a folder of its own."""
