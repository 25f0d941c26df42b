from __future__ import annotations

import pytest

from text.third_language import is_third_language


@pytest.mark.parametrize(
    "question",
    [
        "Was kostet ein Klettergurt zum Ausleihen?",
        "¿A qué hora cierra el gimnasio el sábado?",
        "Qui est le gardien des outils du club ?",
        "Quanto costa un corso e dove si paga?",
        "Quando é que abre o café e onde fica?",
        "Hoeveel kost een kaartje en waar is de ingang?",
    ],
)
def test_a_question_in_a_third_language_is_recognised(question: str) -> None:
    assert is_third_language(question)


@pytest.mark.parametrize(
    "question",
    [
        "When does it open?",
        "parking?",
        "What was the name of the man from Los Angeles?",
        "Who wrote Les Misérables?",
        "尼康EN-EL4a电池的前提是什么？",
        "Is there a café near the Rue de la Paix?",
        "E4017",
    ],
)
def test_names_from_elsewhere_make_no_third_language(question: str) -> None:
    assert not is_third_language(question)
