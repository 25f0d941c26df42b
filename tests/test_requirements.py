"""The lock files agree with pyproject.toml, and every file that they allow has a hash."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "requirements"
LOCKS = ("torch-cpu", "torch", "run", "dev")
EXTRAS = {"run": ("local",), "dev": ("local", "openai", "hf", "dev")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def locked(name: str) -> Iterator[tuple[Requirement, list[str]]]:
    """Each version of a lock file, with its hashes."""
    joined = (FOLDER / f"{name}.lock").read_text("utf-8").replace("\\\n", "")
    for line in joined.splitlines():
        if not line.startswith("#"):
            requirement, *hashes = re.split(r"\s+--hash=", line.strip())
            yield Requirement(requirement), hashes


def version(requirement: Requirement) -> str:
    (only,) = requirement.specifier
    assert only.operator == "=="
    return only.version


def wanted(lock: str) -> list[Requirement]:
    lines = [*PROJECT["dependencies"], *(line for e in EXTRAS[lock] for line in PROJECT["optional-dependencies"][e])]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("lock", ["run", "dev"])
def test_every_dependency_is_locked_at_a_version_that_its_range_allows(lock: str) -> None:
    versions: dict[str, list[str]] = {}
    for name in (lock, "torch"):
        for requirement, _ in locked(name):
            versions.setdefault(canonicalize_name(requirement.name), []).append(version(requirement))
    for dependency in wanted(lock):
        found = versions.get(canonicalize_name(dependency.name))
        assert found, f"{dependency} is not in {lock}.lock: run `make lock`"
        assert all(dependency.specifier.contains(each) for each in found), f"{dependency}: {found}: run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_file_has_a_hash_and_no_place(lock: str) -> None:
    entries = list(locked(lock))
    assert entries
    for requirement, hashes in entries:
        assert requirement.url is None
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), requirement
    assert "://" not in (FOLDER / f"{lock}.lock").read_text("utf-8")


def test_what_runs_is_what_is_tested() -> None:
    dev = {(str(requirement), *hashes) for requirement, hashes in locked("dev")}
    assert {(str(requirement), *hashes) for requirement, hashes in locked("run")} <= dev


def test_nothing_of_cuda_is_installed_with_torchs_cpu_build() -> None:
    names = {requirement.name for lock in ("torch-cpu", "run", "dev") for requirement, _ in locked(lock)}
    assert [name for name in names if re.match(r"nvidia-|cuda-|triton$", name)] == []
    ((cpu, _),) = locked("torch-cpu")
    (full,) = (requirement for requirement, _ in locked("torch") if requirement.name == "torch")
    assert version(cpu) == f"{version(full)}+cpu"


def test_the_tools_that_build_the_project_are_locked() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    versions = {requirement.name: version(requirement) for requirement, _ in locked("run")}
    assert all(Requirement(each).specifier.contains(versions[Requirement(each).name]) for each in build)


def test_each_install_checks_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (locked_install,) = re.findall(r"^LOCKED\s*=(.*)$", makefile, re.MULTILINE)
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(locked_install.split())
    installs = re.findall(r"\$\((?:LOCKED|INSTALL|PROJECT)\)[^|\n]*", makefile[makefile.index(".PHONY") :])
    used = {"$(PROJECT)", *(f"$(LOCKED) requirements/{lock}.lock" for lock in LOCKS)}
    assert {each.strip() for each in installs} == used


@pytest.mark.parametrize("is_tampered", [False, True])
def test_a_file_with_another_hash_is_refused(tmp_path: Path, is_tampered: bool) -> None:
    wheel = tmp_path / "toy-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("toy.py", "")
        archive.writestr("toy-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
        archive.writestr("toy-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("toy-1.0.dist-info/RECORD", "toy.py,,\n")
    lock, target = tmp_path / "toy.lock", tmp_path / "target"
    lock.write_text(f"toy==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n", "utf-8")
    if is_tampered:
        with zipfile.ZipFile(wheel, "a") as archive:
            archive.writestr("more.py", "evil()")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (flags,) = re.findall(r"^LOCKED\s*= \$\(INSTALL\)(.*)--requirement$", makefile, re.MULTILINE)
    command = [sys.executable, "-m", "pip", "install", *flags.split(), "--requirement", str(lock)]
    command += ["--no-index", "--find-links", str(tmp_path), "--target", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ((target / "toy.py").exists(), done.returncode == 0) == (not is_tampered, not is_tampered)
    assert ("DO NOT MATCH THE HASHES" in done.stderr) == is_tampered
