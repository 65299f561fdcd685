"""Reads standards/<name>/<version>/migration.yaml: how a pipeline of another version becomes one of this version."""

from __future__ import annotations

from dac.load.derivation import VersionedFiles
from dac.load.envelope_fit import fits_migration
from dac.model import EffectClass, Finding, Migration, StandardRef
from dac.model.suggestion import suggestion
from dac.model.words import quoted

FILE = "migration.yaml"


def load_migration(files: VersionedFiles, ref: StandardRef) -> tuple[Migration | None, list[Finding]]:
    """Return a version's migration, None where there is none, and what is wrong with its shape."""
    if not files.has(ref, FILE):
        return None, []
    document, findings = files.load(ref, FILE)
    if document is None or findings:
        return None, findings
    if not fits_migration(document.data):
        from dac.load.envelope import MigrationEnvelope
        from dac.load.envelope_findings import envelope_findings

        return None, envelope_findings(MigrationEnvelope, document, "migration", {})
    data = document.data
    versions = [other for other in files.versions(ref.name, "standard.yaml") if other != ref.version]
    if data["from"] not in versions:
        text = f"there is no other version {quoted(data['from'])} of {ref.name} to come from"
        remedy = suggestion(data["from"], versions)
        return None, [Finding(document.at(("from",)), "standard.migration", text, remedy)]
    moves = {name: tuple(step["to"].split(".")) for name, step in data.get("decisions", {}).items() if "to" in step}
    drops = {name: step["drop"] for name, step in data.get("decisions", {}).items() if "drop" in step}
    effect_class = EffectClass(data.get("class", EffectClass.UNCLASSIFIED))
    return Migration(data["from"], data["means"], effect_class, moves, drops, data.get("add", {}), document), []
