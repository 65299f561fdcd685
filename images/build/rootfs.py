#!/usr/bin/env python3
"""Makes the root file tree of an image: the one build definition, for the Dockerfile and for the test cluster alike.

    images/build/rootfs.py rag OUT        OUT/base, OUT/packages and OUT/programs, a layer each
    images/build/rootfs.py rag OUT --cpu  without CUDA's own code, a third of the size: torch still computes on the CPU
    images/build/rootfs.py --lock         resolves the locks anew from this machine's Debian 12 sources

The base holds CPython, git and CA certificates from Debian packages that base.lock pins by digest; the packages are
the image's locked environment (images/env.sh), compiled, and what it needs of Debian beside a GPU (<image>.lock); the
programs are images/<image>, images/runtime and images/contracts. Nothing depends on when or where it is made. It runs
on Debian 12 with dpkg-deb, apt-get and gcc.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cpu

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parent
CACHE = Path(os.environ.get("DAC_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dac")
USER = 65532
# Debian's packages, by the lock that pins them: of every image, and of one image beside the base.
WANTED = {
    "base": (
        *("python3.11-minimal", "libpython3.11-stdlib", "git", "ca-certificates", "dash"),
        *("libstdc++6", "libgomp1", "tzdata", "netbase"),
    ),
    # What Triton builds a kernel's launcher with (trainer/training.py), and how it finds the driver: `ldconfig -p`.
    "train": ("gcc", "libc6-dev", "libpython3.11-dev", "libc-bin"),
}
# What the packages above depend on but no program here runs: installers, manuals, and the Perl of git's rarer commands.
UNWANTED = ("perl", "libperl", "liberror-perl", "git-man", "dpkg", "tar", "debconf", "openssl", "libgdbm", "libdb5")
LINKED = ("bin", "lib", "lib64", "sbin")  # of the root: links into usr/
PYTHON = "usr/lib/python3.11"
SITE = "opt/dac/lib/python3.11/site-packages"


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", nargs="?", help="a folder of images/")
    parser.add_argument("out", nargs="?", type=Path, help="the folder to make")
    parser.add_argument("--cpu", action="store_true", help="leave CUDA's own code out")
    parser.add_argument("--lock", action="store_true", help="resolve base.lock and each image's own anew")
    arguments = parser.parse_args()
    if arguments.lock:
        for name in WANTED:
            lock(name).write_text(resolve(name))
        return 0
    if not arguments.image or not arguments.out or not (IMAGES / arguments.image / "requirements.txt").is_file():
        parser.error("which image? It is a folder of images/ with a requirements.txt")
    base(arguments.out / "base")
    packages(arguments.image, arguments.out / "packages", arguments.cpu)
    programs(arguments.image, arguments.out / "programs")
    return 0


def fresh(tree: Path) -> Path:
    """Replace whatever was there by an empty folder, and return it."""
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    return tree


def lock(name: str) -> Path:
    """Return the file that pins the Debian packages of the base, or those of an image beside it."""
    return HERE / f"{name}.lock"


def own_locks(image: str, without_cuda: bool) -> list[Path]:
    """Return what pins the image's own Debian packages: a file, or none, where it wants none or no GPU is there."""
    return [lock(image)] if image in WANTED and not without_cuda else []


def resolve(pinned: str) -> str:
    """Return a lock's text: name, version and SHA-256 of each Debian package, from apt's lists; the base's own once."""
    wanted, held = WANTED["base"], set()
    if pinned != "base":
        wanted, held = wanted + WANTED[pinned], set(lock("base").read_text().splitlines())
    names = ["apt-get", "-oDir::State::status=/dev/null", "-oAPT::Install-Recommends=false", "install", "--print-uris"]
    printed = output(*names, "-y", *wanted)
    files = [line.split()[1] for line in printed.splitlines() if line.startswith("'")]
    lines = set()
    for file in files:
        name, version, _ = file.split("_")
        version = version.replace("%3a", ":")
        if not name.startswith(UNWANTED):
            shown = subprocess.run(
                ["apt-cache", "show", f"{name}={version}"], check=True, capture_output=True, text=True
            )
            digest = next(x.split()[1] for x in shown.stdout.splitlines() if x.startswith("SHA256:"))
            lines.add(f"{name} {version} {digest}")
    return "".join(f"{line}\n" for line in sorted(lines - held))


