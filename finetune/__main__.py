"""`python -m finetune`: train, evaluate, list, promote, roll back and remove a guild's adapters, as its owner.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 something failed, 2 wrong arguments. Edit
this file to add a command; what it prints is `terminal.py`'s to say.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from pydantic import ValidationError

from finetune.bases import Bases
from finetune.errors import FinetuneError
from finetune.registry import Registry
from finetune.serving.generation import Busy
from finetune.settings import FinetuneSettings, tunable
from finetune.terminal import TrainingLine, print_adapters, print_card, print_evaluation, print_notice, print_outcome
from finetune.training.evaluate_adapter import evaluate_adapter
from finetune.training.runner import Runner
from finetune.training.tuner import Tuner
from finetune.types import TrainingRequest
from storage.private_folder import make_private
from weights.errors import WeightsError
from weights.settings import WeightsSettings
from weights.store import Weights
from weights.terminal import exit_with

_EVERY_MEMBER = "guild"


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        settings = FinetuneSettings()
        make_private(settings.data_dir)
        registry = Registry(settings.data_dir)
        guild_id = registry.guild_id(arguments.guild)
        if registry.is_named_on_discord(guild_id, arguments.guild):
            # Anybody can give a server this name: whoever means another guild must see it.
            print_notice(f"{arguments.guild!r} is the server {guild_id} on Discord")
        return _run(arguments, settings, registry, guild_id)
    except ValidationError as error:
        first = error.errors()[0]
        print_notice(f"setting {str(first['loc'][0]).upper()}: {first['msg']}")
    except (FinetuneError, WeightsError) as error:
        print_notice(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        print_notice(f"{error.filename or 'a file'}: {error.strerror or error}")
    except KeyboardInterrupt:
        print_notice("stopped; the champion is unchanged")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m finetune", description="Manage a guild's tuned models.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--guild", required=True, help="the guild's name or id")
    common.add_argument("--json", action="store_true", help="print JSON")
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", parents=[common], help="train, test, and promote if better")
    training.add_argument("file", type=Path, help="a training set: .jsonl or .csv")
    training.add_argument("--skill", help="the skill's name; by default the file's name")
    training.add_argument(
        "--base", type=_base, help="like TUNING_BASE: auto, embedded-small, embedded or hf:<id or folder>"
    )
    training.add_argument("--channel", help="the id of a channel: only those who can read it get its answers")
    evaluating = commands.add_parser("evaluate", parents=[common], help="test an adapter against its base again")
    evaluating.add_argument("adapter", help="its hash, or the start of it")
    evaluating.add_argument("file", type=Path, nargs="?", help="a file of other examples than the held-out ones")
    commands.add_parser("list", parents=[common], help="list the adapters, and which ones are champions")
    promoting = commands.add_parser("promote", parents=[common], help="make an adapter the champion of its skill")
    promoting.add_argument("adapter", help="its hash, or the start of it")
    rolling = commands.add_parser("rollback", parents=[common], help="go back to the previous champion")
    rolling.add_argument("skill")
    removing = commands.add_parser("remove", parents=[common], help="delete an adapter and its files")
    removing.add_argument("adapter", help="its hash, or the start of it")
    return parser


def _base(name: str) -> str:
    try:
        return tunable(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{name}: {error}") from error


def _run(arguments: argparse.Namespace, settings: FinetuneSettings, registry: Registry, guild_id: str) -> int:
    bases = Bases(Weights(WeightsSettings().model_dir))
    match arguments.command:
        case "train":
            return asyncio.run(
                _train(arguments, settings, Tuner(settings.data_dir, bases, registry, Runner(Busy())), guild_id)
            )
        case "evaluate":
            card = registry.card(guild_id, arguments.adapter)
            with TrainingLine() as line:
                evaluation = evaluate_adapter(
                    registry.folder(card.adapter_sha256), card, bases, arguments.file, line.measured
                )
            print_evaluation(card, evaluation, as_json=arguments.json)
        case "list":
            print_adapters(registry.adapters(guild_id), as_json=arguments.json)
        case "promote":
            print_card("is now champion", registry.promote(guild_id, arguments.adapter), as_json=arguments.json)
        case "rollback":
            champion, before = registry.roll_back(guild_id, arguments.skill)
            print_card("is no longer champion", champion, as_json=arguments.json)
            if before is not None:
                print_card("is champion again", before, as_json=arguments.json)
        case "remove":
            print_card("was removed", registry.remove(guild_id, arguments.adapter), as_json=arguments.json)
    return 0


async def _train(arguments: argparse.Namespace, settings: FinetuneSettings, tuner: Tuner, guild_id: str) -> int:
    with TrainingLine() as line:
        dataset = await tuner.examine(arguments.file.read_bytes(), arguments.file.name)
        wanted = TrainingRequest(
            guild_id=guild_id,
            skill=arguments.skill or arguments.file.stem,
            audience_key=_EVERY_MEMBER if arguments.channel is None else f"channel:{arguments.channel}",
            base=arguments.base or settings.tuning_base,
        )
        preview = await tuner.prepare(dataset, wanted, line.show_fetch)
        line.preview(preview)
        try:
            await tuner.run(preview.run_id, line.trained)
            outcome = await tuner.finish(preview.run_id)
        finally:
            await tuner.discard(preview.run_id)
    print_outcome(outcome, as_json=arguments.json)
    return 0


if __name__ == "__main__":
    exit_with(main)
