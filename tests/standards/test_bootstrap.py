"""standards/platform/bootstrap.sh: what it refuses before it touches a cluster, and what it applies in which order.

kubectl is a stand-in here, which notes its words and answers like the real one; the cluster test brings the platform to
a real cluster with it.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KUBECTL = """#!/bin/bash
echo "$*" >> "$(dirname "$0")/calls"
case "$*" in
  "config current-context")
    [ -z "${CONTEXT:-}" ] || { echo "$CONTEXT"; exit; }
    echo "error: current-context is not set" >&2; exit 1 ;;
  *"auth can-i"*) echo "$ANSWER"; [ "$ANSWER" = yes ] ;;
esac
"""
ADMIN = {"CONTEXT": "staging", "ANSWER": "yes"}

MUST = 'must require a review by the code owners and the status check "check" (docs/adopt.md, step 5)'
BY_HAND = f"check by hand: branch main of https://git.acme.test/example/decisions.git {MUST}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """standards/platform of an organisation that wrote its own repository into it, and a bin/ with kubectl."""
    shutil.copytree(ROOT / "standards/platform", tmp_path / "platform")
    applications = tmp_path / "platform/rendered/applications.yaml"
    applications.write_text(applications.read_text().replace("git.example.com", "git.acme.test"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/kubectl").write_text(KUBECTL)
    (tmp_path / "bin/kubectl").chmod(0o755)
    return tmp_path


def bootstrap(tree: Path, *words: str, **environment: str) -> tuple[int, str, list[str]]:
    """Exit status, stderr, and what kubectl was told."""
    variables = {"PATH": f"{tree}/bin:/usr/bin:/bin", **environment}
    done = subprocess.run([tree / "platform/bootstrap.sh", *words], env=variables, capture_output=True, text=True)
    calls = tree / "bin/calls"
    return done.returncode, done.stderr, calls.read_text().splitlines() if calls.exists() else []


@pytest.mark.parametrize(
    ("words", "environment", "fault"),
    [
        (["--now"], ADMIN, "unknown argument --now; --help says what there is"),
        (["--context"], ADMIN, "--context wants a name; kubectl config get-contexts lists them"),
        (
            ["--controllers-only", "--controllers-are-there"],
            ADMIN,
            "--controllers-are-there and --controllers-only leave nothing to do",
        ),
        (
            [],
            {},
            "no cluster is chosen; set KUBECONFIG, or name a context: kubectl config get-contexts lists them",
        ),
        (
            ["--context", "stagin"],
            {"ANSWER": 'error: context "stagin" does not exist'},
            'the cluster of context stagin does not answer: error: context "stagin" does not exist',
        ),
        (
            [],
            {**ADMIN, "ANSWER": "no"},
            "context staging has not an administrator's rights on its cluster, which this takes",
        ),
    ],
    ids=["unknown", "no-name", "nothing-to-do", "no-context", "wrong-context", "no-rights"],
)
def test_it_refuses_before_it_applies_anything(
    tree: Path, words: list[str], environment: dict[str, str], fault: str
) -> None:
    status, stderr, calls = bootstrap(tree, *words, **environment)
    assert status == 2
    assert stderr.removeprefix(BY_HAND) == f"bootstrap.sh: {fault}\n"
    assert not [line for line in calls if "apply" in line]


def test_it_refuses_without_kubectl(tree: Path) -> None:
    (tree / "bin/kubectl").unlink()
    for name in ("bash", "dirname", "env", "grep", "sed", "tail"):
        (tree / "bin" / name).symlink_to(shutil.which(name) or name)
    status, stderr, _ = bootstrap(tree, PATH=f"{tree}/bin")
    assert (status, stderr) == (2, "bootstrap.sh: kubectl is missing; install one of the cluster's version\n")


def test_it_refuses_the_examples_repository(tree: Path) -> None:
    example = "repoURL: https://git.example.com/example/decisions.git\n"
    (tree / "platform/rendered/applications.yaml").write_text(example)
    fault = "the repository is still the example's; write yours into standards/catalog/platform.yaml, then: dac render"
    assert bootstrap(tree, **ADMIN) == (2, f"bootstrap.sh: {fault}\n", [])


APPLY = "apply --server-side --force-conflicts"


GH = """#!/bin/bash
[ "$2" != "${REFUSES:-}" ] || exit 1
case "$2" in
  repos/acme/decisions/rules/branches/main) printf '%b' "${RULES:-}" ;;
  repos/acme/decisions/branches/main/protection) [ -n "${CLASSIC:-}" ] && printf '%b' "$CLASSIC" ;;
  *) exit 1 ;;
