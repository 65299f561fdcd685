"""What the tests of the index programs share: the programs on the path, one load of the model."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

_HERE = Path(__file__).resolve().parent
_DEMO = _HERE.parents[2] / "tests" / "demo"
sys.path[:0] = [str(folder) for folder in (_HERE.parent, _HERE.parents[1], _HERE, _DEMO)]  # a pod has the first two


@pytest.fixture(scope="session")
def weights() -> Path:
    """Return the folder of the true MiniLM weights."""
    from index import model_folder
    from minilm import MODEL

    return model_folder.checked(MODEL)


@pytest.fixture(scope="session")
def tokenizer(weights: Path):
    """Its tokenizer."""
    from index import chunker

    return chunker.tokenizer(weights)


@pytest.fixture(scope="session")
def model(weights: Path):
    """Return the model, loaded once for every test that embeds for real."""
    from index import embedder
    from minilm import MODEL

    return embedder.Embedder(weights, MODEL, 4096, threads=1)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Yield the stores' servers, each started when a test first asks for it."""
    from servers import Servers

    running = Servers(tmp_path_factory.mktemp("servers"))
    yield running
    running.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `address` on every store, and one that takes `server` on each store that is a server."""
    from servers import EMBEDDED, names

    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", [name for name in names() if name != EMBEDDED], indirect=True, scope="session")
    elif "address" in metafunc.fixturenames:
        metafunc.parametrize("address", names(), indirect=True, scope="session")


@pytest.fixture(scope="session")
def address(request: pytest.FixtureRequest, servers: Any) -> Any:
    """Return each store's address in turn."""
    return servers[request.param]


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, servers: Any) -> Any:
    """Return the address of each store that is a server, in turn."""
    return servers[request.param]


@pytest.fixture(scope="session")
def store(address: Any) -> Iterator[Any]:
    """Yield each store in turn, opened."""
    from index import stores

    opened = stores.open_store(address.url, address.facts)
    yield opened
    opened.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Any]:
    """Five documents, of one to five chunks, that no run has indexed yet."""
    from in_process import quick
    from world import World, prose

    with quick():
        made = World(tmp_path)
        for number in range(5):
            made.put(f"doc-{number}", prose(number, 8 + 18 * number), title=f"Title {number}")
        made.export()
        yield made


@pytest.fixture
def right() -> Callable[[Any], None]:
    """Return a check of a world's live index against the one that its documents make."""
    from world import difference

    def check(world: Any) -> None:
        assert difference(world.index(), world.expected()) == ""

    return check


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try requests to a store again without the waits between."""
    from index.stores import attempts

    monkeypatch.setattr(attempts, "time", SimpleNamespace(sleep=lambda seconds: None))
