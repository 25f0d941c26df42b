"""From a row's fields to an example or to a label's description, or to why it is neither.

Edit this file to support another form of examples.
"""

from __future__ import annotations

import re

from finetune.data.rows import BadLine, Fields
from finetune.types import Example, LabelHelp

MAX_QUESTION_CHARACTERS = 8_000
MAX_TURN_CHARACTERS = 32_000
"""The length of any turn and of an answer; no base reads more."""
MAX_TURNS = 200
MAX_LABEL_CHARACTERS = 80

Form = tuple[str, ...]
"""The fields that an example has."""

PROMPT_FORM: Form = ("prompt", "completion")
MESSAGES_FORM: Form = ("messages",)
LABEL_FORM: Form = ("question", "label")
FORMS = (PROMPT_FORM, MESSAGES_FORM, LABEL_FORM)

_ROLES = frozenset({"system", "user", "assistant"})
# Lone halves of UTF-16 pairs, which JSON can escape, can be stored in no database and read by no tokenizer.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

_Turn = tuple[str, str]


def form_of(fields: Fields) -> Form | None:
    """Return the form all of whose fields are there."""
    return next((form for form in FORMS if fields.keys() >= set(form)), None)


def is_help(fields: Fields) -> bool:
    """Return whether a row of a label task describes a label; in CSV every row has every field."""
    return "label" in fields and not _is_blank(fields.get("sentence")) and _is_blank(fields.get("question"))


def example_of(line: int, fields: Fields, form: Form) -> Example:
    """Return the example of one row. Raises BadLine."""
    if missing := [field for field in form if field not in fields]:
        if other := form_of(fields):
            raise BadLine("other_form", fields=", ".join(other))
        raise BadLine("missing_field", field=missing[0])
    if form == MESSAGES_FORM:
        turns, completion = _conversation(fields["messages"])
    else:
        prompt_field, answer_field = form
        turns = (("user", _checked_text(fields[prompt_field], prompt_field)),)
        answer = fields[answer_field]
        completion = _checked_label(answer) if form == LABEL_FORM else _checked_text(answer, answer_field)
    characters = len(turns[-1][1])
    if characters > MAX_QUESTION_CHARACTERS:
        raise BadLine("question_too_long", characters=characters, limit=MAX_QUESTION_CHARACTERS)
    return Example(turns, completion, line)


def help_of(fields: Fields) -> LabelHelp:
    """Return the description of a label. Raises BadLine."""
    channel = fields.get("channel")
    return LabelHelp(
        label=_checked_label(fields["label"]),
        sentence=_checked_text(fields["sentence"], "sentence"),
        channel=None if _is_blank(channel) else _checked_text(channel, "channel"),
    )


def _conversation(messages: object) -> tuple[tuple[_Turn, ...], str]:
    """Return the turns before the completion, and the completion."""
    if not isinstance(messages, list):
        raise BadLine("not_messages")
    if len(messages) > MAX_TURNS:
        raise BadLine("too_many_turns", turns=len(messages), limit=MAX_TURNS)
    if any(_calls_a_tool(message) for message in messages):
        raise BadLine("tool_calls")
    turns = tuple(_role_and_text(message, f"messages[{place}].content") for place, message in enumerate(messages))
    roles = [role for role, _ in turns]
    if roles[-2:] != ["user", "assistant"] or "system" in roles[1:] or not _ROLES.issuperset(roles):
        raise BadLine("wrong_roles")
    return turns[:-1], turns[-1][1]


def _calls_a_tool(message: object) -> bool:
    """Return whether a message calls a tool, or holds its result, in OpenAI's format."""
    if not isinstance(message, dict):
        return False
    return message.get("role") in ("tool", "function") or bool(
        message.get("tool_calls") or message.get("function_call")
    )


def _role_and_text(message: object, field: str) -> _Turn:
    if not isinstance(message, dict) or "content" not in message or not isinstance(message.get("role"), str):
        raise BadLine("not_messages")
    return message["role"], _checked_text(message["content"], field)


def _checked_label(value: object) -> str:
    label = _checked_text(value, "label")
    if len(label.splitlines()) > 1:
        raise BadLine("label_line_break")
    if len(label) > MAX_LABEL_CHARACTERS:
        raise BadLine("label_too_long", characters=len(label), limit=MAX_LABEL_CHARACTERS)
    return label


def _checked_text(value: object, field: str) -> str:
    if _is_blank(value):
        raise BadLine("empty_field", field=field)
    if not isinstance(value, str):
        raise BadLine("not_text", field=field)
    if len(value) > MAX_TURN_CHARACTERS:
        raise BadLine("text_too_long", field=field, characters=len(value), limit=MAX_TURN_CHARACTERS)
    if found := _CONTROL.search(value):
        raise BadLine("control_character", field=field, character=f"U+{ord(found[0]):04X}")
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
