"""Says whether what was loaded is well-formed; whether it is allowed is said by policy/."""

from dac.validate.compatible import breaking_edits
from dac.validate.projects import project_findings
from dac.validate.rule_metadata import metadata_findings
from dac.validate.schema import Schemas, decisions_schema
from dac.validate.validate import validate_projects, validate_standards

__all__ = [
    "Schemas",
    "breaking_edits",
    "decisions_schema",
    "metadata_findings",
    "project_findings",
    "validate_projects",
    "validate_standards",
]
