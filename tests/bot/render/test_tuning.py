"""The words of fine-tuning, in both languages."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest

from bot.error_messages import _MODEL_CODES, ErrorBoundary
from bot.guild_adapters import Promotion
from bot.locales import load_texts
from bot.prepared_trainings import PreparedTraining
from bot.render.adapters import adapter_list, promotion_message, promotion_question, rollback_message
from bot.render.tuning import training_preview, training_progress, training_report, training_stage, training_waiting
from bot.tasks import Tasks
from chains.types import Language
from finetune import errors as finetune
from finetune.types import (
    Card,
    Evaluation,
    Interval,
    JoinedLabel,
    LabelScore,
    LineProblem,
    ListedAdapter,
    Outcome,
    Preview,
    TaskKind,
    TrainingProgress,
    TrainingStage,
    VerdictReason,
)
from knowledge.types import EVERY_MEMBER
from weights import errors as weights

TEXTS = load_texts()
PREPARED = PreparedTraining("1", "help-desk", "SmolLM2-135M-Instruct")
MEASURED = Evaluation(64, 0.9, 0.5, Interval(0.4, 0.3, 0.5), 2.0, 2.0, 0.93, 1.44)
CARD = Card(
    adapter_sha256="abcdef0123456789",
    guild_id="1",
    skill="help-desk",
    kind=TaskKind.LABEL,
    base="embedded-small",
    audience_key="guild",
    dataset_sha256="0" * 64,
    example_count=264,
    labels=("a", "b"),
    label_help=(),
    evaluation=MEASURED,
    steps=40,
    training_seconds=30.0,
    tokens_per_s=310.4,
    peak_memory_mb=1830,
    created_at="2026-10-12T00:00:00+00:00",
)
FREE_TEXT = replace(
    CARD,
    kind=TaskKind.TEXT,
    labels=(),
    evaluation=replace(MEASURED, tuned_score=0.52, base_score=0.31, gain=Interval(0.517, -0.004, 0.9)),
)


def report(outcome: Outcome) -> list[str]:
    return training_report(outcome, Language.EN, TEXTS).splitlines()


def progress(now: TrainingProgress) -> list[str]:
    return training_progress(PREPARED, now, 7, Language.EN, TEXTS).splitlines()


def test_before_anything_is_known_only_the_stage_is_told() -> None:
    assert progress(TrainingProgress(TrainingStage.LOADING, 0, 0)) == [
        "🧪 **help-desk** on SmolLM2-135M-Instruct: loading",
        "-# started by <@7>",
    ]


def test_an_evaluation_counts_examples_and_a_loss_that_is_no_number_is_left_out() -> None:
    now = TrainingProgress(TrainingStage.EVALUATING, 40, 40, ((40, float("nan")),), None, 30.0, done=16, total=64)
    assert progress(now)[1:3] == ["`█████░░░░░░░░░░░░░░░` example 16 of 64", "about <1 min left"]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("stage", list(TrainingStage))
def test_every_stage_has_its_words(stage: TrainingStage, language: Language) -> None:
    assert training_stage(TrainingProgress(stage, 1, 2), language, TEXTS)


def test_free_text_is_measured_in_probabilities_and_nats() -> None:
    lines = report(Outcome(FREE_TEXT, False, VerdictReason.NOT_BETTER, None))
    assert lines[1:4] == [
        "- Average probability of the expected words in 64 test examples: base model 0.31, tuned **0.52**",
        "- Improvement: **+0.52 nats per token** (95 % interval 0.00 to +0.90)",
        "- No tuned model answers for this skill; everything is as before.",
    ]


def test_each_labels_figures_are_told_the_worst_first() -> None:
    scores = tuple(LabelScore(f"label*{number}", 10, number) for number in range(12))
    unbalanced = replace(CARD, evaluation=replace(MEASURED, label_scores=scores))
    lines = report(Outcome(unbalanced, False, VerdictReason.COMMONEST, None))
    assert "not significantly better than always giving the commonest label" in lines[0]
    assert lines[2].startswith("- Correct by label, the worst first: label\\*0 0/10, label\\*1 1/10, ")
    assert lines[2].endswith(", label\\*9 9/10, 2 more")


def test_what_was_forgotten_is_told_with_its_figures() -> None:
    forgetful = replace(FREE_TEXT, evaluation=replace(FREE_TEXT.evaluation, general_loss_tuned=2.5))
    lines = report(Outcome(forgetful, False, VerdictReason.FORGOT, CARD))
    assert "it got worse at general questions" in lines[0]
    assert lines[3:5] == [
        "- Loss on general questions: 2.00 before, 2.50 now",
        "- The previous model, `abcdef012345`, stays in use.",
    ]


def test_a_report_that_is_made_again_after_a_kill_names_no_adapter_as_its_own_predecessor() -> None:
    assert "- It answers questions of this kind from now on." in report(Outcome(CARD, True, VerdictReason.BETTER, CARD))


def test_a_skills_name_and_a_bases_title_are_shown_without_effect() -> None:
    shown = training_waiting(PreparedTraining("1", "a*b*", "x"), 1, Language.EN, TEXTS)
    assert shown.startswith("⏳ **a\\*b\\*** is waiting: 1 training ahead of it.")


def test_a_preview_of_the_worst_file_fits_into_one_message() -> None:
    problem = LineProblem(99_999, "label_described_twice", (("label", "*" * 80), ("first", "99998")))
    preview = Preview(
        "r",
        "s" * 40,
        TaskKind.LABEL,
        "b",
        "hf:" + "x" * 200,
        1,
        1,
        500,
        (problem,) * 99_999,
        9,
        9.0,
        True,
        1,
        1,
        "f" * 64,
        tuple(JoinedLabel("*" * 80, ("_" * 80,) * 9) for _ in range(9)),
        ("~" * 80,) * 99,
    )
    for language in Language:
        assert len(training_preview(preview, EVERY_MEMBER, language, TEXTS)) <= 2000


def test_every_problem_of_a_line_is_worded_with_its_figures_in_both_languages() -> None:
    for code in finetune.PROBLEM_CODES:
        template = finetune._PROBLEMS[code]
        fields = {name for _, name, _, _ in string.Formatter().parse(template) if name}
        for language in Language:
            assert TEXTS.fields(language, f"problems.{code}") == fields | {"line"}, code


def test_adapters_are_listed_and_what_changed_is_told() -> None:
    other = replace(CARD, adapter_sha256="f" * 16)
    [page] = adapter_list([ListedAdapter(FREE_TEXT, True, 1)], Language.EN, TEXTS)
    assert page.splitlines()[1].endswith("0.31 → 0.52 · 264 examples · free text · <t:1791763200:d>")
    same = promotion_message(Promotion(CARD, CARD), Language.EN, TEXTS)
    assert same == "`abcdef012345` already answers for **help-desk**."
    assert "replacing `ffffffffffff`" in promotion_message(Promotion(CARD, other), Language.EN, TEXTS)
    assert "↩️ `ffffffffffff` answers" in rollback_message(CARD, other, Language.EN, TEXTS)
    for reason in (VerdictReason.NOT_BETTER, VerdictReason.FORGOT):
        assert "50.0 %" in promotion_question(CARD, reason, Language.EN, TEXTS)


PROBLEMS = (LineProblem(7, "duplicate", (("first", "3"),)),)
ERRORS = (
    finetune.DatasetTooLargeError("a_b.jsonl", 31.0, 20),
    finetune.DatasetEmptyError("a_b.jsonl"),
    finetune.DatasetNotTextError("a_b.jsonl"),
    finetune.BrokenArrayError("a_b.jsonl", 7),
    finetune.UnknownFormError("a_b.jsonl", ["q"], [("prompt", "completion")]),
    finetune.TooFewExamplesError("a_b.jsonl", 5, 20, PROBLEMS),
    finetune.MostlyProblemsError("a_b.jsonl", 1000, PROBLEMS),
    finetune.TooManyExamplesError("a_b.jsonl", 50_000),
    finetune.OneLabelError("a_b.jsonl", "*x*"),
    finetune.TooManyLabelsError("a_b.jsonl", 600, 500),
    finetune.BaseTooEnglishError("SmolLM2"),
    finetune.NoMemoryError(2300, 512),
    finetune.NoDiskError(600, 12),
    finetune.RunNotFoundError(),
    finetune.AdapterUnknownError("0000", ["abc"]),
    finetune.AdapterChangedError("s", "a", "b"),
    finetune.AdapterNotRegisteredError("s", "a"),
    finetune.NothingToRollBackError("s", []),
    finetune.RegistryTooNewError(9, 2),
    *(finetune.TrainingFailedError(reason) for reason in finetune.TrainingFailedError._MESSAGES),
)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_every_failure_of_fine_tuning_has_its_sentence(error: Exception, language: Language) -> None:
    told = ErrorBoundary(TEXTS, Tasks()).sentence(error, language)
    advice = TEXTS(language, "errors.unexpected", incident="x").rpartition("**x**")[0]
    assert not told.startswith(advice)
    if "name" in vars(error):
        assert "**a\\_b.jsonl**" in told


def test_the_figures_of_a_failure_are_told_and_its_words_have_no_effect() -> None:
    errors = ErrorBoundary(TEXTS, Tasks())
    assert "the label **\\*x\\***" in errors.sentence(finetune.OneLabelError("a", "*x*"), Language.EN)
    assert errors.sentence(finetune.MostlyProblemsError("a", 1000, PROBLEMS), Language.EN) == (
        "1 of the 1,000 lines in **a** can't be used. Correct or remove it.\n- Line 7 repeats line 3."
    )


def test_every_way_in_which_a_base_cannot_be_had_is_worded() -> None:
    kinds = {
        kind for kind in vars(weights).values() if isinstance(kind, type) and issubclass(kind, weights.WeightsError)
    }
    assert all(any(issubclass(kind, known) for known, _ in _MODEL_CODES) for kind in kinds)
    assert all(TEXTS.has(f"errors.{code}") for _, code in _MODEL_CODES)
