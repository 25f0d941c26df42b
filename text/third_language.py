"""Recognises a text in another European language than English, by its function words. Edit it to add a word."""

from __future__ import annotations

import re

from text.scripts import is_chinese, is_cjk
from text.stop_words import ENGLISH

_WORDS = """
aan aber alle algo alguna alguno algún anche auch auf aus avec bei beim bis bisogna che ci combien como cosa
cuando cuanto cuánta cuántas cuánto cuántos cuál cuáles cuándo cómo così da dall dans das dass dei del della
delle dem den der des deve dich dir dit dort dove du dónde een ein eine einem einen einer el ella elle en entre
er esta estas este estos está están et existe fait faut fica für geht gibt gli haben hay het hoe hoeveel ich ihr
il ils im ist jak jest kann kein keine kostet können kto la las le les lo los ma mehr mein mit muss nach nicht
niet não nos nous où oder onde para peut peux por porque pour pourquoi puede puedo qual quale quali quand quando
quanta quanto quants que quel quelle quelles quels quem qui quién quiénes quoi qué sein si sich sie sind soll
sono sont też tiene tienen til tu um uma und una une uno unser uns van vom von vous voor waar wann warum wat
welche welcher welches wenn wer werden wie wieviel wir wird wo wohin wordt zu zum zur è é são até
"""
"""Of German, French, Spanish, Italian, Portuguese, Dutch and Polish."""
_FUNCTION_WORDS = frozenset(_WORDS.split())
_WORD = re.compile(r"[^\W\d_]+")


def is_third_language(text: str) -> bool:
    """Return whether a text in Latin letters has two function words of other languages, and not more of English."""
    if is_cjk(text):
        return False
    words = _WORD.findall(text.casefold())
    foreign = sum(word in _FUNCTION_WORDS for word in words)
    return "¿" in text or (foreign >= 2 and foreign >= sum(word in ENGLISH for word in words))


def shares_language(question: str, passage: str) -> bool:
    """Return whether both are in Chinese, or neither is: a question in a third language shares no word with either."""
    return is_chinese(question) is is_chinese(passage) and not is_third_language(question)
