"""Lists of words: stop words in English and Chinese for passages and for questions, and frequent English words.

Edit it to change the stop words; the calibration was fitted with them. `python -m benchmarks.fit.common_words` counts
the frequent ones.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources

_ENGLISH = """
a about after all also am an and any are as at be been before being both but by can could did do does doing done
each for from had has have having he her here hers him his how i if in into is it its just may me might more most
must my no nor not of off on once only or other our ours out over own per same shall she should so some such than
that the their theirs them then there these they this those through to too under until up us very was we were what
when where which while who whom whose why will with would you your yours
s t d ll m re ve
"""

_CHINESE = """
的 了 吗 呢 吧 啊 是 在 有 和 与 或 及 也 都 就 很 不 我 你 他 她 它 这 那 们 个 会 能 要 可 以 把 被 对 从 到 为 之
其 而 但 所 么
什么 怎么 怎样 如何 哪里 哪儿 哪个 哪些 多少 几个 为什 时候 可以 能够 应该 需要 我们 你们 他们 她们 它们 这个 那个 这些
那些 这里 那里 如果 因为 所以 但是 而且 或者 以及 还是 就是 不是 是不 有没 没有 是否 请问 一个 一下 一些
"""

ENGLISH = frozenset(_ENGLISH.split())
"""In lower case, with the remains of contractions."""

CHINESE = frozenset(_CHINESE.split())
"""Characters and pairs of them, simplified."""

_ASKING = """
a about an and any are as at be been being but by can could did do does for from had has have he her his how i if in
into is it its kind many may me mean means might most much must my name no not of on or other our s she should so some
such t than that the their them there these they this those through to type was we were what when where which while who
whom whose why will with would you your
"""

ASKING_ENGLISH = frozenset(_ASKING.split())
"""Words that ask or connect, and mean nothing in an answer. A separate list: the calibration was fitted with it."""

ASKING_CHINESE = re.compile(
    "请问|请問|什么|甚麼|什麼|[哪那][一些裡里個个]+|哪|是谁|是誰|谁|誰|多少|几|幾|"
    "为何|為何|为什么|為什麼|如何|怎么|怎麼|怎样|怎樣|何[时時地处處]|吗|嗎|呢|[是的在了]"
)
"""Chinese words that ask or connect, longest first if one begins with another."""


@cache
def common_words() -> frozenset[str]:
    """Return frequent English words of edited prose, in lower case."""
    written = resources.files("text").joinpath("common_words_en.json").read_text("utf-8")
    return frozenset(json.loads(written)["words"].split())
