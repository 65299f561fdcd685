"""What a difference in a rendered manifest means, by the kind of the object and by where in it the value stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dac.model import EffectClass
from dac.model.object_path import Path
from dac.plan.decisions import described
from dac.plan.difference import Difference
from dac.plan.effect import Effect

_KINDS: Mapping[str, EffectClass] = {
    "AppProject": EffectClass.ACCESS,
    "ApplicationSet": EffectClass.ACCESS,
    "Application": EffectClass.ACCESS,
    "ClusterRole": EffectClass.ACCESS,
    "ClusterRoleBinding": EffectClass.ACCESS,
    "ConfigMap": EffectClass.CAPACITY,
    "ExternalSecret": EffectClass.ACCESS,
    "LimitRange": EffectClass.CAPACITY,
    "Namespace": EffectClass.SECURITY,
    "NetworkPolicy": EffectClass.ACCESS,
    "ResourceQuota": EffectClass.CAPACITY,
    "Role": EffectClass.ACCESS,
    "RoleBinding": EffectClass.ACCESS,
    "Secret": EffectClass.ACCESS,
    "Service": EffectClass.ACCESS,
    "ServiceAccount": EffectClass.ACCESS,
    "ValidatingAdmissionPolicy": EffectClass.SECURITY,
    "ValidatingAdmissionPolicyBinding": EffectClass.SECURITY,
}
# The last of these keys on the way to a value decides; of a workflow's, since other kinds are of one class whole.
_KEYS: Mapping[str, EffectClass] = {
    "activeDeadlineSeconds": EffectClass.CAPACITY,
    "annotations": EffectClass.NO_OP,
    "automountServiceAccountToken": EffectClass.SECURITY,
    "image": EffectClass.SECURITY,
    "imagePullSecrets": EffectClass.SECURITY,
    "labels": EffectClass.NO_OP,
    "metrics": EffectClass.NO_OP,
    "parallelism": EffectClass.CAPACITY,
    "podSpecPatch": EffectClass.CAPACITY,
    "replicas": EffectClass.CAPACITY,
    "resources": EffectClass.CAPACITY,
    "retryStrategy": EffectClass.CAPACITY,
    "schedules": EffectClass.SCHEDULE,
    "secret": EffectClass.SECURITY,
    "secretKeyRef": EffectClass.SECURITY,
    "securityContext": EffectClass.SECURITY,
    "serviceAccountName": EffectClass.SECURITY,
    "startingDeadlineSeconds": EffectClass.SCHEDULE,
    "suspend": EffectClass.SCHEDULE,
    "synchronization": EffectClass.CAPACITY,
    "timezone": EffectClass.SCHEDULE,
    "volumes": EffectClass.SECURITY,
}
_SHOWN = 3


def class_of(difference: Difference) -> EffectClass:
    """Return the class of a difference between objects; its path begins with `[KIND/NAME]`."""
    kind = difference.path[0][1:].partition("/")[0] if difference.path else ""
    if kind in _KINDS:
        return _KINDS[kind]
    classes = [_KEYS[part] for part in difference.path if part in _KEYS]
    return classes[-1] if classes else EffectClass.UNCLASSIFIED


def manifest_effects(differences: Iterable[Difference]) -> list[Effect]:
    """Return one effect a class, without a cause: the first few values of the class, and how many there are more.

    A value that changes alike in many places is told once, with the number of places.
    """
    classes: dict[EffectClass, dict[str, list[Difference]]] = {}
    for difference in differences:
        alike = classes.setdefault(class_of(difference), {})
        alike.setdefault(described(replace(difference, path=_end(difference.path))), []).append(difference)
    effects = []
    for effect_class, kinds in sorted(classes.items(), key=lambda item: item[0].weight):
        texts = [_summary(text, members) for text, members in kinds.items()]
        rest = len(texts) - _SHOWN
        effects.append(Effect(effect_class, "; ".join(texts[:_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")))
    return effects


def _summary(text: str, members: list[Difference]) -> str:
    return described(members[0]) if len(members) == 1 else f"{text} ({len(members)} places)"


def _end(path: Path) -> Path:
    """Return the last two steps of a path: what a value is, wherever it stands."""
    return path[-2:]
