"""A bot whose answers come from a GGUF file: chosen by one setting, and unharmed where llama.cpp crashes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bot.errors import PartFailed
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.settings import Settings, load_settings
from bot.startup.loader import Loader
from bot.startup.models import find_external_models
from chains.composer import READER
from chains.errors import GenerationFailed
from chains.types import AnswerForm, Delta, Language, Question, Route
from knowledge.types import EVERY_MEMBER, OWNER

KEYS = b"# Keys\n\nMira Ostrander keeps the keys of the hall and hands them out at seven in the morning."
QUESTION = Question("Who keeps the keys of the hall?", "1", "2", OWNER, Language.EN)


def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: Path, chat_model: str) -> Settings:
    named = {"DATA_DIR": tmp_path / "data", "MODEL_DIR": models, "CHAT_MODEL": chat_model, "MAX_ANSWER_TOKENS": 64}
    for name, value in named.items():
        monkeypatch.setenv(name, str(value))
    return load_settings(tmp_path / ".env")


def _processes() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "finetune.serving.llama_cpp_process" in each.cmdline()]


async def test_a_gguf_file_answers_from_the_documents_and_a_crash_costs_one_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_gguf_file: Path, embedding_folder: Path
) -> None:
    loader = Loader(_settings(tmp_path, monkeypatch, embedding_folder.parent, f"gguf:{small_gguf_file}"))
    try:
        encoders, library = await loader.load_documents(lambda _: None)
        await library.register_guild("1", "Harbour Lights")
        await library.ingest_bytes(KEYS, name="keys.md", guild_id="1", audience=EVERY_MEMBER, ingested_by="2")
        assistant = await loader.load_assistant(library, encoders, lambda _: None)
        answer = await assistant.answer(QUESTION)
        assert answer.decision.route is Route.RETRIEVAL
        # So small a model may well write what the check replaces by a quotation.
        assert answer.composition is not None
        writers = {AnswerForm.WRITTEN: small_gguf_file.stem, AnswerForm.REPLACED: READER}
        assert answer.model == writers[answer.composition.form]
        assert answer.text
        (process,) = _processes()
        with pytest.raises(GenerationFailed) as raised:
            async for event in assistant.stream(replace(QUESTION, requested_route=Route.DIRECT)):
                if isinstance(event, Delta) and process.is_running():
                    process.kill()
        assert raised.value.code == "generation_failed"
        assert "the next question starts the model again" in str(raised.value.__cause__)
        assert (await assistant.answer(QUESTION)).text == answer.text
    finally:
        await loader.close()
    assert _processes() == []


@pytest.mark.parametrize(("name", "reason"), [("cut-off.gguf", "llama_cpp"), ("missing.gguf", "own_model")])
async def test_a_file_that_cannot_be_run_is_told_while_the_documents_work(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    small_gguf_file: Path,
    embedding_folder: Path,
    name: str,
    reason: str,
) -> None:
    content = small_gguf_file.read_bytes()
    (tmp_path / "cut-off.gguf").write_bytes(content[: len(content) // 2])
    loader = Loader(_settings(tmp_path, monkeypatch, embedding_folder.parent, f"gguf:{tmp_path / name}"))
    documents, assistant = LazyService[DocumentsPort]("documents"), LazyService[AssistantPort]("chat_model")
    try:
        await loader.load(documents, assistant)
        assert await documents.get()
        with pytest.raises(PartFailed) as raised:
            await assistant.get()
    finally:
        await loader.close()
    assert raised.value.reason == reason


@pytest.mark.parametrize("chat_model", ["gguf:/srv/models/mine.gguf", "embedded-large", "embedded-gguf", "auto"])
def test_no_text_leaves_the_machine_for_a_model_that_runs_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chat_model: str
) -> None:
    assert find_external_models(_settings(tmp_path, monkeypatch, tmp_path, chat_model)) == ()
