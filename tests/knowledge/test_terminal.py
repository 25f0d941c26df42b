from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.__main__ import main
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import Audience
from tests.fakes.hashing_embeddings import HashingEmbeddings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def environment(settings: KnowledgeSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("CHROMA_URL", str(settings.chroma_url))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    (tmp_path / "docs" / "fees.md").write_text("# Fees\nThe club refunds a ticket within 14 days.")
    (tmp_path / "docs" / "deep" / "canteen.txt").write_text("食堂每天十一点开门。")
    (tmp_path / "docs" / "logo.png").write_bytes(b"\x89PNG")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments), HashingEmbeddings())
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_a_folder_is_ingested_into_a_new_guild_and_searched_by_its_name(run: Run) -> None:
    code, out, err = run("ingest", "docs", "--guild", "Chess club")
    assert code == 0
    assert [line.split(" (")[0] for line in out.splitlines()] == ["new: canteen.txt", "new: fees.md"]
    assert "Chess club" in err and "file 1 of 2" in err
    assert "2 files in" in err and ": 2 new, 0 changed, 0 unchanged, 0 failed; 2 chunks embedded, 0 reused" in err
    assert run("ingest", "docs", "--guild", "chess club")[1].count("unchanged") == 2
    code, out, _ = run("search", "When are tickets refunded?", "--guild", "Chess club")
    assert code == 0
    assert out.startswith("1. fees.md · Fees · line 2\n")


def test_json_holds_all_that_a_search_knows(run: Run) -> None:
    run("ingest", "docs/fees.md", "--guild", "Chess club")
    code, out, _ = run("search", "refund", "--guild", "Chess club", "--json")
    best = json.loads(out)["evidence"][0]
    assert code == 0
    assert best["chunk"]["place"] == {"page": None, "heading": "Fees", "line": 2, "anchor": "fees"}
    assert best["source"]["name"] == "fees.md"
    assert best["keyword_rank"] == best["dense_rank"] == 1
    code, out, _ = run("ingest", "docs/fees.md", "--guild", "Chess club", "--json")
    assert [report["outcome"] for report in json.loads(out)] == ["unchanged"]


def test_a_document_is_listed_and_removed(run: Run) -> None:
    run("ingest", "docs", "--guild", "Chess club")
    assert [source["name"] for source in json.loads(run("list", "--guild", "Chess club", "--json")[1])] == [
        "canteen.txt",
        "fees.md",
    ]
    assert run("remove", "fees.md", "--guild", "Chess club")[0] == 0
    assert "fees.md" not in run("list", "--guild", "Chess club")[1]
    code, _, err = run("remove", "fees.md", "--guild", "Chess club")
    assert (code, err) == (1, "there is no document 'fees.md': list the documents to see their names\n")


