"""Says whether what was loaded is well-formed; whether it is allowed is said by policy/."""

from dac.validate.compatible import breaking_edits
from dac.validate.rule_metadata import metadata_findings
from dac.validate.schema import decisions_schema
from dac.validate.validate import validate_projects, validate_standards

__all__ = ["breaking_edits", "decisions_schema", "metadata_findings", "validate_projects", "validate_standards"]
