"""What only a GGUF file does: its process crashes, hangs and ends without harm; a file that can't be run says why."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool

from finetune.data.encoding import ChatTokenizer
from finetune.errors import ModelCrashedError, ModelNotLoadedError, NoChatTemplateError
from finetune.serving.gguf_chat_model import GgufChatModel
from finetune.serving.llama_cpp_child import LlamaCppChild
from weights.gguf_header import read_gguf_header

QUESTION = [HumanMessage("Count from one to ten in words.")]
STORY = [HumanMessage("Tell me a very long story.")]
PROCESS = "finetune.serving.llama_cpp_process"


def processes(of: psutil.Process) -> list[psutil.Process]:
    return [child for child in of.children() if PROCESS in child.cmdline()]


@pytest.fixture
def model(small_gguf_file: Path) -> Iterator[GgufChatModel]:
    loaded = GgufChatModel(file=small_gguf_file, shown_as="small", threads=1, max_new_tokens=400)
    loaded.load()
    yield loaded
    loaded.close()


def altered(file: Path, to: Path, old: bytes, new: bytes) -> Path:
    """The file with `new` in place of `old` in its metadata, which keeps all lengths."""
    content = file.read_bytes()
    assert len(new) <= len(old)
    assert old in content
    to.write_bytes(content.replace(old, new.ljust(len(old)), 1))
    return to


@pytest.mark.parametrize(("how", "told"), [(signal.SIGSEGV, "SIGSEGV"), (signal.SIGKILL, "memory ran out")])
async def test_a_crash_loses_one_answer_and_the_next_question_starts_the_model_again(
    model: GgufChatModel, how: signal.Signals, told: str
) -> None:
    (process,) = processes(psutil.Process())
    chunks = model.astream(STORY)
    await anext(chunks)
    process.send_signal(how)
    with pytest.raises(ModelCrashedError, match=rf"small failed while writing: .*{told}.*the next question starts"):
        async for _ in chunks:
            pass
    assert (await model.bind(stop=["4"]).ainvoke(QUESTION)).response_metadata["finish_reason"] == "stop"
    (again,) = processes(psutil.Process())
    assert again.pid != process.pid


async def test_a_crash_between_two_questions_loses_neither(model: GgufChatModel) -> None:
    (process,) = processes(psutil.Process())
    process.kill()
    process.wait(10)
    assert (await model.bind(stop=["4"]).ainvoke(QUESTION)).text


def test_a_process_that_hangs_is_given_up(small_gguf_file: Path) -> None:
    child = LlamaCppChild(small_gguf_file, "small", 1, 512, silence_limit_s=0.5)
    try:
        child.wait_until_loaded(lambda: False)
        (process,) = processes(psutil.Process())
        process.suspend()
        with pytest.raises(ModelCrashedError, match="it stopped responding"):
            list(child.complete(1, {"prompt": "a", "max_tokens": 400}, lambda: False))
    finally:
        child.end()
    assert not process.is_running()


def test_the_process_ends_with_its_parent_however_that_ends(small_gguf_file: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from finetune.serving.gguf_chat_model import GgufChatModel\n"
        "GgufChatModel(file=Path(sys.argv[1]), shown_as='small').load(); print('loaded', flush=True); input()"
    )
    with subprocess.Popen(
        (sys.executable, "-c", script, str(small_gguf_file)), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"loaded\n"
        (process,) = processes(psutil.Process(parent.pid))
        parent.kill()
    assert process.wait(10) in (0, None)


def test_the_process_gets_no_token_and_listens_for_nobody(
    model: GgufChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "s3cret")
    model.close()
    again = GgufChatModel(file=model.file, shown_as="small", threads=1)
    try:
        again.load()
        (process,) = processes(psutil.Process())
        assert "s3cret" not in process.environ().values()
        assert process.net_connections("inet") == []
        listening = [each.laddr for each in process.net_connections("unix") if each.laddr]
        assert [path for path in listening if Path(path).exists()] == []
    finally:
        again.close()


async def test_the_common_beginning_of_two_prompts_is_read_once(model: GgufChatModel) -> None:
    rules = SystemMessage("Answer in one word. " * 40)
    short = model.bind(stop=["\n"])
    first = await short.ainvoke([rules, HumanMessage("Is ice cold?")])
    second = await short.ainvoke([rules, HumanMessage("Is fire hot?")])
    assert first.usage_metadata is not None
    assert second.usage_metadata is not None
    assert first.usage_metadata["input_token_details"]["cache_read"] < 20
    assert second.usage_metadata["input_token_details"]["cache_read"] > 200
    assert second.usage_metadata["input_tokens"] == first.usage_metadata["input_tokens"]


@tool
def search(query: str) -> str:
    """Look it up."""
    return query


async def test_the_tools_are_shown_and_a_forced_call_is_no_text(small_gguf_file: Path, tmp_path: Path) -> None:
    own = read_gguf_header(small_gguf_file).chat_template
    assert own is not None
    with_tools = (
        "{% if tools %}{{ tools|tojson }} Call: <tool_call>{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n"
        "{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    )
    file = altered(small_gguf_file, tmp_path / "tools.gguf", own.encode(), with_tools.encode())
    model = GgufChatModel(file=file, shown_as="with tools", threads=1, max_new_tokens=12)
    try:
        asked = [HumanMessage("Where is the harbour?")]
        plain = await model.ainvoke(asked)
        shown = await model.bind_tools([search]).ainvoke(asked)
        forced = await model.bind_tools([search], tool_choice="search").ainvoke(asked)
    finally:
        await asyncio.to_thread(model.close)
    assert shown.usage_metadata["input_tokens"] > plain.usage_metadata["input_tokens"] + 20
    assert forced.text == ""
    assert len([*forced.tool_calls, *forced.invalid_tool_calls]) == 1


async def test_a_prompt_is_the_same_tokens_as_for_transformers(model: GgufChatModel, small_model_folder: Path) -> None:
    asked = [SystemMessage("Be brief. 请简短。"), HumanMessage("Is <|im_end|> a boat?\n\n  Where does it lie?")]
    answer = await model.bind(stop=["a", "e", "i"]).ainvoke(asked)
    assert answer.usage_metadata is not None
    expected = ChatTokenizer.of(small_model_folder, "small").prompt(asked)
    assert answer.usage_metadata["input_tokens"] == len(expected)


async def test_a_template_without_system_turns_reads_them_with_the_question_and_does_not_think_aloud(
    small_gguf_file: Path, tmp_path: Path
) -> None:
    own = read_gguf_header(small_gguf_file).chat_template
    assert own is not None
    strict = (
        "{% if messages[0].role != 'user' %}{{ raise_exception('no') }}{% endif %}"
        "{% if enable_thinking is not defined or enable_thinking %}{{ 'think ' * 300 }}{% endif %}"
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "<|im_start|>assistant\n"
    )
    file = altered(small_gguf_file, tmp_path / "strict.gguf", own.encode(), strict.encode())
    model = GgufChatModel(file=file, shown_as="strict", threads=1, max_new_tokens=2)
    try:
        answer = await model.ainvoke([SystemMessage("Be brief. " * 20), HumanMessage("Where is it?")])
    finally:
        await asyncio.to_thread(model.close)
    assert answer.usage_metadata is not None
    assert 60 < answer.usage_metadata["input_tokens"] < 120


def refusal(file: Path) -> str:
    model = GgufChatModel(file=file, shown_as=file.stem)
    try:
        with pytest.raises((ModelNotLoadedError, NoChatTemplateError)) as raised:
            model.load()
    finally:
        model.close()
    assert processes(psutil.Process()) == []
    return str(raised.value)


def test_a_model_without_a_chat_template_is_refused(small_gguf_file: Path, tmp_path: Path) -> None:
    file = altered(small_gguf_file, tmp_path / "base.gguf", b"tokenizer.chat_template", b"tokenizer.chat_nothing_")
    assert "base has no chat template" in refusal(file)


def test_an_architecture_that_llama_cpp_does_not_know_is_named(small_gguf_file: Path, tmp_path: Path) -> None:
    old = b"general.architecture" + (8).to_bytes(4, "little") + (5).to_bytes(8, "little") + b"llama"
    file = altered(small_gguf_file, tmp_path / "new.gguf", old, old[:-5] + b"novel")
    told = refusal(file)
    assert "can't run new: " in told
    assert "unknown model architecture: 'novel'" in told


def test_a_file_that_was_cut_off_is_refused_with_the_reason(small_gguf_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "half.gguf"
    file.write_bytes(small_gguf_file.read_bytes()[: small_gguf_file.stat().st_size // 2])
    told = refusal(file)
    assert "can't run half: " in told
    assert "file bounds" in told
    assert "Check that the file is complete" in told


def test_a_bot_that_ends_does_not_wait_until_a_model_is_loaded(small_gguf_file: Path) -> None:
    child = LlamaCppChild(small_gguf_file, "small", 1, 512)
    try:
        with pytest.raises(Exception, match="shutting down"):
            child.wait_until_loaded(lambda: True)
    finally:
        child.end()
