"""The words of the tool as values: imported by every stage, importing none."""

from dac.model.catalog import Catalog
from dac.model.document import Document, Pointer, value_at
from dac.model.effect_class import EffectClass
from dac.model.finding import Finding, Location, Severity, beyond
from dac.model.manifest import Manifest
from dac.model.migration import Migration
from dac.model.project import Pipeline, Project, StandardRef
from dac.model.repository import Repository
from dac.model.rule import Reason, Rule
from dac.model.standard import Parameter, Standard

__all__ = [
    "Catalog",
    "Document",
    "EffectClass",
    "Finding",
    "Location",
    "Manifest",
    "Migration",
    "Parameter",
    "Pipeline",
    "Pointer",
    "Project",
    "Reason",
    "Repository",
    "Rule",
    "Severity",
    "Standard",
    "StandardRef",
    "beyond",
    "value_at",
]
