"""dac grants: the policies as they are printed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dac.expand import bucket_policies, grants, identity_policy, over_limit
from dac.expand.grants import Grant, compact
from dac.load import load_repository
from dac.model import Catalog, Document, Project

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
            *({**alpha, **statement} for statement in allow("kept", "dac/alpha", "dac/alpha/*", write=True)),
            *({**beta, **statement} for statement in allow("kept", "dac/beta", "dac/beta/*", write=True)),
        ],
        "logs": [
            *({**alpha, **statement} for statement in allow("logs", "alpha", "alpha/*", write=True)),
            *({**beta, **statement} for statement in allow("logs", "beta", "beta/*", write=True)),
        ],
        "models": [{**both, **statement} for statement in allow("models", "large", "large/*")],
        "shared": [
            *({**alpha, **statement} for statement in allow("shared", "team", "team/*")),
            *({**both, **statement} for statement in allow("shared", "names.jsonl", "names.jsonl/*")),
        ],
        "sources": [{**alpha, **statement} for statement in allow("sources", "*")],
    }


def test_the_command_prints_what_these_functions_give(dac: Dac, example_tree: Path) -> None:
    done = dac("grants", "search", cwd=example_tree)
    assert (done.returncode, done.stderr) == (0, "")
    (policy,) = json.loads(done.stdout).values()
    written = [s["Resource"] for s in policy["Statement"] if "s3:PutObject" in s["Action"]]
    assert written == [
        [f"arn:aws:s3:::{bucket}/search", f"arn:aws:s3:::{bucket}/search/*"]
        for bucket in ("dac-artifacts", "dac-workflows")
    ]
    buckets = json.loads(dac("grants", "--by", "bucket", cwd=example_tree).stdout)
    assert set(buckets) >= {"dac-artifacts", "dac-workflows"}


@pytest.fixture(scope="module")
def catalog(root: Path) -> Catalog:
    return load_repository(root, [])[0].catalog


def held(catalog: Catalog, projects: int) -> dict[str, list[Grant]]:
    """Return the grants of so many projects of the catalog's owners."""
    owners = sorted(catalog.kinds["owners"])
    names = [f"team-project-{number:03}" for number in range(projects)]
    owned = [Project(name, owners[i % len(owners)], {}, Document(name, {})) for i, name in enumerate(names)]
    return {project.name: grants(catalog, project) for project in owned}


def test_policies_of_500_projects_fit_what_aws_accepts(catalog: Catalog) -> None:
    """Each role has its own, whose length the number of projects does not change."""
    policies = {name: identity_policy(own) for name, own in held(catalog, 500).items()}
    assert over_limit(catalog, policies, "project") == []
    assert max(len(compact(policy)) for policy in policies.values()) <= 6144 / 2, "room for what an owner reads"


def test_a_buckets_policy_of_500_projects_is_refused(catalog: Catalog) -> None:
    few, many = (bucket_policies(held(catalog, projects), "{project}") for projects in (30, 500))
    assert over_limit(catalog, few, "bucket") == []
    findings = over_limit(catalog, many, "bucket")
    length = len(compact(many["dac-artifacts"]))
    assert length > 20480
    assert [str(each).partition(": error: ")[2] for each in findings if "dac-artifacts" in each.message] == [
        f"the policy of bucket dac-artifacts has {length} characters, and one may have 20480; "
        "give each role a policy of its own: dac grants --by project [grants.over_limit]"
    ]


def test_an_owner_that_reads_too_much_is_refused(catalog: Catalog) -> None:
    reads = [f"s3://bucket-{number}/folder" for number in range(60)]
    owners = {"team": {"reads": reads}}
    wide = replace(catalog, kinds={**catalog.kinds, "owners": owners})
    policy = identity_policy(grants(wide, Project("docs", "team", {}, Document("docs", {}))))
    (finding,) = over_limit(wide, {"docs": policy}, "project")
    assert finding.remedy == "let `reads` of its owner in standards/catalog/owners.yaml name fewer, wider folders"


def test_the_command_refuses_a_policy_that_is_too_long(dac: Dac, example_tree: Path, tmp_path: Path) -> None:
    for part in ("standards", "projects"):
        shutil.copytree(example_tree / part, tmp_path / part)
    platform = tmp_path / "standards/catalog/platform.yaml"
    platform.write_text(platform.read_text().replace("bucket_policy: 20480", "bucket_policy: 200"))
    done = dac("grants", "--by", "bucket", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "[grants.over_limit]" in done.stderr
    assert dac("grants", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("principal", ["*", "", "arn:aws:iam:::user/all", "arn:aws:iam:::user/*{project}", "{PROJECT}"])
def test_an_account_that_is_several_projects_is_refused(principal: str, dac: Dac, example_tree: Path) -> None:
    """Each would read and write what all the others may."""
    done = dac("grants", "--by", "bucket", "--principal", principal, cwd=example_tree)
    assert (done.returncode, done.stdout) == (2, "")
    assert "each project is an account of its own" in done.stderr
