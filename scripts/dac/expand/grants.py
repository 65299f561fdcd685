"""What each project may do in the object store, as the policies that the store itself enforces.

A project reads and writes under its own prefix, `<bucket>/<project>/`, in the buckets where runs keep files and Argo
keeps logs. It reads what its owner was given (`reads` in owners.yaml, a prefix of sources.yaml by its name) and what
the catalog names by address: weights, datasets. Nothing follows from what a team decides, or it could grant itself
another project's objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dac.model import Catalog, Finding, Project

_READ = ("s3:GetObject",)
_WRITE = (*_READ, "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
_SCHEME = "s3://"
_VERSION = "2012-10-17"  # of the policy language


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """Leave to read, or to read and write, what lies at and under an address.

    Attributes:
        bucket: the bucket's name.
        key: of an object or a folder in it, without a slash at its end; empty: the whole bucket.
        write: whether objects may be written and removed.
    """

    bucket: str
    key: str
    write: bool = False

    @property
    def patterns(self) -> list[str]:
        """The keys that it covers, with a star for any text."""
        return [self.key, f"{self.key}/*"] if self.key else ["*"]


# The kinds of facts whose addresses every project reads.
_NAMING = ("base_models", "datasets", "models")


def grants(catalog: Catalog, project: Project) -> list[Grant]:
    """Return what a project may do, sorted; an owner that the catalog lacks is granted nothing."""
    owner = catalog.kinds.get("owners", {}).get(project.owner, {})
    sources = catalog.kinds.get("sources", {})
    given = [sources[place]["address"] if place in sources else place for place in owner.get("reads", [])]
    reads = {*_addresses(given), *_addresses([kind for name, kind in catalog.kinds.items() if name in _NAMING])}
    own = {_grant(f"{address}/{project.name}", write=True) for address in _kept(catalog)}
    return sorted(own | {_grant(address) for address in reads})


def _kept(catalog: Catalog) -> list[str]:
    """Where runs keep their files, and where the workflow controller keeps logs."""
    artifacts = str(catalog.kinds["endpoints"]["artifacts"]["address"]).rstrip("/")
    return [artifacts, _SCHEME + str(catalog.kinds["platform"]["artifacts"]["bucket"])]


def _addresses(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _addresses(item)
    elif isinstance(value, str) and value.startswith(_SCHEME):
        yield value


def _grant(address: str, *, write: bool = False) -> Grant:
    bucket, _, key = address.removeprefix(_SCHEME).partition("/")
    return Grant(bucket, key.strip("/"), write)


def identity_policy(held: Iterable[Grant]) -> dict[str, Any]:
    """Return the policy of one project's cloud identities: AWS roles, MinIO users or others."""
    return {
        "Version": _VERSION,
        "Statement": [statement for bucket, own in _by_bucket(held) for statement in _statements(bucket, own)],
    }


def bucket_policies(held: Mapping[str, Iterable[Grant]], principal: str) -> dict[str, dict[str, Any]]:
    """Each bucket's own policy, for a store that knows its accounts by name.

    Args:
        held: project -> its grants.
        principal: how the store names a project's account, with {project} in it.
    """
    sharers: dict[Grant, list[str]] = {}
    for project, own in sorted(held.items()):
        for grant in own:
            sharers.setdefault(grant, []).append(principal.replace("{project}", project))
    policies: dict[str, dict[str, Any]] = {}
    for bucket, own in _by_bucket(sharers):
        statements = []
        for accounts in sorted({tuple(sharers[grant]) for grant in own}):
            alike = [grant for grant in own if tuple(sharers[grant]) == accounts]
            statements += [
                {"Principal": {"AWS": list(accounts)}, **statement} for statement in _statements(bucket, alike)
            ]
        policies[bucket] = {"Version": _VERSION, "Statement": statements}
    return policies


def over_limit(catalog: Catalog, policies: Mapping[str, Mapping[str, Any]], by: str) -> list[Finding]:
    """Return a finding for each policy that is longer than the store or the cloud accepts.

    Args:
        catalog: its `identity.limits` say what is accepted.
        policies: name -> policy.
        by: what the names are: `bucket` or `project`.
    """
    field, remedy = _LIMITS[by]
    most = catalog.kinds["platform"]["identity"].get("limits", {}).get(field, 0)
    lengths = {name: len(compact(policy)) for name, policy in policies.items()}
    return [
        Finding(
            catalog.documents["platform"].at(("identity", "limits", field)),
            "grants.over_limit",
            f"the policy of {by} {name} has {length} characters, and one may have {most}",
            remedy,
        )
        for name, length in lengths.items()
        if most and length > most
    ]


_LIMITS = {
    "bucket": ("bucket_policy", "give each role a policy of its own: dac grants --by project"),
    "project": ("policy", "let `reads` of its owner in standards/catalog/owners.yaml name fewer, wider folders"),
}


def compact(policy: Mapping[str, Any]) -> str:
    """Return a policy as JSON without white space, as its length is counted."""
    return json.dumps(policy, separators=(",", ":"))


def _by_bucket(held: Iterable[Grant]) -> list[tuple[str, list[Grant]]]:
    return [(bucket, list(own)) for bucket, own in groupby(sorted(held), key=lambda grant: grant.bucket)]


def _statements(bucket: str, own: Sequence[Grant]) -> list[dict[str, Any]]:
    """Leave for a bucket's objects, and to list their names and no others."""
    name = f"arn:aws:s3:::{bucket}"
    patterns = {write: [p for grant in own if grant.write is write for p in grant.patterns] for write in (False, True)}
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": list(_WRITE if write else _READ), "Resource": [f"{name}/{p}" for p in some]}
        for write, some in patterns.items()
        if some
    ]
    listing: dict[str, Any] = {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [name]}
    if all(grant.key for grant in own):
        listing["Condition"] = {"StringLike": {"s3:prefix": patterns[False] + patterns[True]}}
    return [*statements, listing]
