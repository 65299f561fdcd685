"""`dac evaluate` refuses what it cannot evaluate before it starts anything, and writes lines that make a pipeline."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from dac.cli._arguments import Misuse
from dac.cli._endpoint_probe import _models_url, checked_url, chosen_model
from dac.cli._evaluation_lines import Lines
from dac.cli._evaluation_run import Evaluation
from dac.load import load_repository
from dac.validate import validate_projects

URL = "http://127.0.0.1:9/v1"
GIVEN = {"--endpoint": URL, "--data": "answers.csv", "--metric": "exact_match"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"--metric": "exact_macth"}, 'there is no metric "exact_macth"; did you mean "exact_match"?'),
        ({"--metric": "judge_graded"}, "judge_graded needs a judge model of the catalog; make it a pipeline, or"),
        ({"--metric": None}, "--metric is missing; choose from accuracy, bleu, choice_loglikelihood"),
        ({"--endpoint": "models.example.com"}, '--endpoint "models.example.com" is not an address; write one such as'),
        ({"--endpoint": "ftp://models.example.com"}, "is not an address"),
        ({"--endpoint": "http://"}, "is not an address"),
        ({"--endpoint": "http://a:99999999"}, "is not an address"),
        ({"--endpoint": "http://a b/v1"}, "is not an address"),
        ({"--endpoint": "https://me:secret@host/v1"}, "--endpoint: the address holds a user or a password"),
        ({"--key-env": "NO_SUCH_KEY"}, "--key-env NO_SUCH_KEY: no such variable is set here, or it is empty; export"),
        ({"--normalisation": "sqad"}, '--normalisation: there is no "sqad" in standards/catalog/normalisations.yaml'),
        ({"--size": "smal"}, '--size: there is no "smal" in standards/catalog/sizes.yaml; did you mean "small"?'),
        ({"--floor": "exact_match"}, '--floor "exact_match": write a value from 0 to 1, such as exact_match=0.8'),
        ({"--floor": "exact_match=80"}, "write a value from 0 to 1"),
        ({"--floor": "exact_match=nan"}, "write a value from 0 to 1"),
        ({"--floor": "bleu=0.1"}, "bleu is not among the metrics: exact_match"),
        ({"--name": "My Answers"}, '--name "My Answers" has other signs than a-z, 0-9 and -'),
        ({"--owner": "nobody"}, 'there is no owner "nobody"'),
        ({"--limit": "-1"}, "-1 is not in the range x>=0"),
        ({"--data": None}, "Missing option '--data'"),
    ],
)  # fmt: skip
def test_what_cannot_be_evaluated(
    dac: Callable, example_tree: Path, change: dict[str, str | None], message: str
) -> None:
    words = [word for option, value in (GIVEN | change).items() if value is not None for word in (option, value)]
    done = dac("evaluate", *words, cwd=example_tree)
    assert message in done.stderr
    assert (done.returncode, done.stdout) == (2, "")
    assert not (example_tree / ".dac").exists()


def test_metrics_of_two_kinds(dac: Callable, example_tree: Path) -> None:
    words = [word for pair in GIVEN.items() for word in pair]
    done = dac("evaluate", *words, "--metric", "mrr", cwd=example_tree)
    assert "exact_match and mrr score answers of different kinds; evaluate them apart" in done.stderr


def test_help(dac: Callable, golden: Callable[[Path, bytes], None]) -> None:
    done = dac("evaluate", "--help", COLUMNS="80")
    golden(Path(__file__).with_name("evaluate.help"), done.stdout.encode())
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("url", "models"),
    [
        ("http://h", "http://h/v1/models"),
        ("http://h/", "http://h/v1/models"),
        ("http://h/v1", "http://h/v1/models"),
        ("http://h:8000/v1/", "http://h:8000/v1/models"),
        ("http://h/v1/chat/completions", "http://h/v1/models"),
        ("https://h/openai/v1?api-version=1", "https://h/openai/v1/models?api-version=1"),
    ],
)
def test_where_models_are_listed(url: str, models: str) -> None:
    assert _models_url(checked_url(url)) == models


def test_the_model_is_the_one_that_is_served_or_named() -> None:
    assert chosen_model("", ["a"]) == "a"
    assert chosen_model("b", ["a", "b"]) == "b"
    assert chosen_model("b", []) == "b"
    with pytest.raises(Misuse, match='serves no model "llama-8"; did you mean "llama-8b"'):
        chosen_model("llama-8", ["llama-8b", "qwen"])
    with pytest.raises(Misuse, match="serves 2 models; choose one with --model: a, b"):
        chosen_model("", ["b", "a"])
    with pytest.raises(Misuse, match="name the one to ask with --model"):
        chosen_model("", [])


SERVED = {
    "api": "chat", "model": "m: 1", "concurrency": 8, "request_seconds": 120, "price": {"input": 0.0, "output": 0.0},
    "registry": {}, "token_header": "api-key",
}  # fmt: skip


def lines(project: str, name: str = "answers") -> Lines:
    url = "https://models.example.com/v1?api-version=1"
    evaluation = Evaluation(name, url, SERVED, ["exact_match"], "small", 512, "squad", {"exact_match": 0.8})
    return Lines(evaluation, "a" * 64, "eval-suite@v1", project, "team-docs")


@pytest.fixture
def tree(example_tree: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(example_tree, tmp_path / "tree"))


def test_the_lines_make_a_pipeline_of_a_new_project(tree: Path) -> None:
    assert lines("fresh").write(tree) == [
        "projects/fresh/decisions.yaml",
        "standards/catalog/endpoints.yaml",
        "standards/catalog/served_models.yaml",
    ]
    repository, findings = load_repository(tree, ["fresh"])
    errors = [f for f in findings + validate_projects(repository) if f.severity == "error"]
    assert errors == []
    assert repository.catalog.kinds["served_models"]["answers"]["model"] == "m: 1"
    assert repository.catalog.kinds["endpoints"]["model-answers"]["egress"] == {"cidrs": [], "ports": [443]}
    decisions = repository.projects["fresh"].pipelines["answers"].decisions
    assert decisions["dataset"] == "s3://fresh/answers.jsonl@sha256:" + "a" * 64
    assert decisions["gate"] == {
        "margin": 0.05, "floors": {"exact_match": 0.8},
    }  # fmt: skip


def test_the_lines_join_a_project_that_is_there(tree: Path) -> None:
    project = next(path.parent.name for path in sorted((tree / "projects").glob("*/decisions.yaml")))
    before = (tree / f"projects/{project}/decisions.yaml").read_text()
    lines(project, "more-answers").write(tree)
    assert (tree / f"projects/{project}/decisions.yaml").read_text().startswith(before)
    repository, _ = load_repository(tree, [project])
    assert "more-answers" in repository.projects[project].pipelines
    with pytest.raises(Misuse, match="has more-answers already; choose another name with --name"):
        lines(project, "more-answers").write(tree)


def test_a_file_that_ends_with_another_key_is_left_alone(tree: Path) -> None:
    path = tree / "projects/odd/decisions.yaml"
    path.parent.mkdir()
    path.write_text("pipelines: {}\nowner: team-docs\n")
    catalog = (tree / "standards/catalog/endpoints.yaml").read_bytes()
    with pytest.raises(Misuse, match="`pipelines` is not its last key; add the lines by hand"):
        lines("odd").write(tree)
    assert (tree / "standards/catalog/endpoints.yaml").read_bytes() == catalog
