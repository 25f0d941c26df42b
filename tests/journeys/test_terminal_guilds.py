"""The terminal's programs know a guild by one name, though they share no database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.registry import Registry
from knowledge.__main__ import main
from tests.fakes.hashing_embeddings import HashingEmbeddings


@pytest.mark.parametrize("guild", ["Harbour", "陶艺俱乐部", "123456789012345678"])
def test_documents_and_tuned_models_of_a_guild_belong_together(
    guild: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "fees.md").write_text("Tickets are refunded within a week.")
    assert main(["ingest", str(tmp_path / "fees.md"), "--guild", guild], HashingEmbeddings()) == 0
    capsys.readouterr()
    assert main(["list", "--guild", guild, "--json"], HashingEmbeddings()) == 0
    (source,) = json.loads(capsys.readouterr().out)
    assert Registry(tmp_path / "data").guild_id(guild) == source["guild_id"]
    assert Registry(tmp_path / "data").guild_id(source["guild_id"]) == source["guild_id"]
