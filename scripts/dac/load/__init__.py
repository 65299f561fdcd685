"""Reads files into values; nothing else in the tool reads the tree."""

from dac.load.credentials import credential_findings, load_credentials
from dac.load.irregular import irregular_findings
from dac.load.pipelines import TreePipeline, load_pipelines
from dac.load.projects import load_project, project_names, project_of
from dac.load.repository import find_root, load_projects, load_repository
from dac.load.rules import load_rules, metadata_schema, rule_metadata
from dac.load.strays import stray_findings
from dac.load.waivers import FILE as WAIVERS
from dac.load.waivers import waivers_of

__all__ = [
    "WAIVERS",
    "TreePipeline",
    "credential_findings",
    "find_root",
    "irregular_findings",
    "load_credentials",
    "load_pipelines",
    "load_project",
    "load_projects",
    "load_repository",
    "load_rules",
    "metadata_schema",
    "project_names",
    "project_of",
    "rule_metadata",
    "stray_findings",
    "waivers_of",
]
