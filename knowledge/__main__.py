"""The command `python -m knowledge`: ingest, search, list, remove and reindex a guild's documents as its owner.

Edit it for commands and their arguments. `faq` imports questions with their answers. Results go to stdout, progress and
errors to stderr. Exit codes: 0 done, 1 something failed, 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from knowledge.errors import IndexUnavailable, KnowledgeError, UnknownGuild
from knowledge.faq.import_file import read_qa_pairs
from knowledge.library import Library, read_file
from knowledge.models.factory import LazyEmbeddings, LazyReranker, build_embeddings
from knowledge.models.reranker import CrossEncoderReranker
from knowledge.parsing.archive import ARCHIVE
from knowledge.parsing.formats import MEDIA_BY_SUFFIX, READABLE
from knowledge.ports import Reranker, TextEmbeddings
from knowledge.settings import KnowledgeSettings
from knowledge.terminal import (
    LINE,
    pair_line,
    print_closing,
    print_namesake,
    print_notice,
    print_report,
    print_retrieval,
    print_sources,
    show_batch,
    show_ingest,
)
from knowledge.types import EVERY_MEMBER, OWNER, BatchReport, IngestOutcome, IngestReport, QAPairReport
from storage.private_folder import make_private
from text.plurals import counted
from weights.errors import WeightsError
from weights.settings import WeightsSettings
from weights.store import Weights
from weights.terminal import exit_with

_MOST_PASSAGES = 50


def main(argv: list[str] | None = None, embeddings: TextEmbeddings | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        settings = KnowledgeSettings()
        make_private(settings.data_dir)
        return asyncio.run(_run(arguments, settings, embeddings or _lazy_embeddings(settings)))
    except ValidationError as error:
        first = error.errors()[0]
        print_notice(f"setting {str(first['loc'][0]).upper()}: {first['msg']}")
    except (KnowledgeError, WeightsError) as error:
        print_notice(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        print_notice(f"{error.filename or 'a file'}: {error.strerror or error}")
    except KeyboardInterrupt:
        print_notice("stopped; everything finished so far is kept")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m knowledge", description="Manage a guild's documents.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--guild", required=True, help="the guild's name or id")
    common.add_argument("--json", action="store_true", help="print JSON")
    commands = parser.add_subparsers(dest="command", required=True)
    ingesting = commands.add_parser("ingest", parents=[common], help="make files searchable")
    ingesting.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help=f"a file ({READABLE}), a zip or a folder"
    )
    ingesting.add_argument(
        "--link", help="where people can read it on the web (single file only); citations link there"
    )
    namesakes = ingesting.add_mutually_exclusive_group()
    namesakes.add_argument(
        "--replace", action="store_true", help="remove documents of the same name that are for one channel"
    )
    namesakes.add_argument("--add", action="store_true", help="keep them: answers use both")
    importing = commands.add_parser("faq", parents=[common], help="add questions with their answers")
    importing.add_argument(
        "path", type=Path, metavar="PATH", help="a CSV or JSONL file with the fields question and answer"
    )
    searching = commands.add_parser("search", parents=[common], help="find passages")
    searching.add_argument("query", type=_query)
    searching.add_argument("--limit", type=_limit, default=8, help=f"how many passages, 1 to {_MOST_PASSAGES}")
    commands.add_parser("list", parents=[common], help="list the documents")
    removing = commands.add_parser("remove", parents=[common], help="delete documents at once and for good")
    removing.add_argument("names", nargs="+", metavar="NAME", help="a document's name or id")
    commands.add_parser("reindex", parents=[common], help="embed everything that has no vectors of the current model")
    return parser


def _query(words: str) -> str:
    if not words.strip():
        raise argparse.ArgumentTypeError("write what to search for")
    return words


def _limit(number: str) -> int:
    if not number.isdecimal() or not 1 <= int(number) <= _MOST_PASSAGES:
        raise argparse.ArgumentTypeError(f"choose a number from 1 to {_MOST_PASSAGES}, not {number}")
    return int(number)


def _lazy_embeddings(settings: KnowledgeSettings) -> TextEmbeddings:
    def build() -> TextEmbeddings:
        return build_embeddings(settings, Weights(WeightsSettings().model_dir), LINE.show_fetch)

    return LazyEmbeddings(build)


def _lazy_reranker(settings: KnowledgeSettings) -> Reranker | None:
    name = settings.reranker
    if name is None:
        return None

    def build() -> Reranker:
        return CrossEncoderReranker(Weights(WeightsSettings().model_dir).ensure(name, LINE.show_fetch), name)

    return LazyReranker(name, build)


async def _run(arguments: argparse.Namespace, settings: KnowledgeSettings, embeddings: TextEmbeddings) -> int:
    library = await Library.open(settings, embeddings, _lazy_reranker(settings))
    try:
        match arguments.command:
            case "ingest":
                return await _ingest(library, arguments)
            case "faq":
                return await _import_faq(library, arguments.guild, arguments.path, arguments.json)
            case "search":
                return await _search(library, arguments.guild, arguments.query, arguments.limit, arguments.json)
            case "list":
                guild_id = await library.resolve_guild(arguments.guild)
                print_sources(await library.sources(guild_id, OWNER), as_json=arguments.json)
            case "remove":
                guild_id = await library.resolve_guild(arguments.guild)
                await _remove(library, guild_id, arguments.names, arguments.json)
                await _erase_vectors(library)
            case _:
                guild_id = await library.resolve_guild(arguments.guild)
                count = await library.reindex(guild_id, show_ingest)
                print(f'{{"embedded": {count}}}' if arguments.json else f"{counted(count, 'chunk')} embedded")
        return 0
    finally:
        await library.close()


async def _ingest(library: Library, arguments: argparse.Namespace) -> int:
    files = [library.file_at(path) for path in _expand_folders(arguments.paths)]
    as_json: bool = arguments.json
    if not files:
        print_notice(f"found no readable files there; supported: {READABLE}")
        return 1
    guild_id = await _guild_to_ingest_into(library, arguments.guild)
    report = await library.ingest_all(
        files,
        guild_id=guild_id,
        audience=EVERY_MEMBER,
        ingested_by="terminal",
        link=arguments.link,
        on_progress=show_batch,
        on_report=None if as_json else print_report,
    )
    if as_json:
        print(TypeAdapter(list[IngestReport]).dump_json(list(report.reports), indent=2).decode())
    print_closing(report)
    if not arguments.add:
        await _settle_namesakes(library, guild_id, report, replaces=arguments.replace)
    return 1 if report.of(IngestOutcome.FAILED) else 0


async def _settle_namesakes(library: Library, guild_id: str, report: BatchReport, *, replaces: bool) -> None:
    """Remove the documents of the same names that are for one channel, or say that answers use both."""
    added = {each.source.name for each in report.reports if each.source is not None}
    for source in await library.sources(guild_id, OWNER):
        if source.name not in added or source.audience == EVERY_MEMBER:
            continue
        if replaces:
            await library.remove(guild_id, source.id, OWNER)
        print_namesake(source, is_replaced=replaces)


async def _remove(library: Library, guild_id: str, names: list[str], as_json: bool) -> None:
    """Remove documents one after the other; a name that is not there ends it before any is removed."""
    sources = await library.find_sources(guild_id, names, OWNER)
    for source in sources:
        await library.remove(guild_id, source.id, OWNER)
    print_sources(sources, as_json=as_json)


async def _import_faq(library: Library, guild: str, path: Path, as_json: bool) -> int:
    """Import the pairs of a file; a faulty line is reported, and the others are still imported."""
    read = read_qa_pairs(await asyncio.to_thread(read_file, path, library.max_bytes), path.name)
    guild_id = await _guild_to_ingest_into(library, guild)
    reports: list[QAPairReport] = []
    for lined in read.pairs:
        report = await library.write_pair(lined.pair, guild_id=guild_id, audience=EVERY_MEMBER, written_by="terminal")
        reports.append(report)
        if not as_json:
            print(pair_line(report))
    for problem in read.problems:
        print_notice(f"{path.name}, line {problem.line}: {problem.sentence}")
    if as_json:
        print(TypeAdapter(list[QAPairReport]).dump_json(reports, indent=2).decode())
    print_notice(f"{counted(len(reports), 'answer')} added, {counted(len(read.problems), 'line')} skipped")
    return 0 if reports and not read.problems else 1


async def _erase_vectors(library: Library) -> None:
    """Erase what a removal left in Chroma's files. If that fails, the document is removed all the same."""
    print_notice("erasing from Chroma's files the numbers that were computed from it; large guilds take minutes")
    try:
        is_done = await library.erase_vectors()
    except IndexUnavailable as error:
        print_notice(str(error))
        is_done = False
    if not is_done:
        print_notice("they are still there: the bot erases them while it runs, or the next removal here does")