def test_a_guild_without_documents_is_said_to_have_none(run: Run) -> None:
    run("ingest", "docs/fees.md", "--guild", "Chess club")
    run("remove", "fees.md", "--guild", "Chess club")
    code, out, err = run("list", "--guild", "Chess club")
    assert (code, out) == (0, "")
    assert "this guild has no documents" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("refund", "--limit", "-3"), "choose a number from 1 to 50"),
        (("refund", "--limit", "many"), "choose a number from 1 to 50"),
        ((" ",), "write what to search for"),
    ],
)
def test_a_search_that_can_find_nothing_is_refused(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run("search", *arguments, "--guild", "Chess club")
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("model", ["embedded", "openai:text-embedding-3-small"])
def test_listing_and_removing_neither_fetch_a_model_nor_call_a_provider(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    run("ingest", "docs", "--guild", "Chess club")
    (tmp_path / "models").write_text("A file, where nothing can be kept.")
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("EMBEDDING_MODEL", model)
    monkeypatch.setenv("EMBEDDING_BASE_URL", "http://127.0.0.1:9")
    assert main(["search", "refund", "--guild", "Chess club"]) == 1
    assert capsys.readouterr().err.startswith(("Models can't be stored in", "the embedding model openai:"))
    assert main(["list", "--guild", "Chess club"]) == 0
    assert "fees.md" in capsys.readouterr().out
    assert main(["remove", "fees.md", "--guild", "Chess club"]) == 0
    assert "fees.md" in capsys.readouterr().out


def test_listing_imports_no_model_library(tmp_path: Path) -> None:
    program = (
        "import sys; from knowledge.__main__ import main; main(['list', '--guild', 'x']); "
        "sys.exit(', '.join({'torch', 'transformers', 'sentence_transformers', 'openai'} & set(sys.modules)) or 0)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines() == ["there is no guild 'x'; known: none yet"]


def test_a_bad_file_fails_alone_and_the_exit_code_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-nonsense")
    code, out, _ = run("ingest", "docs", "broken.pdf", "nowhere.md", "--guild", "Chess club")
    assert code == 1
    assert out.count("new: ") == 2
    assert "failed: broken.pdf: the file doesn't match its extension or is damaged" in out
    assert "failed: nowhere.md: no such file" in out


def test_a_guild_that_does_not_exist_is_named(run: Run) -> None:
    code, _, err = run("search", "x", "--guild", "Tennis club")
    assert (code, err) == (1, "there is no guild 'Tennis club'; known: none yet\n")


def test_an_empty_folder_is_reported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, _, err = run("ingest", "empty", "--guild", "Chess club")
    assert code == 1
    assert "found no readable files there" in err


def test_a_wrong_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_DOCUMENT_MB", "many")
    code, _, err = run("list", "--guild", "Chess club")
    assert code == 1
    assert err.startswith("setting MAX_DOCUMENT_MB: ")


def test_reindex_says_how_much_it_embedded(run: Run) -> None:
    run("ingest", "docs", "--guild", "Chess club")
    assert run("reindex", "--guild", "Chess club")[1] == "0 chunks embedded\n"


def test_a_link_is_given_to_a_single_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Seven days.")
    (tmp_path / "b.md").write_text("Two pounds.")
    link = ("--guild", "Chess club", "--link", "https://club.example/a")
    code, told, _ = run("ingest", str(tmp_path / "a.md"), str(tmp_path / "b.md"), *link)
    assert (code, told.count("a link belongs to a single document")) == (1, 2)
    assert run("ingest", str(tmp_path / "a.md"), *link)[0] == 0
    assert "https://club.example/a" in run("list", "--guild", "Chess club")[1]


def test_questions_with_answers_are_imported_and_broken_lines_are_named(run: Run, tmp_path: Path) -> None:
    lines = [json.dumps({"question": f"What is rule {n}?", "answer": f"Rule {n} holds."}) for n in range(100)]
    lines[6] = '{"question": "What is rule 6?", "answer": " \\u200b"}'
    lines[40] = '{"question": "What is rule 40?"'
    lines[90] = json.dumps({"question": "what is RULE 3", "answer": "No rule."})
    (tmp_path / "rules.jsonl").write_text("\n".join(lines))
    code, out, err = run("faq", "rules.jsonl", "--guild", "Chess club")
    assert code == 1
    assert out.count("new: What is rule") == 97
    assert "rules.jsonl, line 7: the answer is empty" in err
    assert "rules.jsonl, line 41: not a JSON object on one line" in err
    assert "rules.jsonl, line 91: asks the same as line 4: merge them" in err
    assert "97 answers added, 3 lines skipped" in err
    _, out, _ = run("search", "What is rule 42?", "--guild", "Chess club", "--json")
    [same] = [pair for pair in json.loads(out)["pairs"] if pair["is_same"]]
    assert same["evidence"]["chunk"]["text"] == "Rule 42 holds."


def test_importing_a_table_of_answers_again_changes_nothing(run: Run, tmp_path: Path) -> None:
    table = (
        'Answer,Question\n"Ten days,\nnever the lathe.",How long can I borrow a tool?\nx,y,z\n十一点。,食堂几点开门？\n'
    )
    (tmp_path / "faq.csv").write_bytes(table.encode("gb18030"))
    code, out, err = run("faq", "faq.csv", "--guild", "Chess club")
    assert (code, out) == (1, "new: How long can I borrow a tool?\nnew: 食堂几点开门？\n")
    assert "faq.csv, line 4: has 3 cells instead of 2" in err
    assert run("faq", "faq.csv", "--guild", "Chess club")[1].count("unchanged") == 2
    assert "how long can i borrow a tool.qa" in run("list", "--guild", "Chess club")[1]
    assert run("remove", "食堂几点开门.qa", "--guild", "Chess club")[0] == 0


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("faq.csv", b"", "faq.csv: the file is empty"),
        ("faq.csv", b"a,b\n1,2\n", "there are no columns `question` and `answer`"),
        ("faq.csv", b'question,answer\n"open,x\n', "its quotation marks don't match"),
        ("faq.jsonl", b"\x7fELF\x02\0\0", "this is not a text file"),
        ("faq.jsonl", b"[" * 100_000, "not a JSON object"),
        ("faq.jsonl", b'{"question": 3, "answer": []}', "has no text in"),
    ],
)
def test_a_file_without_answers_says_what_is_wrong(
    run: Run, tmp_path: Path, name: str, data: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(data)
    code, out, err = run("faq", name, "--guild", "Chess club")
    assert (code, out) == (1, "")
    assert sentence in err


def test_an_unknown_guild_is_reported_before_a_reranker_is_loaded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RERANKER", "hf:no-such-folder")
    code, _, err = run("search", "When are tickets refunded?", "--guild", "Chess club")
    assert code == 1
    assert "there is no guild 'Chess club'" in err


def _add_for_a_channel(settings: KnowledgeSettings, guild: str, name: str) -> None:
    async def add() -> None:
        library = await Library.open(settings, HashingEmbeddings())
        await library.ingest_bytes(
            b"For the crew.",
            name=name,
            guild_id=await library.resolve_guild(guild),
            audience=Audience("42"),
            ingested_by="7",
        )
        await library.close()

    asyncio.run(add())


def test_a_name_that_a_channels_document_has_is_told_and_replaced_or_kept_as_asked(
    run: Run, settings: KnowledgeSettings
) -> None:
    run("ingest", "docs/deep", "--guild", "Chess club")
    _add_for_a_channel(settings, "Chess club", "fees.md")
    told = "and answers use both: run this again with --replace to remove that one, or with --add to keep both"
    code, _, err = run("ingest", "docs", "--guild", "Chess club")
    assert code == 0
    assert "there is another fees.md for the readers of channel:42" in err and told in err
    assert "another" not in run("ingest", "docs", "--guild", "Chess club", "--add")[2]
    assert run("list", "--guild", "Chess club")[1].count("fees.md") == 2
    assert (
        "replaced: fees.md for the readers of channel:42"
        in run("ingest", "docs", "--guild", "Chess club", "--replace")[2]
    )
    assert run("list", "--guild", "Chess club")[1].count("fees.md") == 1
    assert "another" not in run("ingest", "docs", "--guild", "Chess club")[2]


def test_several_documents_are_removed_at_once_or_none(run: Run) -> None:
    run("ingest", "docs", "--guild", "Chess club")
    code, _, err = run("remove", "fees.md", "nothing.md", "--guild", "Chess club")
    assert code == 1 and "'nothing.md'" in err
    assert run("list", "--guild", "Chess club")[1].count("id ") == 2
    code, out, _ = run("remove", "fees.md", "canteen.txt", "fees.md", "--guild", "Chess club")
    assert code == 0 and out.count("id ") == 2
    assert run("list", "--guild", "Chess club")[1] == ""
