"""Each benchmark is a command that says what it measures."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

import benchmarks

_FOLDER = Path(benchmarks.__file__).parent
_COMMANDS = sorted(
    ".".join(path.relative_to(_FOLDER.parent).with_suffix("").parts).removesuffix(".__main__")
    for path in _FOLDER.rglob("*.py")
    if '__name__ == "__main__"' in path.read_text("utf-8")
)


@pytest.mark.filterwarnings("ignore:`langchain-community` is being sunset:DeprecationWarning")
@pytest.mark.parametrize("command", _COMMANDS)
def test_each_benchmark_says_what_it_measures_and_how_it_is_run(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [command, "--help"])
    monkeypatch.delitem(sys.modules, command, raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(command, run_name="__main__")
    assert ended.value.code == 0
    assert f"    python -m {command}" in capsys.readouterr().out
