import re
from pathlib import Path

import pytest

from bot import errors
from bot.cogs.ask import Ask
from bot.cogs.faq import CORRECT, Faq
from bot.cogs.finetune import Finetune
from bot.cogs.help import Help
from bot.cogs.knowledge import MENU, Knowledge
from bot.locales import load_texts
from bot.startup.loader import _REASONS
from chains import errors as chains_errors
from chains.providers import Failure
from chains.types import Language, Route
from finetune import errors as finetune_errors
from knowledge.errors import QAPairProblem, Reason
from knowledge.types import LeftOutKind
from knowledge.viewing.passages import _MESSAGES

TEXTS = load_texts()


def test_both_languages_have_the_same_sentences_with_the_same_fields() -> None:
    assert TEXTS.keys(Language.EN) == TEXTS.keys(Language.ZH)
    for key in TEXTS.keys(Language.EN):
        assert TEXTS.fields(Language.EN, key) == TEXTS.fields(Language.ZH, key), key


@pytest.mark.parametrize("room", [errors, chains_errors, finetune_errors])
def test_every_error_that_a_member_can_meet_has_its_sentence(room: object) -> None:
    shown_in_terminal = {
        "chains",
        "guidance_invalid",
        "not_calibrated",
        "provider_unusable",
        "skill_unknown",
        "tools_unknown",
    }
    kinds = [kind for kind in vars(room).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    codes = {kind.code for kind in kinds if hasattr(kind, "code")}
    missing = {code for code in codes - shown_in_terminal if not TEXTS.has(f"errors.{code}")}
    assert not missing


def test_every_reason_route_and_load_failure_is_worded() -> None:
    keys = [f"documents.{reason}" for reason in Reason] + [f"routes.{route}" for route in Route]
    keys += [f"load_failed.{code}" for _, code in _REASONS]
    keys += [f"errors.{failure}" for failure in Failure]
    keys += [f"passages.picture_{reason}" for reason in _MESSAGES]
    keys += [f"errors.pair_{problem}" for problem in QAPairProblem]
    keys += [f"left_out.{kind}" for kind in LeftOutKind]
    assert [key for key in keys if not TEXTS.has(key)] == []


def test_every_description_of_a_command_has_a_translation() -> None:
    english = {TEXTS(Language.EN, key) for key in TEXTS.keys(Language.EN) if key.startswith("commands.")}
    described = {MENU, CORRECT}
    for cog in (Ask, Faq, Finetune, Help, Knowledge):
        for command in cog.__cog_app_commands__:
            described |= set(_descriptions(command))
    assert described == english


def test_no_sentence_stands_in_the_code() -> None:
    """Chinese belongs into the locale; its absence elsewhere shows that the sentences went there."""
    code = [path.read_text("utf-8") for path in Path(errors.__file__).parent.rglob("*.py")]
    assert not any(re.search("[\u4e00-\u9fff]", text) for text in code)


def _descriptions(command: object) -> list[str]:
    found = [command.description]
    for child in getattr(command, "commands", []):
        found += _descriptions(child)
    for parameter in getattr(command, "parameters", []):
        found.append(str(parameter.description))
        found += [choice.name for choice in parameter.choices]
    return found
