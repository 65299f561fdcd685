"""Whether a migration fits the two versions of its standard: every pipeline that was valid before is valid after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dac.model import Finding, Migration, Pointer, Repository, Standard, StandardRef
from dac.model.suggestion import suggestion
from dac.model.words import quoted
from dac.validate.schema import fits


def migration_findings(standard: Standard, repository: Repository) -> list[Finding]:
    """Return every finding about a standard's migration.yaml; none where it has none."""
    migration = standard.migration
    former = repository.standards.get(StandardRef(standard.ref.name, migration.version)) if migration else None
    if migration is None or former is None:  # none, or only what some projects use is looked at
        return []
    return [*_named(migration, former), *_led(migration, standard), *_complete(migration, former, standard)]


def _named(migration: Migration, former: Standard) -> Iterator[Finding]:
    names = former.decisions.get("properties", {})
    for name in (*migration.moves, *migration.drops):
        if name not in names:
            text = f"{former.ref} has no decision {quoted(name)}"
            yield _finding(migration, ("decisions", name), text, suggestion(name, names), key=True)


def _led(migration: Migration, standard: Standard) -> Iterator[Finding]:
    """Check where decisions are moved to, and what is added."""
    for name, keys in migration.moves.items():
        if _schema(standard.decisions, keys) is None:
            text = f"{standard.ref} has no decision {quoted('.'.join(keys))}"
            remedy = suggestion(keys[0], standard.decisions.get("properties", {}))
            yield _finding(migration, ("decisions", name, "to"), text, remedy)
    for name, value in migration.adds.items():
        schema = _schema(standard.decisions, (name,))
        if schema is None or not fits(value, schema):
            text = f"{standard.ref} takes no {quoted(value)} for {quoted(name)}"
            yield _finding(migration, ("add", name), text, "write a value that its schema accepts")


def _complete(migration: Migration, former: Standard, standard: Standard) -> Iterator[Finding]:
    """Check that every decision of a pipeline has a place, and every one that it must make a value."""
    names = standard.decisions.get("properties", {})
    for name in former.decisions.get("properties", {}):
        if name not in names and name not in migration.moves and name not in migration.drops:
            text = f"{standard.ref} has no decision {quoted(name)}, and it is not said what becomes of it"
            yield _finding(migration, ("decisions",), text, f"add `{name}: {{to: ...}}` or `{name}: {{drop: why}}`")
    always = set(former.decisions.get("required", []))
    given = {name for name in always if name not in migration.moves and name not in migration.drops}
    given |= {keys[0] for name, keys in migration.moves.items() if name in always} | migration.adds.keys()
    for name in standard.decisions.get("required", []):
        if name not in given:
            text = f"{standard.ref} requires {quoted(name)}, and a pipeline that comes from {former.ref} may lack it"
            yield _finding(migration, (), text, "move a required decision there, or add it under `add`")


def _schema(schema: Any, keys: tuple[str, ...]) -> Mapping[str, Any] | None:
    for key in keys:
        if not isinstance(schema, Mapping):
            return None
        schema = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
    return schema if isinstance(schema, Mapping) else None


def _finding(migration: Migration, pointer: Pointer, text: str, remedy: str, *, key: bool = False) -> Finding:
    place = migration.document.at_key(pointer) if key else migration.document.at(pointer)
    return Finding(place, "standard.migration", text, remedy)