def output(*command: str | Path) -> str:
    """Run a command and return what it prints."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def fetch(name: str, version: str, digest: str) -> Path:
    """Return the package's file, from the cache or from Debian's mirror."""
    kept = CACHE / "debs" / f"{name}-{digest[:16]}.deb"
    if not kept.exists():
        folder = fresh(kept.with_suffix(".new"))
        command = ["apt-get", "download", "-q", f"{name}={version}"]
        got = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        files = list(folder.glob("*.deb"))
        if got.returncode or len(files) != 1:
            advice = "`images/build/rootfs.py --lock` resolves it anew"
            sys.exit(f"images/build: {name} {version} is not available; {advice}\n{got.stderr}")
        actual = hashlib.sha256(files[0].read_bytes()).hexdigest()
        if actual != digest:
            sys.exit(f"images/build: {name} {version} has the digest {actual}, and not the one that is pinned")
        files[0].rename(kept)
        folder.rmdir()
    return kept


def unpack(pinned: Path, tree: Path) -> None:
    """Unpack the packages that a lock names, without manuals and translations."""
    for folder in LINKED:
        (tree / "usr" / folder).mkdir(parents=True, exist_ok=True)
        (tree / folder).symlink_to(f"usr/{folder}")
    for line in pinned.read_text().splitlines():
        deb = fetch(*line.split())
        unpacked = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "--keep-directory-symlink", "-C", tree], input=unpacked, check=True)
    for folder in ("doc", "man", "lintian", "locale", "bash-completion"):
        shutil.rmtree(tree / "usr/share" / folder, ignore_errors=True)


def base(tree: Path) -> None:
    """CPython, git, certificates and their libraries, and a user that is nobody."""
    unpack(lock("base"), fresh(tree))
    certificates = sorted((tree / "usr/share/ca-certificates").rglob("*.crt"))
    (tree / "etc/ssl/certs").mkdir(parents=True, exist_ok=True)
    (tree / "etc/ssl/certs/ca-certificates.crt").write_bytes(b"".join(c.read_bytes() for c in certificates))
    (tree / "etc/passwd").write_text(f"root:x:0:0:root:/:/sbin/nologin\ndac:x:{USER}:{USER}:dac:/tmp:/sbin/nologin\n")
    (tree / "etc/group").write_text(f"root:x:0:\ndac:x:{USER}:\n")
    for folder, mode in (("tmp", 0o1777), ("work", 0o755), ("app", 0o755), ("proc", 0o755), ("dev", 0o755)):
        (tree / folder).mkdir(exist_ok=True)
        (tree / folder).chmod(mode)
    (tree / "usr/bin/python3").symlink_to("python3.11")
    compile_all(tree, PYTHON)


def beside_base(image: str, tree: Path) -> None:
    """Put the image's own Debian packages beside the base's; the base has the links of the root, and keeps them."""
    unpack(lock(image), tree)
    for folder in LINKED:
        (tree / folder).unlink()


def packages(image: str, tree: Path, without_cuda: bool) -> None:
    """Put the image's locked environment at /opt/dac, hard-linked from where images/env.sh keeps it."""
    fresh(tree)
    if own_locks(image, without_cuda):
        beside_base(image, tree)
    made = output(IMAGES / "env.sh", image).strip()
    site = tree / SITE
    site.parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", "--link", Path(made) / "lib/python3.11/site-packages", site], check=True)
    for cache in [*site.rglob("__pycache__")]:
        shutil.rmtree(cache)
    if without_cuda:
        cpu.strip(site)
    (tree / "opt/dac/bin").mkdir()
    (tree / "opt/dac/bin/python").symlink_to("/usr/bin/python3.11")
    (tree / "opt/dac/pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    compile_all(tree, SITE)


def programs(image: str, tree: Path) -> None:
    """Put the step programs at /app, without their tests and locks, and beside them the package that they stand on."""
    fresh(tree)
    leave = shutil.ignore_patterns("tests", "__pycache__", "requirements*", "rootfs", "Dockerfile", ".*")
    shutil.copytree(IMAGES / image, tree / "app", ignore=leave)
    for shared in ("runtime", "contracts"):
        shutil.copytree(IMAGES / shared, tree / "app" / shared, ignore=leave)
    compile_all(tree, "app")
    for path in (tree / "app", *(tree / "app").rglob("*")):  # as everybody's umask would not have it
        path.chmod(0o755 if path.is_dir() else 0o644)


def compile_all(tree: Path, folder: str) -> None:
    """Compiles what is imported, since a pod has no place to keep it; by hash and not by time, so always the same."""
    command = [
        sys.executable,
        "-m",
        "compileall",
        "-q",
        "-j2",
        "--invalidation-mode",
        "unchecked-hash",
        "-x",
        "/tests/",
    ]
    subprocess.run([*command, "-s", tree, "-p", "/", tree / folder], check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
