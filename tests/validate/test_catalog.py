"""The catalog's facts are held to the schemas beside them, and reported where they stand."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from dac.load import load_repository
from dac.validate.schema_fit import plainly_fits
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
FEATURES = ROOT / "tests" / "cases" / "rendered" / "features"


BUDGET = "budget: {gpus: 0, gpu_hours: 0, cpu: 1, memory: 1Gi, storage: 1Gi, pods: 1, monthly_usd: 0}"
TUNING = "sequence: 8, packing: true, evaluations: 1, processes: 1, sharding: ddp, gpus: 0, hours: 1"
POD = 'cpu: "1", memory: 1Gi, gpu: 0, disk: 1Gi, volume: null, shm: 64Mi, parallelism: 1, deadline_seconds: 60'
JUDGE = "summary: s, api: chat, model: m, limit: 1, concurrency: 1, request_seconds: 1, repeats: 1"
MODEL = "summary: s, api: chat, model: m, limit: 1, concurrency: 1, request_seconds: 1, price: {input: 1, output: 1}"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (
            "owners",
            "platform: everyone\n",
            '1:11: error: "platform" is text, not a mapping; write a mapping [catalog.wrong_type]',
        ),
        (
            "owners",
            'platform: {summary: s, github: "@example/platform"}\n',
            '1:1: error: "platform" has no budget; add it: a mapping [catalog.missing]',
        ),
        (
            "owners",
            f'team: {{summary: s, github: "@example/team", {BUDGET}}}\n',
            "1:1: error: there is no owner platform, who owns what no project does; add it [catalog.no_platform]",
        ),
        (
            "owners",
            f'platform: {{summary: s, reads: ["s3://docs", "s3://*"], github: "@example/platform", {BUDGET}}}\n',
            '1:45: error: reads[1] of "platform" is "s3://*": it must match '
            "^(s3://[a-z0-9][a-z0-9.-]*[a-z0-9](/[A-Za-z0-9._/-]*)?|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$; "
            "write one such as s3://bucket, s3://bucket/folder, or a name in sources.yaml [catalog.not_allowed]",
        ),
        (
            "owners",
            f'platform: {{summary: s, reads: s3://docs, github: "@example/platform", {BUDGET}}}\n',
            '1:31: error: reads of "platform" is text, not a list; write a list [catalog.wrong_type]',
        ),
        (
            "owners",
            f'platform: {{summary: s, githib: "@example/platform", {BUDGET}}}\n',
            '1:24: error: unknown field "githib" in "platform"; did you mean "github"? [catalog.unknown_field]',
        ),
        (
            "images",
            "tool: {repository: r.example.com/tool, built: true, digest: null}\n",
            '1:61: error: image "tool" is said to be built, and has no digest; '
            "write the digest that the release published, or built: false [catalog.images]",
        ),
        (
            "suites",
            "own: {summary: s, metrics: [bleu], dataset: unicode@v1}\n",
            '1:45: error: "unicode@v1" is not in standards/catalog/datasets.yaml; there are none [catalog.suites]',
        ),
        (
            "suites",
            'own: {summary: s, metrics: [bleu], dataset: "", normalisation: squid}\n',
            '1:64: error: "squid" is not in standards/catalog/normalisations.yaml; there are none [catalog.suites]',
        ),
        (
            "schedules",
            'nightly: {cron: "0 25 * * *", summary: s, timezone: Etc/UTC, suspend: false}\n',
            '1:17: error: invalid hour "25": it lies within 0-23; write a cron line such as "H H(0-5) * * *" '
            "[catalog.schedules]",
        ),
        (
            "schedules",
            'nightly: {cron: "0 2 * * *", timezone: Etc/UTZ, summary: s, suspend: false}\n',
            '1:40: error: unknown time zone "Etc/UTZ"; write one such as Etc/UTC [catalog.schedules]',
        ),
        (
            "functions",
            "double: {summary: s, arguments: [x], value: x + x}\n",
            '1:9: error: "double" is a function of CEL\'s own, which would be called instead; choose another name '
            "[catalog.functions]",
        ),
        (
            "functions",
            "twice: {arguments: x, summary: s, value: x + x}\n",
            '1:20: error: arguments of "twice" is text, not a list; write a list [catalog.wrong_type]',
        ),
        (
            "sizes",
            f"small: {{settings: {{fine-tuning: {{step_packs: 4, {TUNING}}}}}, summary: s, pods: {{}}}}\n",
            '1:20: error: settings.fine-tuning of "small" has no global_batch_packs; '
            "rename step_packs, as it was called [catalog.missing]",
        ),
        (
            "sizes",
            "small: {summary: s, settings: {}}\n",
            '1:1: error: "small" has no pods; add it: a mapping [catalog.missing]',
        ),
        (
            "sizes",
            f"small: {{summary: s, settings: {{}}, pods: {{copy: {{gpu_kind: l5, {POD}}}}}}}\n",
            '1:59: error: "l5" is not in standards/catalog/gpus.yaml; choose from l4 [catalog.sizes]',
        ),
        (
            "judges",
            f"careful: {{{JUDGE}, price: {{input: 1, output: 2}}}}\n",
            '1:1: error: "careful" has no mode; add it: text [catalog.missing]',
        ),
        (
            "judges",
            f"careful: {{mode: strict, {JUDGE}, price: {{input: 1, output: 2}}}}\n",
            '1:17: error: mode of "careful" cannot be "strict"; choose from graded, pairwise, rubric '
            "[catalog.not_allowed]",
        ),
        (
            "served_models",
            f"m: {{generation: {{max_tokens: -1}}, registry: {{}}, {MODEL}}}\n",
            '1:30: error: generation.max_tokens of "m" is -1: it must be 1 or more; fix it [catalog.not_allowed]',
        ),
        (
            "served_models",
            f"m: {{generation: {{max_tokens: true}}, registry: {{}}, {MODEL}}}\n",
            '1:30: error: generation.max_tokens of "m" is a truth value, not a whole number or null; write a whole '
            "number or null [catalog.wrong_type]",
        ),
        (
            "served_models",
            f"m: {{generation: {{stream: true}}, registry: {{}}, {MODEL}}}\n",
            '1:26: error: generation.stream of "m" cannot be true; choose from false [catalog.not_allowed]',
        ),
        (
            "endpoints",
            'objects: {egress: {cidrs: [], ports: [99999]}, summary: s, address: "", local: ""}\n',
            '1:39: error: egress.ports[0] of "objects" is 99999: it must be 65535 or less; fix it '
            "[catalog.not_allowed]",
        ),
        (
            "platform",
            "namespaces: {summary: s, workflows: argo, argocd: argocd, platform: platform}\n",
            "1:1: error: the catalog's platform has no repository; add it: a mapping [catalog.missing]",
        ),
    ],
)
def test_a_fact_of_the_wrong_shape(
    kind: str, text: str, expected: str, tmp_path: Path, dac: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(FEATURES, tree)
    catalog = tree / "standards" / "catalog"
    (catalog / "gpus.yaml").write_text("l4: {summary: s, memory_gib: 22, node_selector: {}, tolerations: []}\n")
    for name in {kind, "gpus"}:
        shutil.copy(ROOT / "standards" / "catalog" / f"{name}.schema.json", catalog)
    (catalog / f"{kind}.yaml").write_text(text)
    result = dac("render", "--check", cwd=tree)
    assert f"standards/catalog/{kind}.yaml:{expected}\n" in result.stdout
    assert "Traceback" not in result.stderr
    assert result.returncode == 1


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (
            "colours.yaml",
            "red: {}\n",
            "colours.yaml:1:1: error: the catalog's colours have no schema; "
            "describe them in standards/catalog/colours.schema.json [catalog.schema]",
        ),
        (
            "words.schema.json",
            '{"type":\n "object"',
            "words.schema.json:2:10: error: invalid JSON: unexpected end of data; fix the file [catalog.schema]",
        ),
        (
            "words.schema.json",
            '{"type": "rubbish"}',
            "words.schema.json:1:1: error: invalid JSON Schema: 'rubbish' is not valid under any of the given schemas; "
            "fix the schema [catalog.schema]",
        ),
    ],
)
def test_a_kind_without_a_sound_schema(
    file: str, text: str, expected: str, tmp_path: Path, dac: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(FEATURES, tree)
    (tree / "standards" / "catalog" / file).write_text(text)
    result = dac("render", "--check", cwd=tree)
    assert f"standards/catalog/{expected}\n" in result.stdout
    assert result.returncode == 1


def test_every_kind_of_this_repository_has_a_schema() -> None:
    catalog = load_repository(ROOT, [])[0].catalog
    assert catalog.kinds.keys() == catalog.schemas.keys()
    for kind, schema in catalog.schemas.items():
        Draft202012Validator.check_schema(schema)
        assert plainly_fits(catalog.kinds[kind], schema), f"{kind}: each check would import jsonschema"
