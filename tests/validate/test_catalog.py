"""The catalog's facts are held to the shape in which the tool reads them, and reported where they stand."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

FEATURES = Path(__file__).parents[1] / "cases" / "rendered" / "features"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (
            "owners",
            "platform: everyone\n",
            '1:11: error: "platform" is text, not a mapping of facts; write {github, budget} [catalog.wrong_type]',
        ),
        (
            "owners",
            'platform: {github: "@example/platform"}\n',
            '1:1: error: "platform" of the catalog\'s owners has no budget; add one: a mapping [catalog.missing]',
        ),
        (
            "owners",
            'team: {github: "@example/team", budget: {}}\n',
            "1:1: error: there is no owner platform, who owns what no project does; add it [catalog.no_platform]",
        ),
        (
            "owners",
            'platform: {github: "@example/platform", budget: {}, reads: ["s3://docs", "s3://*"]}\n',
            '1:74: error: "platform" may read "s3://*", which is not an address in the object store; '
            "write one such as s3://bucket or s3://bucket/folder [catalog.owners]",
        ),
        (
            "owners",
            'platform: {github: "@example/platform", budget: {}, reads: s3://docs}\n',
            '1:60: error: reads of "platform" is text, not a list; write a list of addresses [catalog.owners]',
        ),
        (
            "images",
            "tool: {repository: r.example.com/tool, built: true, digest: null}\n",
            '1:61: error: image "tool" is said to be built, and has no digest; '
            "write the digest that the release published, or built: false [catalog.images]",
        ),
        (
            "schedules",
            'nightly: {cron: "0 25 * * *", timezone: Etc/UTC, suspend: false}\n',
            '1:17: error: invalid hour "25": it lies within 0-23; write a cron line such as "H H(0-5) * * *" '
            "[catalog.schedules]",
        ),
        (
            "schedules",
            'nightly: {cron: "0 2 * * *", timezone: Etc/UTZ, suspend: false}\n',
            '1:40: error: unknown time zone "Etc/UTZ"; write one such as Etc/UTC [catalog.schedules]',
        ),
        (
            "functions",
            "double: {arguments: [x], value: x + x}\n",
            '1:9: error: "double" is a function of CEL\'s own, which would be called instead; choose another name '
            "[catalog.functions]",
        ),
        (
            "functions",
            "twice: {arguments: x, value: x + x}\n",
            '1:20: error: arguments of "twice" is text, not a list; write a list [catalog.wrong_type]',
        ),
        (
            "sizes",
            "small: {settings: {fine-tuning: {sequence: 8, step_packs: 4, micro_batch_packs: 4, processes: 1, "
            "sharding: ddp, activation_checkpointing: true}}, pods: {}}\n",
            '1:33: error: size "small" lacks global_batch_packs, a setting of fine-tuning; '
            "rename step_packs, as it was called [catalog.sizes]",
        ),
        (
            "sizes",
            "small: {settings: {}}\n",
            '1:1: error: "small" of the catalog\'s sizes has no pods; add one: a mapping [catalog.missing]',
        ),
    ],
)
def test_a_fact_of_the_wrong_shape(
    kind: str, text: str, expected: str, tmp_path: Path, dac: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(FEATURES, tree)
    (tree / "standards" / "catalog" / f"{kind}.yaml").write_text(text)
    result = dac("render", "--check", cwd=tree)
    assert f"standards/catalog/{kind}.yaml:{expected}\n" in result.stdout
    assert "Traceback" not in result.stderr
    assert result.returncode == 1
