"""`python -m bot`: run on Discord, or in the browser with `--local`; `ask` and `explain` in the terminal.

Answers go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 something failed, 2 wrong arguments,
130 interrupted. Edit this file to add a command or an option.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress

import discord
from pydantic import SecretStr

from bot import terminal
from bot.errors import BotError, DiscordUnreachable, IntentMissing, LocalUnavailable, TokenMissing, TokenRefused
from bot.ports import AssistantPort, DocumentsPort, TunerPort
from bot.readiness import LazyService
from bot.settings import Settings, load_settings
from bot.startup.app import App, assemble
from bot.startup.instance_lock import instance_lock, keep_private
from bot.startup.loader import Loader
from bot.tasks import Tasks
from bot.transport_errors import TRANSPORT_ERRORS, is_transient
from chains.errors import ChainsError
from chains.types import Route
from finetune.errors import FinetuneError
from knowledge.errors import KnowledgeError
from weights.errors import WeightsError
from weights.terminal import exit_with

_LAST_PORT = 65535
_INTERRUPTED = 130
"""The exit code that a shell reports for a process that SIGINT ended."""

_ASK = """Answer one question, or with --questions many, one after the other with one load of the models.

A line of the file is a question, or a JSON object with "question" and, if wanted, "route" and "history": a list of
{"question": …, "answer": …}, oldest first. Each answer is printed when it is ready. A line that can't be answered is
reported in its place, with --json as {"line": …, "error": …}, and the exit code is then 1."""

_EXPECTED_ERRORS = (BotError, ChainsError, FinetuneError, KnowledgeError, WeightsError)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        settings = load_settings()
        logging.basicConfig(level=settings.bot.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        _configure_logging()
        keep_private(settings.bot.data_dir)
        output = asyncio.run(_run_until_stopped(_command(arguments, settings)))
    except _EXPECTED_ERRORS as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        if arguments.command is None:  # A bot runs until it is stopped; a command was interrupted.
            return 0
        print("Interrupted.", file=sys.stderr)
        return _INTERRUPTED
    if isinstance(output, int):
        return output
    if output is not None:
        print(output)
    return 0


def _configure_logging() -> None:
    """Hide log lines that are noise here: each request to the index or a provider, and missing voice support."""
    for client in ("httpx", "httpx2"):
        logging.getLogger(client).setLevel(logging.WARNING)
    logging.getLogger("discord.client").addFilter(lambda record: "voice" not in record.getMessage())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Routewise, on Discord or in the browser.")
    parser.add_argument(
        "--local", action="store_true", help="run with a Discord in the browser: no account, token or key needed"
    )
    parser.add_argument("--port", type=_port, help="the port of the page in the browser")
    parser.add_argument("--channel", default="ask-the-crew", help="the channel that the page shows")
    commands = parser.add_subparsers(dest="command")
    ask = commands.add_parser(
        "ask",
        help="answer one question, or many, as the server's owner",
        description=_ASK,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    asked = ask.add_mutually_exclusive_group(required=True)
    asked.add_argument("question", nargs="?", help="one question")
    asked.add_argument("--questions", metavar="FILE", help="a file with a question on each line; `-` reads stdin")
    ask.add_argument("--guild", required=True, help="the server's name or id")
    ask.add_argument(
        "--route",
        choices=[str(route) for route in Route],
        help="answer by this route instead of the one the bot decides on",
    )
    ask.add_argument(
        "--json",
        action="store_true",
        help="print the route, the answer and the reason, with the full decision, as JSON; of many, one line each",
    )
    evaluate = commands.add_parser("evaluate", help="try retrieval and a tuned model on the same held-out questions")
    evaluate.add_argument("--guild", required=True, help="the server's name or id")
    evaluate.add_argument("--skill", help="the skill to compare; by default the first with a champion")
    evaluate.add_argument(
        "--limit", type=int, default=20, help="the most questions to try; each is answered three times"
    )
    evaluate.add_argument("--json", action="store_true", help="print every trial as JSON")
    explain = commands.add_parser("explain", help="explain a decision")
    explain.add_argument("id", help="the decision's id")
    explain.add_argument("--language", choices=["en", "zh"], default="en")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r}: a port is a number from 1 to {_LAST_PORT}")
    return int(text)


def _command(arguments: argparse.Namespace, settings: Settings) -> Coroutine[object, object, str | int | None]:
    if arguments.command == "ask" and arguments.questions is not None:
        return terminal.ask_many(
            settings, arguments.questions, arguments.guild, arguments.route, as_json=arguments.json
        )
    if arguments.command == "ask":
        return terminal.ask(settings, arguments.question, arguments.guild, arguments.route, as_json=arguments.json)
    if arguments.command == "evaluate":
        return terminal.evaluate(settings, arguments.guild, arguments.skill, arguments.limit, as_json=arguments.json)
    if arguments.command == "explain":
        return terminal.explain(settings, arguments.id, arguments.language)
    if arguments.local:
        return _run_local(settings, arguments.port, arguments.channel)
    return _run(settings)


async def _run_local(settings: Settings, port: int | None, channel: str) -> None:
    # The simulator inspects a client without intents, about which discord.py warns.
    logging.getLogger("discord.state").setLevel(logging.ERROR)
    try:
        from bot.local.app import run_local
    except ModuleNotFoundError as error:
        raise LocalUnavailable(
            f'The package {error.name} is missing. Install it with: pip install "routewise[local]"'
        ) from error
    with instance_lock(settings.bot.data_dir):
        await run_local(settings, port, channel)


async def _run(settings: Settings) -> None:
    """Run on Discord until the process is stopped."""
    token = settings.bot.discord_token
    if token is None:
        raise TokenMissing
    tasks, loader = Tasks(), Loader(settings)
    documents: LazyService[DocumentsPort] = LazyService("documents")
    assistant: LazyService[AssistantPort] = LazyService("chat_model")
    record = settings.bot.data_dir / "commands.sha256"
    tuner: LazyService[TunerPort] = LazyService.of("tuner", loader.tuner)
    app = assemble(settings, documents, assistant, tasks, tuner=tuner, registry=loader.registry, sync_record=record)
    try:
        with instance_lock(settings.bot.data_dir):
            await _connect(app, token, lambda: loader.load(documents, assistant))
    finally:
        await loader.close()


async def _connect(app: App, token: SecretStr, load: Callable[[], Coroutine[object, object, None]]) -> None:
    async with app.client:
        try:
            await _log_in(app.client, token)
            app.tasks.start(load(), "loading")
            await app.client.connect()
        except discord.PrivilegedIntentsRequired as error:
            raise IntentMissing from error
        finally:
            await app.close()


async def _log_in(client: discord.Client, token: SecretStr) -> None:
    try:
        await client.login(token.get_secret_value().strip())
    except discord.LoginFailure as error:
        raise TokenRefused from error
    except TRANSPORT_ERRORS as error:
        if not is_transient(error):
            raise
        raise DiscordUnreachable from error


async def _run_until_stopped(work: Coroutine[object, object, str | int | None]) -> str | int | None:
    """Await `work`; SIGINT and SIGTERM cancel it, so that everything closes.

    It returns what is to be printed, or the exit code if it has printed everything itself.
    """
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows has no signal handlers: KeyboardInterrupt stops it there.
            loop.add_signal_handler(name, task.cancel)
    return await task


if __name__ == "__main__":
    exit_with(main)
