"""What this repository takes from outside and what it publishes: who holds which right, and that every pin agrees."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))
EXTERNAL = ROOT / "images/build/external.sh"
DIGEST = "sha256:" + "ab" * 32


def workflow(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load((ROOT / ".github/workflows" / name).read_text(), yaml.BaseLoader)
    return content


def external(lock: Path, *words: str) -> tuple[int, str, str]:
    """Run external.sh on a lock; return its exit status, stdout and stderr."""
    environment = {"PATH": "/usr/bin:/bin", "DAC_EXTERNAL_LOCK": str(lock)}
    done = subprocess.run([EXTERNAL, *words], env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_the_job_that_builds_images_holds_no_credential() -> None:
    job = workflow("images.yaml")["jobs"]["build"]
    assert job["permissions"] == {"contents": "read"}
    assert "environment" not in job
    assert re.findall(r"secrets\.|github\.token|login-action", yaml.dump(job)) == []


def test_the_job_that_holds_the_registry_password_runs_nothing_of_this_tree() -> None:
    job = workflow("images.yaml")["jobs"]["publish"]
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert job["if"] == "github.ref == 'refs/heads/main'"
    script = "\n".join(step.get("run", "") for step in job["steps"])
    assert re.findall(r"\bmake\b|\.venv|\bpip\b|\.py\b|\.sh\b|docker run|docker buildx", script) == []
    assert 'cosign sign --yes "$repository@$digest"' in script
    assert "--preserve-digests" in script


def test_each_image_is_built_with_an_sbom_and_its_provenance() -> None:
    text = (ROOT / ".github/workflows/images.yaml").read_text()
    assert "--sbom=true" in text
    assert "--provenance=mode=max" in text


def test_the_digests_pull_request_gets_its_checks() -> None:
    assert "workflow_dispatch" in workflow("check.yaml")["on"]
    job = workflow("images.yaml")["jobs"]["propose"]
    assert job["permissions"] == {"contents": "write", "pull-requests": "write", "actions": "write"}
    assert 'gh workflow run check.yaml --ref "$branch"' in job["steps"][-1]["run"]


def test_every_checkout_drops_its_token() -> None:
    kept = [
        f"{path.name}: {name}"
        for path in WORKFLOWS
        for name, job in workflow(path.name)["jobs"].items()
        for step in job["steps"]
        if "actions/checkout@" in step.get("uses", "") and step.get("with", {}).get("persist-credentials") != "false"
    ]
    assert kept == []


def test_an_action_and_a_language_have_one_version_everywhere() -> None:
    pins = defaultdict(set)
    for path in WORKFLOWS:
        for name, pin in re.findall(r"uses: *([\w./-]+)@(.+)", path.read_text()):
            pins[name].add(pin)
        for name, pin in re.findall(r"((?:go|python)-version): *(.+)", path.read_text()):
            pins[name].add(pin)
    assert len(pins) > 5
    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}


def test_argo_has_one_version_in_the_workflows_the_lock_and_the_install() -> None:
    install = (ROOT / "standards/platform/install/argo-workflows/kustomization.yaml").read_text()
    versions = set(re.findall(r"(?:newTag: |ref=)(v[\d.]+)", install))
    versions |= set(re.findall(r"gh release download (v[\d.]+)", (ROOT / ".github/workflows/e2e.yaml").read_text()))
    versions |= set(re.findall(r"^argo-linux-amd64\.gz@(\S+)", EXTERNAL.with_suffix(".lock").read_text(), re.MULTILINE))
    versions |= set(re.findall(r"external\.sh verify \S+@(\S+)", (ROOT / ".github/workflows/e2e.yaml").read_text()))
    assert len(versions) == 1


def test_weaviate_has_one_version_in_the_cluster_test_and_the_stores_test() -> None:
    text = (ROOT / ".github/workflows/e2e.yaml").read_text() + (ROOT / "images/rag/tests/compose.yaml").read_text()
    assert len(set(re.findall(r"semitechnologies/weaviate:([\w.-]+)", text))) == 1


def test_a_version_of_the_makefile_is_written_nowhere_else() -> None:
    versions = re.findall(r"^[A-Z]+_VERSION := v?([\d.]+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    scripts = [*WORKFLOWS, *ROOT.glob("images/**/*.sh"), *ROOT.glob("tests/**/*.sh")]
    assert len(versions) >= 3
    assert [
        (path.name, v) for path in scripts for v in versions if re.search(rf"(?<![\d.]){v}\b", path.read_text())
    ] == []


def test_dependabot_covers_every_kind_of_lock() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yaml").read_text())["updates"]
    folders = {u["package-ecosystem"]: set(u.get("directories", [u.get("directory")])) for u in updates}
    assert set(folders) == {"github-actions", "pip", "gomod"}
    assert {f"/{p.parent.relative_to(ROOT)}" for p in ROOT.glob("images/*/requirements.in")} <= folders["pip"]
    assert {f"/{p.parent.relative_to(ROOT)}" for p in ROOT.glob("scripts/*/go.mod")} == folders["gomod"]
    assert all(update["groups"] for update in updates)


def test_images_and_releases_wait_for_the_digests_of_what_is_fetched() -> None:
    assert "external.sh get debian:12" in (ROOT / ".github/workflows/images.yaml").read_text()
    assert "external.sh check" in (ROOT / ".github/workflows/release.yaml").read_text()


def test_digests_of_what_is_fetched_are_proposed_and_those_missing_are_named() -> None:
    steps = workflow("external.yaml")["jobs"]["propose"]["steps"]
    resolving = next(step for step in steps if "external.sh resolve" in step.get("run", ""))
    assert "env" not in resolving
    assert "external.sh check" in resolving["run"]
    assert "gh pr create" in steps[-1]["run"]
    assert "external.sh check" in (ROOT / "Makefile").read_text()
    unresolved = [line.split()[0] for line in EXTERNAL.with_suffix(".lock").read_text().splitlines()
                  if line.endswith(" unresolved")]  # fmt: skip
    status, _, stderr = external(EXTERNAL.with_suffix(".lock"), "check")
    assert (status == 0) == (not unresolved)
    assert all(name in stderr for name in unresolved)


def test_an_image_is_built_on_a_digest_alone() -> None:
    """The job that publishes needs the one that builds, which ends where the digest is missing."""
    jobs = workflow("images.yaml")["jobs"]
    assert "build" in jobs["publish"]["needs"]
    step = next(step["run"] for step in jobs["build"]["steps"] if "external.sh get" in step.get("run", ""))
    assert "--or-tag" not in step
    assert step.index("external.sh get") < step.index("docker run")


def test_an_unresolved_digest_is_refused_and_never_made_up(tmp_path: Path) -> None:
    lock = tmp_path / "external.lock"
    lock.write_text("# why\ndebian:12 unresolved\n")
    advice = "run images/build/external.sh resolve, review external.lock and commit it"
    assert external(lock, "get", "debian:12") == (1, "", f"external.sh: debian:12 has no digest; {advice}\n")
    assert external(lock, "get", "--or-tag", "debian:12") == (0, "debian:12\n", "")
    assert external(lock, "check") == (1, "", f"external.sh: no digest: debian:12; {advice}\n")
    assert external(lock, "get", "debian:13")[0] == 1


def test_a_resolved_digest_is_used_and_files_are_held_to_it(tmp_path: Path) -> None:
    lock, file = tmp_path / "external.lock", tmp_path / "argo.gz"
    file.write_text("another file")
    lock.write_text(f"debian:12 {DIGEST}\nargo.gz@v1 {DIGEST}\n")
    assert external(lock, "get", "debian:12") == (0, f"debian:12@{DIGEST}\n", "")
    assert external(lock, "check") == (0, "", "")
    message = f"external.sh: {file} is not the argo.gz@v1 of external.lock\n"
    assert external(lock, "verify", "argo.gz@v1", str(file)) == (1, "", message)


@pytest.mark.parametrize("value", ["sha256:abc", "latest"])
def test_an_invalid_digest_in_the_lock_is_refused(tmp_path: Path, value: str) -> None:
    lock = tmp_path / "external.lock"
    lock.write_text(f"debian:12 {value}\n")
    status, _, stderr = external(lock, "check")
    assert (status, stderr) == (1, f"external.sh: invalid digest of debian:12 in external.lock: {value}\n")


def test_a_verifier_admits_what_the_workflow_signed_on_main_alone() -> None:
    policy = yaml.safe_load((ROOT / "standards/platform/examples/rendered/image-signatures.yaml").read_text())
    images = yaml.safe_load((ROOT / "standards/catalog/images.yaml").read_text())
    globs = {image["glob"] for image in policy["spec"]["images"]}
    assert globs == {f"{image['repository']}*" for image in images.values()}  # by tag or by digest
    (authority,) = policy["spec"]["authorities"]
    (identity,) = authority["keyless"]["identities"]
    assert identity["issuer"] == "https://token.actions.githubusercontent.com"
    assert identity["subject"].endswith("/.github/workflows/images.yaml@refs/heads/main")
    assert policy["spec"]["mode"] == "enforce"


def test_every_accepted_vulnerability_has_a_last_day_and_a_reason() -> None:
    lines = [
        line for line in (ROOT / "scripts/audit-ignores.txt").read_text().splitlines() if line[:1] not in ("#", "")
    ]
    assert [line for line in lines if not re.fullmatch(r"[A-Z][\w-]+ \d{4}-\d\d-\d\d \S.{15,}", line)] == []


def test_the_locks_are_audited_every_day() -> None:
    audit = workflow("audit.yaml")
    assert "schedule" in audit["on"]
    assert [step["run"] for step in audit["jobs"]["audit"]["steps"] if "run" in step] == ["make audit"]


def test_the_job_that_publishes_the_site_runs_nothing_of_this_tree() -> None:
    content = workflow("site.yaml")
    assert content["permissions"] == {}
    build, publish = content["jobs"]["pages"], content["jobs"]["publish"]
    assert build["permissions"] == {"contents": "read"}
    assert "github.ref == 'refs/heads/main'" in build["if"]
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert [list(step) for step in publish["steps"]] == [["id", "uses"]]
    assert publish["needs"] == "pages"
