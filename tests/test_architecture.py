"""docs/architecture.md as the map of the code: what it names is there, and no folder has outgrown its room."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PACKAGES = ("bot", "chains", "knowledge", "finetune", "weights", "text", "storage", "benchmarks")
BEHAVIOURS = re.findall(r"^\| ([^|]+?) \| `([\w/]+\.py)` \| `(\w+)` \|$", PAGE, re.MULTILINE)
MOST_FILES = 20


def code_files() -> list[Path]:
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def names_in(path: Path) -> set[str]:
    """What a module defines at its top."""
    names: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return names


def test_the_map_has_a_row_for_about_forty_behaviours() -> None:
    assert len(BEHAVIOURS) >= 40
    assert len({behaviour for behaviour, _, _ in BEHAVIOURS}) == len(BEHAVIOURS)


@pytest.mark.parametrize(("behaviour", "file", "name"), BEHAVIOURS)
def test_each_behaviour_is_in_the_file_that_the_map_names(behaviour: str, file: str, name: str) -> None:
    assert name in names_in(ROOT / file), f"{behaviour}: {file} has no {name}"


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`([\w/]+\.(?:py|toml|jsonl?))`", PAGE))
    missing = [name for name in sorted(named) if not (ROOT / name).exists() and not list(ROOT.glob(f"*/**/{name}"))]
    assert missing == []


def test_every_folder_with_code_is_a_room_on_the_map() -> None:
    rooms = set(re.findall(r"^\| `([\w/]+)/` \|", PAGE, re.MULTILINE))
    folders = {str(path.parent.relative_to(ROOT)) for path in code_files()}
    assert {folder for folder in folders if not folder.startswith("benchmarks/")} - rooms == set()


def test_no_folder_holds_more_files_than_one_can_look_over() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = Counter(str(Path(name).parent) for name in listed.splitlines() if name.endswith(".py"))
    assert {folder: count for folder, count in folders.items() if count > MOST_FILES} == {}
