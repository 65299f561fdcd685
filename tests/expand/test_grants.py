"""dac grants: the policies as they are printed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

from dac.expand import bucket_policies, identity_policy
from dac.expand.grants import Grant

Dac = Callable[..., subprocess.CompletedProcess[str]]
WRITE = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]


def allow(bucket: str, *keys: str, write: bool = False) -> list[dict[str, Any]]:
    """Return the two statements that a policy has for a bucket."""
    name = f"arn:aws:s3:::{bucket}"
    listing: dict[str, Any] = {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [name]}
    if keys != ("*",):
        listing["Condition"] = {"StringLike": {"s3:prefix": list(keys)}}
    resources = [f"{name}/{key}" for key in keys]
    return [
        {"Effect": "Allow", "Action": WRITE if write else ["s3:GetObject"], "Resource": resources},
        listing,
    ]


def test_a_projects_policy_is_its_prefix_what_its_owner_reads_and_what_the_catalog_names(
    granted: dict[str, list[Grant]],
) -> None:
    shared = allow("models", "large", "large/*")
    assert identity_policy(granted["alpha"]) == {
        "Version": "2012-10-17",
        "Statement": [
            *allow("kept", "dac/alpha", "dac/alpha/*", write=True),
            *allow("logs", "alpha", "alpha/*", write=True),
            *shared,
            *allow("shared", "names.jsonl", "names.jsonl/*", "team", "team/*"),
            *allow("sources", "*"),
        ],
    }
    assert identity_policy(granted["beta"])["Statement"] == [
        *allow("kept", "dac/beta", "dac/beta/*", write=True),
        *allow("logs", "beta", "beta/*", write=True),
        *shared,
        *allow("shared", "names.jsonl", "names.jsonl/*"),
    ]


def test_a_buckets_policy_names_each_account_beside_what_is_its_own(granted: dict[str, list[Grant]]) -> None:
    policies = bucket_policies(granted, "arn:aws:iam:::user/{project}")
    alpha, beta = ({"Principal": {"AWS": [f"arn:aws:iam:::user/{name}"]}} for name in granted)
    both = {"Principal": {"AWS": alpha["Principal"]["AWS"] + beta["Principal"]["AWS"]}}
    assert {bucket: policy["Statement"] for bucket, policy in policies.items()} == {
        "kept": [
            *({**alpha, **one} for one in allow("kept", "dac/alpha", "dac/alpha/*", write=True)),
            *({**beta, **one} for one in allow("kept", "dac/beta", "dac/beta/*", write=True)),
        ],
        "logs": [
            *({**alpha, **one} for one in allow("logs", "alpha", "alpha/*", write=True)),
            *({**beta, **one} for one in allow("logs", "beta", "beta/*", write=True)),
        ],
        "models": [{**both, **one} for one in allow("models", "large", "large/*")],
        "shared": [
            *({**alpha, **one} for one in allow("shared", "team", "team/*")),
            *({**both, **one} for one in allow("shared", "names.jsonl", "names.jsonl/*")),
        ],
        "sources": [{**alpha, **one} for one in allow("sources", "*")],
    }


def test_the_command_prints_what_these_functions_give(dac: Dac) -> None:
    done = dac("grants", "--by", "project", "python-docs")
    assert (done.returncode, done.stderr) == (0, "")
    (policy,) = json.loads(done.stdout).values()
    written = [s["Resource"] for s in policy["Statement"] if "s3:PutObject" in s["Action"]]
    assert written == [
        [f"arn:aws:s3:::{bucket}/python-docs", f"arn:aws:s3:::{bucket}/python-docs/*"]
        for bucket in ("dac-artifacts", "dac-workflows")
    ]
    assert set(json.loads(dac("grants").stdout)) >= {"dac-artifacts", "dac-workflows", "python-docs"}
