"""Says what is right of each case that was reported to go wrong, for benchmarks/service/reported_cases.py to check."""

from __future__ import annotations

from dataclasses import dataclass

BEFORE = "6d8788d"
"""The commit at which each of the reported cases went wrong, by the file that lists them."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Holds what one file's passages must say."""

    case: str
    file: str
    holds: tuple[str, ...] = ()
    """Texts that are in a passage, or in its heading, each whole."""
    lacks: tuple[str, ...] = ()
    below: tuple[tuple[str, str], ...] = ()
    """Texts, each with the heading that it stands below."""
    begins: str = ""
    """How every passage with a `begins_if` in it begins."""
    begins_if: str = ""
    refused: str | None = None
    """The reason for which the file is refused."""
    left_out: str | None = None
    """A kind of what is told to be left out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Holds a question, and what the first passage found must be."""

    case: str
    question: str
    file: str
    says: str
    """What the passage, or its heading, says."""


FILES = (
    Expected("01", "berth-fees.xlsx", holds=("| A1 | 6 | 40 | =B2*C2 |",), left_out="formula"),
    Expected("03", "courses.xlsx", holds=("| Knots | 30 |", "| Radio | 55 |"), lacks=("withdrawn", "Our cost")),
    Expected("04b", "boats.xlsx", below=(("| Mon | 08:00 |", "Rota › Summer"), ("| Mon | 10:00 |", "Rota › Winter"))),
    Expected("05", "ballast.docx", holds=("B=L×42/3",)),
    Expected("07", "damage.docx", holds=("https://forms.example.org/damage-report", "bosun@example.org")),
    Expected("08c", "slipway.docx", holds=("Valid from 1 May 2026", "edition 7", "0555 010 199")),
    Expected("08e", "slipway.docx", lacks=("4471",), left_out="hidden_text"),
    Expected("09a", "crane.docx", holds=("Crane limit: 3 tonnes",)),
    Expected("09b", "crane-wps.docx", holds=("Crane limit: 3 tonnes",)),
    Expected("11", "launch.docx", holds=("Check the trolley straps", "Sound the horn twice", "Lower the boat")),
    Expected("55", "clauses.docx", below=(("Visitors sign the book.", "Visitors"), ("Members have a key.", "Members"))),
    Expected("12", "open-day.pptx", holds=("6 June",), lacks=("30 May",), left_out="hidden_slide"),
    Expected("14", "grants.html", holds=("https://grants.example.org/apply?y=2026", "youth@example.org")),
    Expected("15", "keiryu.html", holds=("係留料金", "桟橋"), lacks=("けい",)),
    Expected("17", "tides.aspx.html", holds=("06:40", "19:05")),
    Expected("19", "charging.html", holds=("Never use post 7", "4 euros an hour")),
    Expected("22", "berths.md", begins="Berth | Longest boat | Yearly fee | Where it lies\n--- |", begins_if="Berth 4"),
    Expected("23", "opening.md", lacks=("from 6 to 23",), below=(("Keys hang in the office.", "Opening hours"),)),
    Expected("24", "rules.md", below=(("The sauna closes at 21:30", "House rules › Sauna"),)),
    Expected("25", "purge.md", holds=("Run this script on the pump controller:\n\n```python\n",), lacks=("\n  step_",)),
    Expected("25", "purge.md", begins="```python\n    step_", begins_if="step_25"),
    Expected("27", "README.md", begins="| Boat | Summer | Winter |\n| --- |", begins_if="| Class "),
    Expected("28", "lease.md", holds=("costs 240 euros (Families pay 180 euros.)",)),
    Expected(
        "59",
        "languages.md",
        below=(
            ("eight columns", "Languages of the plotter › C"),
            ("four columns", "Languages of the plotter › C#"),
            ("three columns", "Languages of the plotter › F#"),
            ("one column", "Languages of the plotter › Closed heading"),
        ),
    ),
    Expected("29a", "korean-euckr.txt", holds=("방문 보트의",)),
    Expected("29d", "turkish-cp1254.txt", holds=("bağlama",)),
    Expected("29e", "greek-cp1253.txt", holds=("εννέα ευρώ τη νύχτα",)),
    Expected("29e", "hebrew-cp1255.txt", holds=("דמי העגינה",)),
    Expected("29e", "arabic-cp1256.txt", holds=("القارب الزائر",)),
    Expected("29f", "german-macroman.txt", holds=("für Gäste",)),
    Expected("30", "moorings.csv", holds=("| Berth | Holder | Fee |\n| --- |",), below=(("240", "Mooring list"),)),
    Expected("33b", "ndjson-named.json", holds=("At 06:30", "At 22:15")),
    Expected("35", "application.pdf", holds=("Grey Heron", "7.4", "North hall", "☑ yes")),
    Expected(
        "37", "seasons.pdf", holds=("From May to September the harbour is open", "October to April the harbour is")
    ),
    Expected("38", "deposit.pdf", holds=("security deposit", "harbourmaster", "self-service")),
    Expected("40", "berths.pdf", refused="garbled"),
    Expected("41b", "ko-uhc.pdf", holds=("방문 보트의 계류 요금",)),
    Expected("45", "title.pdf", holds=("WINTER STORAGE FULL",)),
    Expected("46", "fees.pdf", holds=("| Keelboat | 310 | 150 |",)),
    Expected("46", "fees-rows.pdf", holds=("| Keelboat | 310 | 150 |",)),
    Expected("54b", "sjis.zip", holds=("係留料金.md",)),
    Expected("56", "semi-cp1252.csv", holds=("Wann schließt das Tor?", "Um 22:15.")),
    Expected("56", "tabs.csv", holds=("When is the gate locked?", "At 22:15.")),
    Expected("56", "sep.csv", holds=("When is the gate locked?", "At 22:15.")),
    Expected("48a", "helpdesk-silent.csv", holds=("Die Pumpe läuft nicht?",)),
    Expected("48a", "helpdesk-silent-labels.csv", holds=("Die Pumpe läuft nicht?", "Störung")),
    Expected("48c", "helpdesk-sep.csv", holds=("Die Pumpe läuft nicht?", "Störung")),
    Expected("49b", "tools.jsonl", holds=("tool",), lacks=("has nothing in",)),
)
"""The shared files; where a case has several, it is right if all of them are."""

