"""The cluster under test, and what the tests on it share."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harness.docs import DECISIONS, write_documents  # noqa: E402 - the tests' own folder has to be on the path first
from harness.kube import Kube  # noqa: E402
from harness.organisation import Organisation  # noqa: E402
from harness.outside import Outside  # noqa: E402
from harness.report import keep  # noqa: E402
from harness.runs import Runs  # noqa: E402
from harness.serving import serve  # noqa: E402


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put smoke and soak in one order, by the numbers in their file names."""
    items.sort(key=lambda item: item.path.name)


REPORTED: set[str] = set()  # faults of a shared fixture fail many tests: they are looked into once


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """Add to a failed test what the cluster looked like at that moment."""
    report = yield
    kubeconfig, fault = os.environ.get("KUBECONFIG"), str(call.excinfo.value) if call.excinfo else ""
    if report.failed and kubeconfig and fault not in REPORTED:
        REPORTED.add(fault)
        report.sections.append(("the cluster when it failed", keep(Kube(kubeconfig), item.name)))
    return report


@pytest.fixture(scope="session")
def kube() -> Kube:
    """Return the cluster that KUBECONFIG says."""
    kubeconfig = os.environ.get("KUBECONFIG")
    if not kubeconfig:
        pytest.exit("these tests need a cluster: run `make cluster-test`, or set KUBECONFIG", returncode=2)
    return Kube(kubeconfig)


@pytest.fixture(scope="session")
def image() -> str:
    """Return the rag image's reference by digest."""
    return reference("rag")


# Variables that hold an image's reference.
GIVEN = {"rag": "DAC_RAG_IMAGE", "eval": "DAC_EVAL_IMAGE", "train": "DAC_TRAIN_IMAGE"}


LOADING: dict[str, "subprocess.Popen[str]"] = {}  # images that are built while other tests wait for the cluster


def loading(name: str, *before: str) -> "subprocess.Popen[str]":
    """Begin to build an image, and to load it into the local cluster; `before` stands in front of the command."""
    command = [*before, sys.executable, str(HERE / "local"), "load", name]
    return subprocess.Popen(command, stdout=-1, stderr=-1, text=True, start_new_session=True)


def reference(name: str) -> str:
    """Return a step image by digest: one that is given, or one that is built and loaded into the local cluster."""
    given = os.environ.get(GIVEN[name])
    if given:
        return given
    process = LOADING.pop(name, None) or loading(name)
    printed, errors = process.communicate()
    assert process.returncode == 0, errors
    return printed.strip()


@pytest.fixture(scope="session")
def outside(kube: Kube, image: str, request: pytest.FixtureRequest) -> Iterator[Outside]:
    """Start the object store, Weaviate, Git, Slack and a served model."""
    stands = Outside(kube, image, reference("eval"))
    # The image of what trains takes minutes to build, once for each lock, and a later test needs it.
    needed = any("trained" in getattr(item, "fixturenames", ()) for item in request.session.items)
    if needed and not os.environ.get(GIVEN["train"]):
        LOADING["train"] = loading("train", "nice", "-n", "19")
    stands.start()
    yield stands
    for process in LOADING.values():
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def organisation(kube: Kube, outside: Outside, tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """Bring an organisation's platform to the cluster; it has no project yet."""
    held = Organisation(kube, outside, tmp_path_factory.mktemp("organisation"))
    held.adopt()
    held.push("Take the platform as ours")
    held.bootstrap()
    return held


@pytest.fixture(scope="session")
def docs(kube: Kube, outside: Outside, organisation: Organisation, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Project `docs`, whose pipeline `search` indexes a few documents of the object store into Weaviate."""
    serve(kube, organisation, tmp_path_factory.mktemp("deploy"))
    write_documents(outside)
    organisation.decide("docs", DECISIONS)
    organisation.push("Add the project docs")
    kube.until("the namespace of docs", lambda: kube.exists("namespace", "docs"), 400)
    organisation.secrets("docs")
    kube.until("the CronWorkflow of docs", lambda: kube.exists("-n", "docs", "cronworkflow", "search"), 400)
    return Runs(kube, outside, "docs", "search")
