"""A PostgreSQL beside the local cluster, where the controller reaches it: Debian's, of a folder of its own."""

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOST = "10.87.0.1"  # this machine's end of the cable to the cluster: tests/cluster/local/layout.py
PORT = 54329
DATABASE, USER = "argo", "argo"
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@dataclass(frozen=True)
class Database:
    """The server that runs.

    Attributes:
        folder: its data and its socket.
        password: of USER.
    """

    folder: Path
    password: str

    def ask(self, statement: str) -> list[str]:
        """Return the rows that a statement gives, as text."""
        words = ("psql", "-h", str(self.folder), "-p", str(PORT), "-d", DATABASE, "-At", "-c", statement)
        return _as_postgres(*words).splitlines()


@contextmanager
def database() -> Iterator[Database]:
    """Run a server for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="dac-postgresql-"))
    shutil.chown(folder, "postgres")
    held = Database(folder, secrets.token_hex(16))
    data = folder / "data"
    try:
        _as_postgres("initdb", "-D", str(data), "-A", "peer", "--no-sync")
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host {DATABASE} {USER} 10.87.0.0/24 scram-sha-256\n")
        settings = f"-c listen_addresses={HOST} -c port={PORT} -c unix_socket_directories={folder} -c fsync=off"
        _as_postgres("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", settings, "start")
        at = ("psql", "-h", str(folder), "-p", str(PORT), "-d", "postgres", "-c")
        _as_postgres(*at, f"CREATE ROLE {USER} LOGIN PASSWORD '{held.password}'")
        _as_postgres(*at, f"CREATE DATABASE {DATABASE} OWNER {USER}")
        yield held
    finally:
        if (data / "postmaster.pid").exists():
            _as_postgres("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def _as_postgres(program: str, *words: str) -> str:
    done = subprocess.run(
        [str(PROGRAMS[-1] / program), *words], user="postgres", capture_output=True, text=True, cwd="/"
    )
    assert done.returncode == 0, f"{program}: {done.stderr}"
    return done.stdout