esac
"""


@pytest.fixture
def github(tree: Path) -> Path:
    """Give a tree whose repository is on GitHub, and a gh that answers with what RULES and CLASSIC say."""
    applications = tree / "platform/rendered/applications.yaml"
    url = "https://github.com/acme/decisions.git"
    applications.write_text(applications.read_text().replace("https://git.acme.test/example/decisions.git", url))
    (tree / "bin/gh").write_text(GH)
    (tree / "bin/gh").chmod(0o755)
    return tree


@pytest.mark.parametrize(
    ("rules", "classic", "missing"),
    [("check\\n", "", "owners"), ("owners\\n", "", "check"), ("", "", "owners"), ("", "owners\\n", "check")],
)
def test_a_branch_without_owners_or_checks_is_refused(github: Path, rules: str, classic: str, missing: str) -> None:
    status, stderr, calls = bootstrap(github, **ADMIN, RULES=rules, CLASSIC=classic)
    branch = "branch main of https://github.com/acme/decisions.git"
    assert (status, stderr, calls) == (2, f"bootstrap.sh: {branch} {MUST}; it does not require: {missing}\n", [])


@pytest.mark.parametrize(("rules", "classic"), [("owners\\ncheck\\n", ""), ("", "owners\\ncheck\\n")])
def test_a_protected_branch_is_accepted_whichever_way_it_is_protected(github: Path, rules: str, classic: str) -> None:
    status, stderr, _ = bootstrap(github, **ADMIN, RULES=rules, CLASSIC=classic)
    assert (status, stderr) == (0, "bringing the platform to the cluster of context staging\n")


def test_rules_that_cannot_be_read_are_left_to_a_person(github: Path) -> None:
    status, stderr, _ = bootstrap(github, **ADMIN, REFUSES="repos/acme/decisions/rules/branches/main")
    assert status == 0
    assert stderr.startswith(f"check by hand: branch main of https://github.com/acme/decisions.git {MUST}\n")


def test_controllers_come_first_then_what_the_others_stand_in_then_all(tree: Path) -> None:
    status, stderr, calls = bootstrap(tree, **ADMIN)
    assert (status, stderr) == (0, f"{BY_HAND}bringing the platform to the cluster of context staging\n")
    wait = "wait deployment --all --for=condition=Available --timeout=300s"
    assert calls[2:] == [
        f"{APPLY} -k install/argo-workflows",
        f"-n argo {wait}",
        f"{APPLY} -k install/argo-cd",
        f"-n argocd {wait}",
        f"{APPLY} -f rendered/namespace.yaml",
        f"{APPLY} -f rendered/",
    ]


def test_a_named_context_is_used_throughout(tree: Path) -> None:
    status, _, calls = bootstrap(tree, "--context", "prod", "--controllers-are-there", ANSWER="yes")
    assert status == 0
    assert calls == [
        "--context prod auth can-i * * --all-namespaces --request-timeout=15s",
        f"--context prod {APPLY} -f rendered/namespace.yaml",
        f"--context prod {APPLY} -f rendered/",
    ]


def test_help_has_examples(tree: Path) -> None:
    done = subprocess.run([tree / "platform/bootstrap.sh", "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "standards/platform/bootstrap.sh --context staging\n" in done.stdout
