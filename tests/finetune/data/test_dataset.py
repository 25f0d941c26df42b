"""What becomes of a training file: examples, problems by line, a refusal, and what is held out."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from finetune.data import dataset as limits
from finetune.data.dataset import from_jsonl, load_dataset, split_dataset, to_jsonl
from finetune.errors import (
    PROBLEM_CODES,
    BrokenArrayError,
    DatasetEmptyError,
    DatasetError,
    DatasetNotTextError,
    DatasetTooLargeError,
    MostlyProblemsError,
    OneLabelError,
    TooFewExamplesError,
    TooManyExamplesError,
    TooManyLabelsError,
    UnknownFormError,
    describe,
)
from finetune.types import Dataset, Example, LabelHelp, LineProblem, TaskKind

ROOT = Path(__file__).parents[3]
BANKING77 = ROOT.parent / "shared" / "data" / "banking77"

Row = dict[str, object]


def label_rows(count: int = 24, labels: int = 3) -> list[Row]:
    return [{"question": f"What about matter {n}?", "label": f"kind_{n % labels}"} for n in range(count)]


def prompt_rows(count: int = 24) -> list[Row]:
    return [{"prompt": f"Say {n}", "completion": f"It is {n}."} for n in range(count)]


def chat(*turns: tuple[str, str]) -> Row:
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def chat_rows(count: int = 24) -> list[Row]:
    return [chat(("system", "Be kind."), ("user", f"Say {n}"), ("assistant", f"It is {n}.")) for n in range(count)]


def jsonl(rows: Iterable[object]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def as_csv(rows: Sequence[Row], delimiter: str = ",") -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]), delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def problem_of(row: object, good: Sequence[Row]) -> LineProblem:
    """The one problem of a file in which `row` follows `good`."""
    dataset = load_dataset(jsonl([*good, row]), "set.jsonl")
    assert len(dataset.examples) == len(good)
    (problem,) = dataset.problems
    assert problem.line == len(good) + 1
    assert describe(problem).startswith(f"line {problem.line} ")
    return problem


# Forms and formats


def test_a_prompt_and_its_completion_are_free_text() -> None:
    dataset = load_dataset(jsonl(prompt_rows()), "set.jsonl")
    assert dataset.kind is TaskKind.TEXT
    assert dataset.labels == ()
    assert dataset.examples[1] == Example((("user", "Say 1"),), "It is 1.", 2)


def test_a_conversation_ends_with_its_completion_and_keeps_the_turns_before_it() -> None:
    turns = (("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello!"), ("user", "How are you?"))
    dataset = load_dataset(jsonl([*chat_rows(), chat(*turns, ("assistant", "Fine."))]), "set.jsonl")
    assert dataset.kind is TaskKind.TEXT
    assert dataset.examples[-1] == Example(turns, "Fine.", 25)
    assert dataset.examples[-1].question == "How are you?"


def test_a_question_and_its_label_are_a_label_task() -> None:
    dataset = load_dataset(jsonl(label_rows()), "set.jsonl")
    assert dataset.kind is TaskKind.LABEL
    assert dataset.labels == ("kind_0", "kind_1", "kind_2")


def test_labels_that_look_alike_are_joined_into_the_commonest_and_said_to_be() -> None:
    spellings = ["kind_0", "Kind 0", "kind-0", "kind\u200b_0", "k\u0456nd_0", "kind_1", "kind_2"]
    rows: list[Row] = [
        {"question": f"What about {n}?", "label": spellings[n % 7] if n < 14 else f"kind_{n % 2}"} for n in range(40)
    ]
    rows += [
        {"label": "KIND_0", "sentence": "About nought.", "channel": "zero"},
        {"label": "kind_0", "sentence": "Twice.", "channel": "zero"},
    ]
    found = load_dataset(jsonl(rows), "labels.jsonl")
    assert found.labels == ("kind_0", "kind_1", "kind_2")
    [joined] = found.joined_labels
    assert joined.label == "kind_0"
    assert sorted(joined.spellings) == sorted(spellings[1:5])
    assert [described.label for described in found.label_help] == ["kind_0"]
    assert [(problem.line, problem.code) for problem in found.problems] == [(42, "label_described_twice")]


def test_the_same_question_with_a_label_in_two_spellings_is_a_duplicate() -> None:
    rows = [*label_rows(), {"question": "What about matter 0?", "label": "KIND-0"}]
    [problem] = load_dataset(jsonl(rows), "labels.jsonl").problems
    assert problem.code == "duplicate"


def test_a_label_with_one_example_is_named() -> None:
    rows = [*label_rows(), {"question": "What about the boat?", "label": "kidn_1"}]
    assert load_dataset(jsonl(rows), "labels.jsonl").single_labels == ("kidn_1",)
    assert load_dataset(jsonl(prompt_rows()), "texts.jsonl").single_labels == ()


def test_answers_in_free_text_that_look_alike_stay_as_they_are() -> None:
    rows = [{"prompt": f"Say {n}", "completion": ("Yes", "yes", "Y-es")[n % 3]} for n in range(24)]
    found = load_dataset(jsonl(rows), "texts.jsonl")
    assert {example.completion for example in found.examples} == {"Yes", "yes", "Y-es"}


def test_unknown_fields_and_blank_lines_are_passed_over_and_lines_keep_their_numbers() -> None:
    rows = [row | {"id": n, "lang": "en", "score": None} for n, row in enumerate(label_rows())]
    dataset = load_dataset(b"\n  \r\n" + jsonl(rows).replace(b"\n", b"\r\n\n"), "set.jsonl")
    assert dataset.problems == ()
    assert [example.line for example in dataset.examples[:3]] == [3, 5, 7]


def test_a_separator_of_unicode_within_a_string_ends_no_line() -> None:
    rows = [*prompt_rows(), {"prompt": "a\u2028b", "completion": "c"}]
    assert load_dataset(jsonl(rows), "set.jsonl").examples[-1].question == "a\u2028b"


@pytest.mark.parametrize("name", ["set.json", "set.jsonl", "set.ndjson", "set"])
@pytest.mark.parametrize("indent", [None, 2])
def test_one_array_is_read_like_lines(name: str, indent: int | None) -> None:
    rows = label_rows()
    dataset = load_dataset(json.dumps(rows, indent=indent).encode(), name)
    assert [example.question for example in dataset.examples] == [row["question"] for row in rows]
    assert [example.line for example in dataset.examples[:3]] == ([1, 2, 3] if indent is None else [2, 6, 10])


def test_what_is_no_object_in_an_array_is_a_problem_and_an_empty_array_has_no_examples() -> None:
    dataset = load_dataset(json.dumps([*label_rows(), "stray"]).encode(), "set.json")
    assert [(problem.line, problem.code) for problem in dataset.problems] == [(25, "not_object")]
    with pytest.raises(TooFewExamplesError):
        load_dataset(b" [ ] ", "set.json")


@pytest.mark.parametrize("spoil", [lambda text: text[:-1], lambda text: text + "x", lambda text: text[:-1] + ",]"])
def test_an_array_that_breaks_off_is_refused_with_its_line(spoil: Callable[[str], str]) -> None:
    text = "[\n" + ",\n".join(json.dumps(row) for row in label_rows()) + "\n]"
    with pytest.raises(BrokenArrayError, match="line 26") as refused:
        load_dataset(spoil(text).encode(), "set.json")
    assert refused.value.line == 26


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("rows", [label_rows(), prompt_rows()])
def test_csv_says_the_same_as_jsonl_whatever_its_delimiter(rows: list[Row], delimiter: str) -> None:
    rows = [*rows[:-1], {key: f'{text}, "so"; or\tso\nand so' for key, text in rows[-1].items()}]
    rows[-1] = rows[-1] | ({"label": "kind_0"} if "label" in rows[-1] else {})
    of_csv = load_dataset(as_csv(rows, delimiter).encode("utf-8-sig"), "set.csv")
    of_jsonl = load_dataset(jsonl(rows), "set.jsonl")
    assert of_csv.kind is of_jsonl.kind
    assert [(e.turns, e.completion) for e in of_csv.examples] == [(e.turns, e.completion) for e in of_jsonl.examples]
    assert [e.line for e in of_csv.examples] == list(range(2, 26))


def test_a_csv_header_is_read_as_spreadsheets_write_it_and_empty_records_are_passed_over() -> None:
    text = as_csv(label_rows()).replace("question,label", ' "Question" ,LABEL', 1) + ",,\r\n\r\n"
    dataset = load_dataset(b"\n" + text.encode(), "set.csv")
    assert len(dataset.examples) == 24
    assert dataset.examples[0].line == 3
    assert dataset.problems == ()


def test_a_csv_record_that_spans_lines_is_found_by_its_first() -> None:
    rows = [{"prompt": "two\nlines", "completion": "x"}, *prompt_rows()]
    assert [example.line for example in load_dataset(as_csv(rows).encode(), "set.csv").examples[:3]] == [2, 4, 5]


def test_an_open_quotation_mark_costs_its_own_line_alone() -> None:
    lines = as_csv(label_rows()).splitlines()
    lines[4] = '"What about this?,kind_0'
    dataset = load_dataset("\n".join(lines).encode(), "set.csv")
    assert [(problem.line, problem.code) for problem in dataset.problems] == [(5, "broken_csv")]
    assert len(dataset.examples) == 23
    assert [example.line for example in dataset.examples[2:5]] == [4, 6, 7]


def test_an_open_quotation_mark_that_a_later_one_closes_takes_in_no_examples() -> None:
    lines = as_csv(label_rows()).splitlines()
    lines[4], lines[20] = '"What about this?,kind_0', 'Is it 5 or 6,kind_1"'
    dataset = load_dataset("\n".join(lines).encode(), "set.csv")
    assert [(problem.line, problem.code) for problem in dataset.problems] == [(5, "broken_csv")]
    assert len(dataset.examples) == 23


@pytest.mark.parametrize("above", ["sep=;\n", '"sep=;"\n', "Our questions, sorted\n\n"])
def test_a_declared_delimiter_or_a_title_may_stand_above_the_head(above: str) -> None:
    dataset = load_dataset((above + as_csv(label_rows(), ";")).encode(), "set.csv")
    assert len(dataset.examples) == 24
    assert dataset.examples[0].line == above.count("\n") + 2


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "big5"])
def test_the_encoding_of_a_set_is_told_as_that_of_a_document(encoding: str) -> None:
    words = ("押金怎麼退還呢", "退押金") if encoding == "big5" else ("Die Pumpe läuft nicht", "Störung")
    rows: list[Row] = [{"question": f"{words[0]} {n}?", "label": words[1] if n % 2 else "x"} for n in range(24)]
    dataset = load_dataset(as_csv(rows, ";").encode(encoding), "set.csv")
    assert dataset.examples[3].question == f"{words[0]} 3?"
    assert words[1] in dataset.labels
    assert dataset.has_chinese is (encoding == "big5")


def test_a_delimiter_outside_quotation_marks_is_a_problem_and_not_a_wrong_label() -> None:
    dataset = load_dataset((as_csv(label_rows()) + "Well, what now?,kind_1\r\n").encode(), "set.csv")
    (problem,) = dataset.problems
    assert problem == LineProblem(26, "too_many_cells", (("cells", "3"), ("columns", "2")))


def test_the_content_decides_where_the_ending_says_nothing() -> None:
    assert len(load_dataset(jsonl(label_rows()), "set.txt").examples) == 24
    assert len(load_dataset(as_csv(label_rows()).encode(), "set.txt").examples) == 24
    assert len(load_dataset(jsonl(label_rows()), "set.csv").examples) == 24


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_is_read_in_either_encoding_and_told(encoding: str) -> None:
    rows = [{"question": f"第{n}个押金怎么退？", "label": "退押金" if n % 2 else "工坊"} for n in range(24)]
    dataset = load_dataset(jsonl(rows).decode().encode(encoding), "set.jsonl")
    assert dataset.examples[3].question == "第3个押金怎么退？"
    assert dataset.labels == ("工坊", "退押金")
    assert dataset.has_chinese


def test_english_with_typographic_signs_is_not_chinese() -> None:
    rows: list[Row] = [*prompt_rows(), {"prompt": "“Olé” — ça va？", "completion": "☺ ok"}]
    assert not load_dataset(jsonl(rows), "set.jsonl").has_chinese
    assert load_dataset(jsonl([*rows, {"prompt": "x", "completion": "好"}]), "set.jsonl").has_chinese


def test_the_checksum_is_that_of_the_bytes() -> None:
    data = jsonl(label_rows())
    assert load_dataset(data, "set.jsonl").sha256 == hashlib.sha256(data).hexdigest()


# Line by line


@pytest.mark.parametrize(
    ("row", "code", "figures"),
    [
        ([1], "not_object", {}),
        ({"question": "Q?"}, "missing_field", {"field": "label"}),
        ({"text": "Q?", "label": "kind_0"}, "missing_field", {"field": "question"}),
        ({"prompt": "Q?", "completion": "A."}, "other_form", {"fields": "prompt, completion"}),
        ({"question": " \n", "label": "kind_0"}, "empty_field", {"field": "question"}),
        ({"question": "Q?", "label": None}, "empty_field", {"field": "label"}),
        ({"question": "Q?", "label": 3}, "not_text", {"field": "label"}),
        ({"question": "a\ud800", "label": "kind_0"}, "control_character", {"field": "question", "character": "U+D800"}),
        (
            {"question": "a\u0007b", "label": "kind_0"},
            "control_character",
            {"field": "question", "character": "U+0007"},
        ),
        ({"question": "x" * 8001, "label": "kind_0"}, "question_too_long", {"characters": "8001", "limit": "8000"}),
        ({"question": "Q?", "label": "x" * 81}, "label_too_long", {"characters": "81", "limit": "80"}),
        ({"question": "Q?", "label": "a\nb"}, "label_line_break", {}),
        ({"question": "What about matter 3?", "label": "kind_0"}, "duplicate", {"first": "4"}),
        ({"question": " what ABOUT\tmatter ３? ", "label": "kind_1"}, "contradiction", {"first": "4"}),
        ({"label": "kind_9", "sentence": "Ask us."}, "unknown_label", {"label": "kind_9"}),
        ({"label": "kind_0", "sentence": 3}, "not_text", {"field": "sentence"}),
        ({"label": "kind_0", "sentence": "S", "channel": 3}, "not_text", {"field": "channel"}),
    ],
)
def test_a_line_that_cannot_be_used_is_left_out_and_told(row: object, code: str, figures: dict[str, str]) -> None:
    data = jsonl(label_rows()) + json.dumps(row).encode()
    dataset = load_dataset(data, "set.jsonl")
    assert dataset.problems == (LineProblem(25, code, tuple(figures.items())),)
    assert len(dataset.examples) == 24
    assert dataset.label_help == ()


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A."}] * 101, "too_many_turns"),
        (
            [
                {"role": "system", "content": "a" + "\u0301\u0316" * 20_000},
                {"role": "user", "content": "Q?"},
                {"role": "assistant", "content": "A."},
            ],
            "text_too_long",
        ),
    ],
)
def test_a_conversation_that_no_base_could_read_is_left_out(messages: list[dict[str, str]], code: str) -> None:
    good = [
        {"messages": [{"role": "user", "content": f"Q{n}?"}, {"role": "assistant", "content": f"A{n}."}]}
        for n in range(24)
    ]
    data = jsonl(good) + json.dumps({"messages": messages}, ensure_ascii=False).encode()
    assert [problem.code for problem in load_dataset(data, "set.jsonl").problems] == [code]


@pytest.mark.parametrize("line", ["{", '{"question": "Q?", "label": "k"},', "[" * 100_000, "1" * 5000, "'a'"])
def test_a_line_of_broken_json_is_left_out_and_the_rest_goes_on(line: str) -> None:
    data = jsonl(label_rows(12)) + line.encode() + b"\n" + jsonl(label_rows(24)[12:])
    dataset = load_dataset(data, "set.jsonl")
    assert [(problem.line, problem.code) for problem in dataset.problems] == [(13, "broken_json")]
    assert len(dataset.examples) == 24


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"messages": "Hi"}, "not_messages"),
        ({"messages": []}, "wrong_roles"),
        ({"messages": ["Hi", "Hello"]}, "not_messages"),
        ({"messages": [{"role": "user"}, {"role": "assistant", "content": "A"}]}, "not_messages"),
        ({"messages": [{"role": 1, "content": "A"}]}, "not_messages"),
        (chat(("user", "Q?"), ("tool", "06:40"), ("assistant", "A.")), "tool_calls"),
        ({"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}]}, "tool_calls"),
        ({"messages": [{"role": "assistant", "content": None, "function_call": {"name": "f"}}]}, "tool_calls"),
        ({"messages": [{"role": ["user"], "content": "Q?"}]}, "not_messages"),
        (chat(("user", "Q?")), "wrong_roles"),
        (chat(("assistant", "A.")), "wrong_roles"),
        (chat(("system", "S"), ("assistant", "A.")), "wrong_roles"),
        (chat(("human", "H"), ("user", "Q?"), ("assistant", "A.")), "wrong_roles"),
        (chat(("user", "Q?"), ("system", "S"), ("user", "Q?"), ("assistant", "A.")), "wrong_roles"),
        (chat(("user", " "), ("assistant", "A.")), "empty_field"),
        ({"prompt": "Q?", "completion": "A."}, "other_form"),
    ],
)
def test_what_is_no_conversation_is_left_out(row: Row, code: str) -> None:
    assert problem_of(row, chat_rows()).code == code


def test_a_message_that_is_not_text_is_found_by_its_place() -> None:
    row = {"messages": [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": ["A"]}]}
    assert problem_of(row, chat_rows()) == LineProblem(25, "not_text", (("field", "messages[1].content"),))


def test_the_same_last_words_of_different_conversations_do_not_contradict_each_other() -> None:
    rows = [chat(("user", f"{n}?"), ("assistant", "Sure?"), ("user", "yes"), ("assistant", f"{n}!")) for n in range(24)]
    dataset = load_dataset(jsonl(rows), "set.jsonl")
    assert dataset.problems == ()
    parts = split_dataset(dataset)
    assert len(parts.held_out) == 10


def test_the_first_good_line_sets_the_form() -> None:
    rows: list[Row] = [{"prompt": "Q?", "completion": ""}, *label_rows()]
    dataset = load_dataset(jsonl(rows), "set.jsonl")
    assert dataset.kind is TaskKind.LABEL
    assert [(problem.line, problem.code) for problem in dataset.problems] == [(1, "other_form")]


def test_white_space_around_a_text_is_no_part_of_it() -> None:
    rows = [*label_rows(), {"question": " Q\r\nq \n", "label": " kind_0 "}]
    assert load_dataset(jsonl(rows), "set.jsonl").examples[-1] == Example((("user", "Q\nq"),), "kind_0", 25)


# Labels' descriptions


def test_lines_beside_the_examples_describe_labels() -> None:
    help_rows: list[Row] = [
        {"label": "kind_1", "sentence": "Ask the harbour master.", "channel": "#harbour"},
        {"label": "kind_0", "sentence": "Read the handbook."},
    ]
    dataset = load_dataset(jsonl([*help_rows, *label_rows()]), "set.jsonl")
    assert dataset.problems == ()
    assert dataset.label_help == (
        LabelHelp("kind_1", "Ask the harbour master.", "#harbour"),
        LabelHelp("kind_0", "Read the handbook."),
    )
    assert len(dataset.examples) == 24


def test_csv_describes_labels_in_records_without_a_question() -> None:
    rows = [row | {"sentence": "", "channel": ""} for row in label_rows()]
    rows += [{"question": "", "label": "kind_2", "sentence": "Ask.", "channel": "#a"}]
    rows += [{"question": "", "label": "kind_0", "sentence": "Read.", "channel": ""}]
    dataset = load_dataset(as_csv(rows).encode(), "set.csv")
    assert dataset.problems == ()
    assert dataset.label_help == (LabelHelp("kind_2", "Ask.", "#a"), LabelHelp("kind_0", "Read."))


def test_a_label_described_twice_keeps_its_first_description() -> None:
    rows = [*label_rows(), {"label": "kind_0", "sentence": "A"}, {"label": "kind_0", "sentence": "B"}]
    dataset = load_dataset(jsonl(rows), "set.jsonl")
    assert dataset.label_help == (LabelHelp("kind_0", "A"),)
    (problem,) = dataset.problems
    assert describe(problem) == "line 26 describes the label kind_0 again, after line 25"


# Refusals


@pytest.mark.parametrize(
    ("data", "name", "error", "says"),
    [
        (b"", "set.jsonl", DatasetEmptyError, "Write an example on each line"),
        (b"\xef\xbb\xbf \n\n", "set.csv", DatasetEmptyError, "is empty"),
        (b"PK\x03\x04\x00\x00", "set.xlsx", DatasetNotTextError, "Save it as JSONL"),
        (b"\xff" * 40, "set.jsonl", DatasetNotTextError, "Save it as JSONL"),
        (b"\x01\x02\x03 text", "set.csv", DatasetNotTextError, "Save it as JSONL"),
        (jsonl([{"q": "Q?", "a": "A."}] * 30), "set.jsonl", UnknownFormError, "the first line has the fields q, a;"),
        (b"q,a\nx,y\n", "set.csv", UnknownFormError, r"question \+ label. Rename the fields"),
        (jsonl(label_rows(19)), "set.jsonl", TooFewExamplesError, "has 19 usable examples; the minimum is 20"),
        (jsonl([{"question": "Q?", "label": 1}] * 30), "set.jsonl", TooFewExamplesError, "0 usable.*Line 1 has someth"),
        (b"x\n" * 30, "set.jsonl", TooFewExamplesError, "has 0 usable examples"),
        (jsonl(label_rows(24, labels=1)), "set.jsonl", OneLabelError, "have the label kind_0. Add examples"),
        (jsonl(label_rows(501, labels=501)), "set.jsonl", TooManyLabelsError, "has 501 labels; the limit is 500"),
        (jsonl([*label_rows(), *[{"id": 1}] * 25]), "set.jsonl", MostlyProblemsError, "25 of the 49 lines .* can't"),
        (jsonl(prompt_rows(50_001)), "set.jsonl", TooManyExamplesError, "the limit is 50,000 examples"),
        (b"{}\n" * 101_001, "set.jsonl", TooManyExamplesError, "the limit is 50,000 examples"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_what_to_do(
    data: bytes, name: str, error: type[DatasetError], says: str
) -> None:
    with pytest.raises(error, match=says) as refused:
        load_dataset(data, name)
    assert name in str(refused.value)
    assert refused.value.code.startswith("dataset_")
    assert vars(refused.value)["name"] == name


def test_a_file_that_is_too_large_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(DatasetTooLargeError, match="the limit is 20 MB") as refused:
        load_dataset(b"\0" * (limits.MAX_DATASET_MB * 1_000_000 + 1), "set.jsonl")
    assert (refused.value.size_mb, refused.value.limit_mb) == ("20.0", 20)


def test_too_few_examples_are_told_with_the_first_five_problems() -> None:
    with pytest.raises(TooFewExamplesError) as refused:
        load_dataset(jsonl([*label_rows(10), *[{"question": "Q?", "label": ""}] * 7]), "set.jsonl")
    error = refused.value
    assert (error.count, error.minimum, len(error.problems)) == (10, 20, 7)
    assert "Line 11 has an empty field label; line 12" in str(error)
    assert "line 15 has an empty field label; and 2 more. Correct these lines" in str(error)


def test_half_of_the_lines_may_be_problems() -> None:
    assert len(load_dataset(jsonl([*label_rows(), *[{"id": 1}] * 24]), "set.jsonl").problems) == 24


def test_an_unknown_form_names_what_was_found_and_what_is_known_in_bounds() -> None:
    with pytest.raises(UnknownFormError) as refused:
        load_dataset(jsonl([{f"{n}" * 100: "x" for n in range(30)}]), "set.jsonl")
    assert refused.value.known == "prompt + completion; messages; question + label"
    assert len(refused.value.found) < 430


def test_every_code_has_a_sentence_that_its_figures_fill() -> None:
    figures = {
        "cells",
        "columns",
        "fields",
        "field",
        "character",
        "characters",
        "limit",
        "first",
        "label",
        "tokens",
        "turns",
    }
    for code in PROBLEM_CODES:
        sentence = describe(LineProblem(7, code, tuple((name, f"<{name}>") for name in figures)))
        assert sentence.startswith("line 7 ")
        assert "{}" not in sentence
    assert describe(LineProblem(7, "duplicate", (("first", "3"),))) == "line 7 repeats line 3"


# What is held out


def seeded_rows(seed: int) -> list[Row]:
    """A label task of any size, with labels of any sizes."""
    random_of = random.Random(seed)
    labels = [f"label_{n}" for n in range(random_of.randint(2, 60))]
    weights = [random_of.random() ** 3 + 0.01 for _ in labels]
    count = random_of.randint(30, 2000)
    chosen = [*labels[:2], *random_of.choices(labels, weights, k=count - 2)]
    return [{"question": f"{random_of.random()} of {n}", "label": label} for n, label in enumerate(chosen)]


def lines_of(examples: Iterable[Example]) -> list[int]:
    return [example.line for example in examples]


def questions_of(examples: Iterable[Example]) -> set[str]:
    return {example.question for example in examples}


@pytest.mark.parametrize("seed", range(25))
def test_a_split_parts_the_examples_in_bounds_and_leaves_every_label_something_to_learn(seed: int) -> None:
    dataset = load_dataset(jsonl(seeded_rows(seed)), "set.jsonl")
    parts = split_dataset(dataset)
    assert sorted(lines_of(parts.train + parts.held_out)) == lines_of(dataset.examples)
    assert lines_of(parts.train) == sorted(lines_of(parts.train))
    sizes = Counter(example.completion for example in dataset.examples)
    given = Counter(example.completion for example in parts.held_out)
    assert {example.completion for example in parts.train} == set(sizes)
    bound = min(max(len(dataset.examples) // 5, 10), 200)
    assert len(parts.held_out) == min(bound, sum(size - 1 for size in sizes.values()))
    can_give = [label for label, size in sizes.items() if size > 1]
    assert sum(given[label] > 0 for label in can_give) == min(len(can_give), bound)
    share = len(parts.held_out) / len(dataset.examples)
    assert all(abs(given[label] - share * sizes[label]) < 2 for label in can_give)


@pytest.mark.parametrize(("count", "held_out"), [(20, 10), (40, 10), (100, 20), (999, 199), (5000, 200)])
def test_one_in_five_is_held_out_between_ten_and_two_hundred(count: int, held_out: int) -> None:
    parts = split_dataset(load_dataset(jsonl(prompt_rows(count)), "set.jsonl"))
    assert (len(parts.train), len(parts.held_out)) == (count - held_out, held_out)


@pytest.mark.parametrize("rows", [prompt_rows(300), seeded_rows(4)])
def test_the_order_and_the_format_of_a_file_do_not_change_its_split(rows: list[Row]) -> None:
    shuffled = random.Random(1).sample(rows, len(rows))
    parts = [
        split_dataset(load_dataset(data, name))
        for data, name in ((jsonl(rows), "a.jsonl"), (as_csv(shuffled).encode(), "b.csv"))
    ]
    assert questions_of(parts[0].held_out) == questions_of(parts[1].held_out)


@pytest.mark.parametrize("make", [prompt_rows, label_rows])
def test_more_lines_move_few_of_those_that_were_there(make: Callable[[int], list[Row]]) -> None:
    before = split_dataset(load_dataset(jsonl(make(500)), "set.jsonl"))
    after = split_dataset(load_dataset(jsonl(make(510)), "set.jsonl"))
    old = questions_of(before.train + before.held_out)
    moved = questions_of(before.held_out) ^ (questions_of(after.held_out) & old)
    assert len(moved) <= 6


def test_where_labels_have_one_example_each_only_what_can_be_spared_is_held_out() -> None:
    rows = [*label_rows(20, labels=20), {"question": "Another of the first?", "label": "kind_0"}]
    parts = split_dataset(load_dataset(jsonl(rows), "set.jsonl"))
    assert [example.completion for example in parts.held_out] == ["kind_0"]


def test_a_question_that_ends_two_conversations_is_not_both_trained_and_measured_on() -> None:
    rows = [
        chat(("system", f"You are {who}."), ("user", f"Question {n}?"), ("assistant", f"{who} {n}"))
        for n in range(40)
        for who in ("Ann", "Ben", "Cleo")
    ]
    parts = split_dataset(load_dataset(jsonl(rows), "set.jsonl"))
    assert not questions_of(parts.train) & questions_of(parts.held_out)
    assert 20 < len(parts.held_out) <= 24


# The form in which a run keeps its examples


def test_what_a_run_keeps_is_what_was_loaded() -> None:
    odd: Row = chat(("system", "S"), ("user", 'a\u2028"\\ \n\tb\u00a0🎏押金'), ("assistant", "\u2029退"))
    dataset: Dataset = load_dataset(jsonl([*chat_rows(), odd]), "set.jsonl")
    assert from_jsonl(to_jsonl(dataset.examples)) == dataset.examples
    assert to_jsonl(dataset.examples).count(b"\n") == 25
    assert from_jsonl(b"") == ()


# Real sets


def test_the_example_set_loads_whole_and_can_be_split() -> None:
    dataset = load_dataset((ROOT / "examples" / "training" / "help-desk.jsonl").read_bytes(), "help-desk.jsonl")
    assert dataset.problems == ()
    assert dataset.kind is TaskKind.LABEL
    assert {said.label for said in dataset.label_help} <= set(dataset.labels)
    parts = split_dataset(dataset)
    assert {e.completion for e in parts.train} == {e.completion for e in parts.held_out} == set(dataset.labels)


@pytest.mark.skipif(not BANKING77.exists(), reason="needs ../shared/data/banking77")
@pytest.mark.parametrize(("name", "count", "held_out"), [("train_10shot", 770, 154), ("train", 10_003, 200)])
def test_banking77_loads_with_every_label_in_both_parts(name: str, count: int, held_out: int) -> None:
    dataset = load_dataset((BANKING77 / f"{name}.jsonl").read_bytes(), f"{name}.jsonl")
    assert len(dataset.labels) == 77
    assert len(dataset.examples) + len(dataset.problems) == count
    assert {problem.code for problem in dataset.problems} <= {"duplicate", "contradiction"}
    parts = split_dataset(dataset)
    assert abs(len(parts.held_out) - held_out) <= 1
    assert {e.completion for e in parts.train} == {e.completion for e in parts.held_out} == set(dataset.labels)


def test_a_megabyte_is_a_million_bytes() -> None:
    with pytest.raises(DatasetTooLargeError, match=r"has 20\.5 MB; the limit is 20 MB"):
        load_dataset(b" " * 20_500_000, "a.jsonl")
