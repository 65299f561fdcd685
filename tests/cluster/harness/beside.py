"""The modules of tests/runner: what of a run is compared, random workflows, and the local runner itself."""

import importlib
import sys
from types import ModuleType

from harness.organisation import ROOT


def module(name: str) -> ModuleType:
    folder = str(ROOT / "tests/runner")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


def shape() -> ModuleType:
    return module("shape")


def generate() -> ModuleType:
    return module("generate")


def runner() -> ModuleType:
    return module("runner_harness")