QUESTIONS = (
    Asked("60a", "What does error E-4017 mean?", "engine-errors.md", "E-4017"),
    Asked("60a", "E4017", "engine-errors.md", "E-4017"),
    Asked("60a", 'My display says "E-4017", what now?', "engine-errors.md", "E-4017"),
    Asked("60b", "What changed in version 2.10?", "changelog.md", "Version 2.10"),
    Asked("60b", "Plotter software version 2.10 news", "changelog.md", "Version 2.10"),
    Asked("60b", "What does version 10.2 change?", "changelog.md", "Version 10.2"),
    Asked("60e", "hey bot, good morning, when is the gate locked please? thanks :)", "gate.md", "locked"),
    Asked(
        "60e",
        "Sorry to bother you, I am new here and I was just wondering when the gate is locked",
        "gate.md",
        "locked",
    ),
    Asked(
        "60e",
        "Hello there! Could you please tell me when the gate is locked? Thank you so much!",
        "gate.md",
        "locked",
    ),
    Asked("60f", "When is the gat lokced?", "gate.md", "locked"),
    Asked("60f", "When is the gaet locked?", "gate.md", "locked"),
    Asked("60f", "How much does a new kye cost?", "gate.md", "key"),
    Asked("60g", "How do I reach IT?", "clubhouse.md", "IT"),
)
"""Asked of the shared documents; a question is right if this passage is first and likely to hold the answer."""

TESTS = {
    "70": "tests/journeys/test_asking.py::test_a_mention_of_the_bots_role_gets_a_hint_or_an_answer",
    "71": "tests/text/test_discord_markup.py",
    "73": "tests/journeys/test_asking.py::test_a_reply_to_another_member_says_that_their_message_is_out_of_reach",
    "76": "tests/bot/render/test_message_text.py::test_a_narrow_table_is_shown_as_columns",
    "77": "tests/bot/render/test_message_text.py::test_a_stray_fence_makes_no_code_of_what_follows",
    "52b": "tests/finetune/training/test_promotion_gate.py"
    "::test_a_model_that_always_says_the_commonest_label_is_not_promoted_however_weak_its_base",
}
"""Cases without a file, which were tried on the simulated Discord or by figures: each is right if its tests pass."""


@dataclass(frozen=True, slots=True)
class OwnInputs:
    """Holds further inputs of our own in the same kinds, which the tests make."""

    kind: str
    tests: tuple[str, ...]
    inputs: int
    """How many were counted before the mending."""
    right_before: int


OWN_INPUTS = (
    OwnInputs("Office files and web pages", ("tests/knowledge/parsing/readers",), 109, 22),
    OwnInputs("PDF", ("tests/knowledge/parsing/test_pdf_reader.py",), 36, 8),
    OwnInputs(
        "Markdown, CSV, JSON, encodings and names in archives",
        (
            "tests/knowledge/parsing/test_reported_texts.py",
            "tests/text/test_more_encodings.py",
            "tests/text/markdown/test_footnotes.py",
        ),
        84,
        38,
    ),
)
"""Written before the mending, and counted by hand at `BEFORE`: 68 of 229 were right."""
