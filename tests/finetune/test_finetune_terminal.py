"""`python -m finetune`, with a real training on a tiny base."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.__main__ import main


@pytest.fixture
def training_set(tmp_path: Path, skill_rows: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    path = tmp_path / "repairs.jsonl"
    path.write_text("\n".join([*map(json.dumps, skill_rows), "not JSON"]), "utf-8")
    return path


def test_an_owner_trains_lists_promotes_measures_rolls_back_and_removes(
    training_set: Path, tiny_base: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    guild = ["--guild", "Harbour Lights"]
    assert main(["train", str(training_set), "--base", tiny_base, *guild, "--json"]) == 0
    said = capfd.readouterr()
    card = json.loads(said.out)["card"]
    assert f"skipped: line {len(training_set.read_text().splitlines())} isn't a complete JSON object" in said.err
    assert not list((tmp_path / "data" / "runs").iterdir())
    assert main(["promote", card["adapter_sha256"][:8], *guild]) == 0
    assert main(["list", *guild]) == 0
    assert f"champion  {card['adapter_sha256'][:12]}  repairs" in capfd.readouterr().out
    assert main(["evaluate", card["adapter_sha256"], str(training_set), *guild]) == 0
    assert "correct labels, 72 held-out examples" in capfd.readouterr().out
    assert main(["rollback", "repairs", *guild]) == 0
    assert main(["rollback", "repairs", *guild]) == 1
    assert "nothing to roll back" in capfd.readouterr().err
    assert main(["remove", card["adapter_sha256"], *guild]) == 0
    assert main(["list", *guild]) == 0
    assert "0 adapters" in capfd.readouterr().err


def test_what_cannot_be_trained_on_is_refused_in_a_sentence(
    training_set: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text('{"question": "a", "label": "b"}\n' * 5, "utf-8")
    for arguments, said in (
        (["train", str(few)], "usable example; the minimum is 20"),
        (["train", str(tmp_path / "missing.jsonl")], "No such file"),
        (["train", str(training_set), "--base", "hf:/no/such/folder"], "/no/such/folder"),
        (["evaluate", "abc"], "No adapter has a hash that starts with"),
    ):
        assert main([*arguments, "--guild", "g"]) == 1
        assert said in capfd.readouterr().err
    assert not (tmp_path / "data" / "runs").exists()


@pytest.mark.parametrize("base", ["nonsense", "embedding", "embedded-large"])
def test_a_base_that_cannot_be_tuned_is_refused_before_anything_is_read(
    base: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["train", "missing.jsonl", "--base", base, "--guild", "g"])
    assert stopped.value.code == 2
    assert "it must be `auto`, `embedded`, `embedded-small` or `hf:<id or folder>`" in capfd.readouterr().err