async def _guild_to_ingest_into(library: Library, guild: str) -> str:
    """Return the id of the guild with this name; if there is none, create one that only the terminal knows."""
    try:
        found = await library.resolve_guild(guild)
    except UnknownGuild:
        print_notice(f"creating the guild {guild!r}")
    else:
        if found.isdigit() and found != guild:
            # Anybody can give a server this name: whoever means another guild must see it.
            print_notice(f"{guild!r} is the server {found} on Discord")
        return found
    # `finetune/registry.py` makes the same id, as the packages don't know each other. Digits are a Discord id.
    guild_id = guild if guild.isdigit() else f"terminal-{hashlib.sha256(guild.casefold().encode()).hexdigest()[:12]}"
    await library.register_guild(guild_id, guild)
    return guild_id


async def _search(library: Library, guild: str, query: str, limit: int, as_json: bool) -> int:
    print_retrieval(await library.search(query, await library.resolve_guild(guild), OWNER, limit), as_json=as_json)
    return 0


def _expand_folders(paths: list[Path]) -> list[Path]:
    """Return the named files, and for a named folder all its readable files."""
    files: list[Path] = []
    known = {*MEDIA_BY_SUFFIX, ARCHIVE}
    for path in paths:
        if path.is_dir():
            files.extend(p for p in sorted(path.rglob("*")) if p.is_file() and p.suffix.lower() in known)
        else:
            files.append(path)
    return files


if __name__ == "__main__":
    exit_with(main)
