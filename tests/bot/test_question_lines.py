"""Lines of `ask --questions`: plain text or JSON, what is wrong with one, and how they are read while they arrive."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.errors import QuestionsUnreadable
from bot.question_lines import QuestionLine, open_questions, parse_line, read_lines
from chains.types import Route, Turn


def test_plain_text_is_the_question() -> None:
    assert parse_line(1, b"How long can I borrow a tool?\r") == QuestionLine(1, "How long can I borrow a tool?")
    assert parse_line(2, "\ufeff工具可以借多久？".encode()) == QuestionLine(2, "工具可以借多久？")
    assert parse_line(3, b" \t\r") is None


def test_json_says_the_route_and_what_was_asked_before() -> None:
    line = {"question": "And in winter?", "route": "retrieval", "history": [{"question": "How much?", "answer": "£2."}]}
    assert parse_line(4, json.dumps(line).encode()) == QuestionLine(
        4, "And in winter?", (Turn("How much?", "£2."),), Route.RETRIEVAL
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'{"question": "How', "isn't a question in JSON"),
        (b'{"text": "How long?"}', "question: Field required"),
        (b'{"question": "How long?", "histroy": []}', "histroy: Extra inputs"),
        (b'{"question": "How long?", "route": "documents"}', "route: Input should be 'retrieval'"),
        (b'{"question": "How long?", "history": [{"question": "x"}]}', "history.0.answer: Field required"),
        (b"How l\xf6ng?", "isn't valid UTF-8"),
        (b"x" * 1_000_001, "longer than 1,000,000 bytes"),
    ],
)
def test_a_broken_line_says_what_is_wrong_with_it(data: bytes, problem: str) -> None:
    line = parse_line(7, data)
    assert line is not None and line.problem is not None
    assert (line.number, line.question) == (7, "")
    assert problem in line.problem


def _lines(path: Path) -> AsyncGenerator[QuestionLine, None]:
    return read_lines(open_questions(str(path)), str(path))


async def test_a_file_is_read_to_its_last_line_even_without_a_line_break(tmp_path: Path) -> None:
    path = tmp_path / "questions.txt"
    path.write_text("One?\n\nTwo?\nThree?", "utf-8")
    assert [(line.number, line.question) async for line in _lines(path)] == [
        (1, "One?"),
        (3, "Two?"),
        (4, "Three?"),
    ]


async def test_many_lines_arrive_in_order_and_a_huge_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "questions.txt"
    path.write_text("".join(f"Question {number}?\n" for number in range(30_000)) + "x" * 3_000_000 + "\nLast?", "utf-8")
    lines = [line async for line in _lines(path)]
    assert [line.question for line in lines[:30_000]] == [f"Question {number}?" for number in range(30_000)]
    assert lines[-2].problem is not None
    assert lines[-1].question == "Last?"


async def test_a_question_is_yielded_before_the_next_one_is_written(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writing = os.open(path, os.O_RDWR)
    try:
        lines = _lines(path)
        for question in ("One?", "Two?"):
            os.write(writing, f"{question}\n".encode())
            assert (await anext(lines)).question == question
        await lines.aclose()
    finally:
        os.close(writing)


def test_a_file_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(QuestionsUnreadable, match=r"none\.txt can't be read: No such file"):
        open_questions(str(tmp_path / "none.txt"))


async def test_a_folder_is_no_file_of_questions(tmp_path: Path) -> None:
    with pytest.raises(QuestionsUnreadable, match="directory"):
        [line async for line in _lines(tmp_path)]
