"""What an error of jsonschema is about, for whoever words the finding."""

from __future__ import annotations

from typing import Any


def missing_name(error: Any) -> str:
    """Return the name that an error of `required` is about: jsonschema reports each missing name by itself."""
    names = error.validator_value
    return str(next(n for n in names if n not in error.instance and repr(n) in error.message))


def unknown_keys(error: Any) -> list[str]:
    """Return the keys that an error of `additionalProperties: false` is about."""
    return [key for key in error.instance if key not in error.schema.get("properties", {})]


def closest_form(error: Any) -> list[Any] | None:
    """Return what is wrong with the closest form of `anyOf` or `oneOf`; None if no form is of the value's type."""
    fitting = [errors for errors in _forms(error) if not any(map(_is_own_type, errors))]
    return min(fitting, key=lambda errors: sum(map(_weight, errors)), default=None)


def accepted_types(error: Any) -> list[str]:
    """Return the types of the forms of `anyOf` or `oneOf`."""
    wanted = [inner.validator_value for errors in _forms(error) for inner in errors if _is_own_type(inner)]
    return [kind for kinds in wanted for kind in ([kinds] if isinstance(kinds, str) else kinds)]


def _forms(error: Any) -> list[list[Any]]:
    forms: dict[int, list[Any]] = {}
    for inner in error.context:
        forms.setdefault(inner.schema_path[0], []).append(inner)
    return list(forms.values())


def _is_own_type(inner: Any) -> bool:
    """Whether a form is refused for the value's own type, and not for something inside of it."""
    return bool(inner.validator == "type" and not inner.relative_path)


def _weight(inner: Any) -> int:
    return len(unknown_keys(inner)) if inner.validator == "additionalProperties" else 1
