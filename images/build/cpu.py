"""Takes CUDA's own code out of an environment, so that an image for machines without a GPU is small.

torch's wheels of PyPI are linked with CUDA's libraries and do not load without them, though on the CPU none of their
code runs. Each of those libraries is replaced by one of the same name and symbols whose functions end the process:
torch loads, says that there is no GPU, and computes on the CPU. 6.1 GB become 2.1 GB.
"""

import re
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

SMALL = 9_000_000  # bytes; smaller libraries stay as they are (the CUDA runtime itself is one of them)
UNUSED = ("triton", "cuda", "nvidia/*/include", "nvidia/*/include", "torch/include")
SYMBOL = re.compile(r"^\S+ (?P<kind>\w) (?P<name>[^@\s]+)(?:@@?(?P<version>\S+))?$", re.MULTILINE)


def strip(site: Path) -> None:
    """Replace CUDA's large libraries below a site-packages folder, and remove what only a compiler for GPUs needs."""
    for library in sorted((site / "nvidia").rglob("*.so*")):
        if not library.is_symlink() and library.stat().st_size > SMALL:
            hollow(library)
    for pattern in UNUSED:
        for folder in site.glob(pattern):
            subprocess.run(["rm", "-r", folder], check=True)
    for archive in (site / "nvidia").rglob("*.a"):
        archive.unlink()


def hollow(library: Path) -> None:
    """Replace a shared library by one with the same symbols and no code."""
    listed = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    versions: dict[str, list[str]] = defaultdict(list)
    source: dict[str, str] = {}
    for symbol in SYMBOL.finditer(listed):
        if symbol["kind"] != "A" and symbol["name"] not in source:
            versions[symbol["version"] or ""].append(symbol["name"])
            source[symbol["name"]] = definition(symbol["name"], code=symbol["kind"] in "TWiu")
    nodes = {version: "".join(f"{name}; " for name in sorted(names)) for version, names in versions.items() if version}
    script = "".join(f"{version} {{ global: {names}}};\n" for version, names in sorted(nodes.items()))
    if library.name not in versions:
        script += f"{library.name} {{ }};\n"
    library.unlink()  # the file is hard-linked: the environment keeps its own
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "s.s").write_text("".join(source[name] for name in sorted(source)))
        (Path(scratch) / "s.map").write_text(script)
        linker = ["gcc", "-shared", "-nostdlib", f"-Wl,-soname,{library.name}", "-Wl,--version-script=s.map"]
        subprocess.run([*linker, "-Wl,--build-id=none", "-o", library.absolute(), "s.s"], cwd=scratch, check=True)


def definition(name: str, *, code: bool) -> str:
    """Assembly that defines a symbol: a function that stops at once, or 64 bytes of zeros."""
    section, kind, body = (".text", "function", "ud2") if code else (".bss", "object", f'.size "{name}", 64\n.zero 64')
    return f'.section {section}\n.globl "{name}"\n.type "{name}", @{kind}\n"{name}":\n{body}\n'
