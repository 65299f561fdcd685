"""The shape of the tree: what stands at its top is fixed."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_top_level_is_fixed() -> None:
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith((".", "__"))}
    assert folders == {"docs", "standards", "projects", "images", "policy", "scripts", "tests"}


def test_each_program_of_an_image_says_in_its_help_what_it_reads_and_writes() -> None:
    programs = [file for file in ROOT.glob("images/*/*.py") if '\nif __name__ == "__main__":' in file.read_text()]
    assert len(programs) > 20
    silent = [str(f.relative_to(ROOT)) for f in programs if "ArgumentParser(description=__doc__" not in f.read_text()]
    assert silent == [], "--help is to print the docstring"
