"""Makes passages as communities write them, and questions on them: hours, prices, rules, lists, tables, who and where.

The public reading sets are mostly encyclopaedias, and hardly any of their questions asks for yes or no with a sentence
that says so, reads a table, or is asked in another language than the passage. Everything here is put together by chance
from our own words, in English and Chinese, with some questions in German, Spanish and French; nothing is taken from a
document that a report asks about. Edit it for another kind of fact.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from knowledge.models.reading_network import Relation

EN, ZH = "en", "zh"
Words = tuple[str, str]
"""The same in English and in Chinese."""

_DAYS: tuple[tuple[str, str, str, str, str], ...] = (
    ("Monday", "星期一", "Montag", "lunes", "lundi"),
    ("Tuesday", "星期二", "Dienstag", "martes", "mardi"),
    ("Wednesday", "星期三", "Mittwoch", "miércoles", "mercredi"),
    ("Thursday", "星期四", "Donnerstag", "jueves", "jeudi"),
    ("Friday", "星期五", "Freitag", "viernes", "vendredi"),
    ("Saturday", "星期六", "Samstag", "sábado", "samedi"),
    ("Sunday", "星期日", "Sonntag", "domingo", "dimanche"),
)
_PLACES: tuple[Words, ...] = (
    ("the library", "图书室"),
    ("the greenhouse", "温室"),
    ("the darkroom", "暗房"),
    ("the pottery studio", "陶艺室"),
    ("the kitchen", "厨房"),
    ("the bike shed", "自行车棚"),
    ("the music room", "音乐室"),
    ("the roof garden", "屋顶花园"),
    ("the reading corner", "阅读角"),
    ("the print shop", "印刷间"),
    ("the sauna", "桑拿房"),
    ("the courtyard", "院子"),
    ("the archive", "档案室"),
    ("the tea counter", "茶水台"),
    ("the costume store", "服装间"),
    ("the rehearsal hall", "排练厅"),
    ("the office", "办公室"),
    ("the seed bank", "种子库"),
)
_THINGS: tuple[Words, ...] = (
    ("a locker", "储物柜"),
    ("a day pass", "日票"),
    ("a projector", "投影仪"),
    ("a sewing machine", "缝纫机"),
    ("a cargo bike", "载货自行车"),
    ("a microphone", "话筒"),
    ("a tent", "帐篷"),
    ("a ladder", "梯子"),
    ("a board game", "桌游"),
    ("a camera", "相机"),
    ("a parking space", "停车位"),
    ("a piano hour", "钢琴课时"),
    ("a plot in the garden", "菜地"),
    ("a spare key", "备用钥匙"),
    ("a guest bed", "客床"),
    ("a kiln firing", "窑烧"),
    ("a bag of compost", "堆肥"),
    ("an audio guide", "语音导览"),
)
_GROUPS: tuple[tuple[str, str], ...] = (
    ("members", "会员"),
    ("guests", "访客"),
    ("students", "学生"),
    ("children", "儿童"),
    ("families", "家庭"),
    ("volunteers", "志愿者"),
    ("pensioners", "退休人员"),
)
_ACTIONS: tuple[tuple[str, str], ...] = (
    ("smoke", "吸烟"),
    ("bring dogs", "带狗"),
    ("use the saw", "使用电锯"),
    ("stay overnight", "过夜"),
    ("play loud music", "大声放音乐"),
    ("take photos", "拍照"),
    ("open the windows", "开窗"),
    ("light candles", "点蜡烛"),
    ("eat at the desks", "在桌边吃东西"),
    ("park in the yard", "在院子里停车"),
    ("invite friends", "带朋友来"),
    ("borrow the key", "借钥匙"),
    ("move the furniture", "搬动家具"),
    ("drink alcohol", "喝酒"),
    ("work alone", "单独工作"),
    ("sell things", "卖东西"),
)
_AREAS: tuple[Words, ...] = (
    ("the newsletter", "通讯"),
    ("the lights", "灯光"),
    ("the first-aid box", "急救箱"),
    ("the bookings", "预订"),
    ("the website", "网站"),
    ("the bees", "蜜蜂"),
    ("the heating", "暖气"),
    ("lost property", "失物"),
    ("the rota", "值班表"),
    ("the accounts", "账目"),
    ("the sound desk", "调音台"),
    ("new members", "新会员"),
)
_SPOTS: tuple[Words, ...] = (
    ("behind the counter", "柜台后面"),
    ("in the cellar", "地下室里"),
    ("next to the stairs", "楼梯旁边"),
    ("on the second floor", "二楼"),
    ("in the red cabinet", "红色柜子里"),
    ("under the stage", "舞台下面"),
    ("beside the back door", "后门旁边"),
    ("on the top shelf", "最上层的架子上"),
    ("in the hallway", "走廊里"),
    ("in the blue box", "蓝色盒子里"),
)
_EVENTS: tuple[Words, ...] = (
    ("the night walk", "夜间徒步"),
    ("the harvest day", "丰收日"),
    ("the summer camp", "夏令营"),
    ("the film night", "电影之夜"),
    ("the repair day", "修理日"),
    ("the open rehearsal", "公开排练"),
    ("the clean-up", "大扫除"),
    ("the star party", "观星会"),
)
_ITEMS: tuple[Words, ...] = (
    ("a torch", "手电筒"),
    ("warm clothes", "保暖衣物"),
    ("a cup", "杯子"),
    ("gloves", "手套"),
    ("a notebook", "笔记本"),
    ("sturdy shoes", "结实的鞋子"),
    ("rain gear", "雨具"),
    ("a blanket", "毯子"),
    ("sun cream", "防晒霜"),
    ("a snack", "点心"),
    ("your membership card", "会员卡"),
    ("a pencil", "铅笔"),
)
_NAMES = (
    "Amara Lind",
    "Jonas Beck",
    "Priya Nair",
    "Tomas Ruiz",
    "Greta Holm",
    "Yusuf Demir",
    "Lea Fontaine",
    "Marco Bellini",
    "Wang Min",
    "Li Na",
    "Chen Bo",
    "Zhao Yun",
    "Nora Quist",
    "Pavel Orlov",
    "Hana Sato",
    "Ines Prado",
)
_CURRENCY = ("€", "£", "$")
_HEADINGS: tuple[Words, ...] = (
    ("House rules", "使用规定"),
    ("Opening hours", "开放时间"),
    ("Prices", "价格"),
    ("Good to know", "须知"),
    ("For newcomers", "新人指南"),
    ("Who does what", "分工"),
    ("Equipment", "设备"),
    ("Visiting us", "来访"),
)


@dataclass(frozen=True, slots=True)
class MadeQuestion:
    """Holds a question, in one language, that a fact answers or a similar fact would answer."""

    text: str
    answer: str | None = None
    """The words in the passage that answer it; None: the whole sentence."""
    relation: Relation | None = None
    """For a question that asks for yes or no."""


@dataclass(slots=True)
class Fact:
    """Holds one statement in both languages, with what can be asked of it."""

    subject: tuple[str, str]
    """Its kind and what it is about: a passage holds each once."""
    said: dict[str, str]
    """The sentence, by the passage's language; several lines for a list."""
    asked: dict[str, Callable[[str], list[MadeQuestion]]] = field(default_factory=dict)
    """By the question's language: the questions on the sentence in the passage's language."""
    row: dict[str, list[str]] | None = None
    """The same as a row of a table; None: it is never one."""


@dataclass(frozen=True, slots=True)
class MadeExample:
    """Holds a question or a claim on a made passage."""

    question: str
    heading: str
    passage: str
    spans: tuple[tuple[int, int], ...]
    """Characters of the passage, empty where it does not answer."""
    answerable: bool
    relation: Relation | None
    is_list: bool
    is_claim: bool


def made_examples(count: int, seed: int) -> list[MadeExample]:
    """Return that many examples; the same each time."""
    chance = random.Random(seed)
    examples: list[MadeExample] = []
    while len(examples) < count:
        examples += _of_one_passage(chance)
    return examples[:count]


def _of_one_passage(chance: random.Random) -> list[MadeExample]:
    makers = [_hours, _price, _permission, _contact, _place, _duration, _list, _limit, _only]
    facts: dict[tuple[str, str], Fact] = {}
    absent: dict[tuple[str, str], Fact] = {}
    for _ in range(chance.randint(3, 7)):
        fact = chance.choice(makers)(chance)
        facts.setdefault(fact.subject, fact)
    for _ in range(6):
        fact = chance.choice(makers)(chance)
        if fact.subject not in facts:
            absent[fact.subject] = fact
    near = [fact for fact in absent.values() if any(fact.subject[0] == known[0] for known in facts)]
    language = chance.choice((EN, EN, ZH))
    heading = chance.choice(_HEADINGS)[language == ZH]
    passage, places = _written(list(facts.values()), language, chance)
    made = []
    for fact in chance.sample(list(facts.values()), min(3, len(facts))):
        made += _asked(fact, passage, places[fact.subject], language, heading, chance)
    for fact in chance.sample(near, min(2, len(near))):
        made += _asked(fact, passage, None, language, heading, chance)
    return made


def _asked(
    fact: Fact,
    passage: str,
    place: tuple[int, int] | None,
    language: str,
    heading: str,
    chance: random.Random,
) -> list[MadeExample]:
    """Return one question on the fact; `place` is where the passage states it, None: it does not."""
    asking = _asking_language(fact, language, chance)
    question = chance.choice(fact.asked[asking](language))
    is_claim = asking == "claim"
    if place is None:
        relation = Relation.NEITHER if question.relation is not None else None
        return [MadeExample(question.text, heading, passage, (), False, relation, False, is_claim)]
    start, end = place
    stated = passage[start:end]
    spans: tuple[tuple[int, int], ...] = ((start, end),)
    is_list = "\n" in stated
    if question.answer is not None and question.answer in stated:
        at = start + stated.index(question.answer)
        spans, is_list = ((at, at + len(question.answer)),), False
    return [MadeExample(question.text, heading, passage, spans, True, question.relation, is_list, is_claim)]


def _asking_language(fact: Fact, language: str, chance: random.Random) -> str:
    drawn = chance.random()
    other = EN if language == ZH else ZH
    further = [each for each in ("de", "es", "fr") if each in fact.asked]
    if drawn < 0.2:
        return other
    if drawn < 0.3 and further:
        return chance.choice(further)
    if drawn < 0.5 and "claim" in fact.asked:
        return "claim"
    return language


def _written(
    facts: Sequence[Fact], language: str, chance: random.Random
) -> tuple[str, dict[tuple[str, str], tuple[int, int]]]:
    """Return the facts as a passage, and where each of them stands: sentences, items of a list, or rows of a table."""
    rows = [fact for fact in facts if fact.row is not None]
    as_table = rows if len(rows) > 1 and chance.random() < 0.5 else []
    others = [fact for fact in facts if fact not in as_table]
    chance.shuffle(others)
    bullets = chance.random() < 0.3
    text, places = "", {}
    for fact in others:
        said = fact.said[language]
        lead = "- " if bullets and "\n" not in said else ""
        if text:
            text += "\n" if lead or "\n" in said or text.endswith("\n") or chance.random() < 0.25 else _space(language)
        start = len(text) + len(lead)
        text += lead + said
        places[fact.subject] = (start, len(text))
        if "\n" in said:
            text += "\n"
    if as_table:
        head = _GROUP_HEAD[language]
        text = f"{text.rstrip()}\n\n" if text else ""
        text += f"| {' | '.join(head)} |\n|{' --- |' * len(head)}"
        for fact in as_table:
            row = fact.row or {}
            text += "\n"
            start = len(text)
            text += f"| {' | '.join(row[language])} |"
            places[fact.subject] = (start, len(text))
    return text, places


def _space(language: str) -> str:
    return " " if language == EN else ""


_GROUP_HEAD = {EN: ["what", "members", "guests"], ZH: ["项目", "会员", "访客"]}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _bare(thing: str) -> str:
    return thing.removeprefix("a ").removeprefix("an ").removeprefix("the ")


def _hours(chance: random.Random) -> Fact:
    """Tell on which days a place is open, and on which it is closed."""
    place = chance.choice(_PLACES)
    chosen = sorted(chance.sample(range(7), chance.randint(1, 4)))
    closed = [day for day in range(7) if day not in chosen]
    opens, closes = chance.randint(7, 12), chance.randint(14, 21)
    days = {EN: _and([_DAYS[d][0] for d in chosen], EN), ZH: _and([_DAYS[d][1] for d in chosen], ZH)}
    hours = {EN: f"{opens}:00 to {closes}:00", ZH: f"{opens}:00到{closes}:00"}
    ending = chance.random()
    rest = {EN: "", ZH: ""}
    if ending < 0.5:
        shut = {EN: _and([_DAYS[d][0] for d in closed], EN), ZH: _and([_DAYS[d][1] for d in closed], ZH)}
        rest = {EN: f", and closed on {shut[EN]}", ZH: f"，{shut[ZH]}关闭"}
    elif ending < 0.7:
        rest = {EN: " only", ZH: "，其他日子不开放"}
    said = {
        EN: f"{_capital(place[0])} is open on {days[EN]} from {hours[EN]}{rest[EN]}.",
        ZH: f"{place[1]}{days[ZH]}{hours[ZH]}开放{rest[ZH]}。",
    }
    is_open = chance.random() < 0.5
    day = _DAYS[chance.choice(chosen if is_open else closed)]
    relation = Relation.SUPPORTED if is_open else Relation.CONTRADICTED
    yes_no = {
        EN: [
            f"Is {place[0]} open on {day[0]}?",
            f"can I go to {place[0]} on {day[0]}s",
            f"{day[0]}: is {place[0]} open?",
        ],
        ZH: [f"{place[1]}{day[1]}开门吗？", f"{day[1]}能去{place[1]}吗", f"{place[1]}{day[1]}开放吗？"],
        "de": [f"Ist am {day[2]} geöffnet: {_bare(place[0])}?"],
        "claim": [f"{_capital(place[0])} is open on {day[0]}.", f"{place[1]}{day[1]}开放。"],
    }
    when = {
        EN: [
            f"When is {place[0]} open?",
            f"what are the opening hours of {place[0]}",
            f"until when is {place[0]} open",
        ],
        ZH: [f"{place[1]}什么时候开放？", f"{place[1]}几点开门", f"{place[1]}几点关门？"],
    }

    def asked(language: str) -> Callable[[str], list[MadeQuestion]]:
        return lambda written: [
            *[MadeQuestion(text, None, relation) for text in yes_no.get(language, ())],
            *[
                MadeQuestion(text, f"{days[written]} from {hours[EN]}" if written == EN else f"{days[ZH]}{hours[ZH]}")
                for text in when.get(language, ())
            ],
        ]

    return Fact(("hours", place[0]), said, {each: asked(each) for each in yes_no})


def _price(chance: random.Random) -> Fact:
    """Tell what something costs for two groups."""
    thing, sign = chance.choice(_THINGS), chance.choice(_CURRENCY)
    low = chance.randint(1, 40)
    high = low + chance.randint(1, 30)
    member, guest = f"{sign}{low}", f"{sign}{high}"
    said = {
        EN: f"{_capital(thing[0])} costs {member} for members and {guest} for guests.",
        ZH: f"{thing[1]}会员{member}，访客{guest}。",
    }
    row = {EN: [_bare(thing[0]), member, guest], ZH: [thing[1], member, guest]}
    for_member = chance.random() < 0.5
    group, amount = (_GROUPS[0], member) if for_member else (_GROUPS[1], guest)
    wrong = f"{sign}{low + high + 3}"
    is_true = chance.random() < 0.5
    relation = Relation.SUPPORTED if is_true else Relation.CONTRADICTED
    claimed = amount if is_true else wrong
    asked: dict[str, list[str]] = {
        EN: [
            f"How much is {thing[0]} for {group[0]}?",
            f"what do {group[0]} pay for {thing[0]}",
            f"price of {thing[0]} ({group[0]})?",
        ],
        ZH: [f"{thing[1]}{group[1]}多少钱？", f"{group[1]}用{thing[1]}要付多少", f"{group[1]}{thing[1]}的价格是多少？"],
        "de": [f"Was kostet das für {'Mitglieder' if for_member else 'Gäste'}: {_bare(thing[0])}?"],
        "es": [f"¿Cuánto cuesta para {'los miembros' if for_member else 'los invitados'}: {_bare(thing[0])}?"],
        "fr": [f"Combien coûte pour les {'membres' if for_member else 'invités'} : {_bare(thing[0])} ?"],
    }
    claims = [
        f"{_capital(thing[0])} costs {claimed} for {group[0]}.",
        f"{_capital(group[0])} pay {claimed} for {thing[0]}.",
        f"{group[1]}用{thing[1]}要付{claimed}。",
    ]
    return Fact(("price", thing[0]), said, _plain(asked, amount, claims, relation), row)


def _permission(chance: random.Random) -> Fact:
    """Tell what is allowed or forbidden in a place."""
    place, action = chance.choice(_PLACES), chance.choice(_ACTIONS)
    allowed = chance.random() < 0.5
    said_en = (
        (f"You may {action[0]} in {place[0]}.", f"It is fine to {action[0]} in {place[0]}.")
        if allowed
        else (
            f"Nobody may {action[0]} in {place[0]}.",
            f"Please never {action[0]} in {place[0]}.",
            f"It is not allowed to {action[0]} in {place[0]}.",
            f"It is forbidden to {action[0]} in {place[0]}.",
        )
    )
    said_zh = (
        (f"{place[1]}里可以{action[1]}。", f"允许在{place[1]}{action[1]}。")
        if allowed
        else (f"{place[1]}里不可以{action[1]}。", f"禁止在{place[1]}{action[1]}。", f"请不要在{place[1]}{action[1]}。")
    )
    negated = chance.random() < 0.3
    holds = allowed != negated
    relation = Relation.SUPPORTED if holds else Relation.CONTRADICTED
    if negated:
        asked = {
            EN: [f"Is it forbidden to {action[0]} in {place[0]}?", f"so I must not {action[0]} in {place[0]}?"],
            ZH: [f"在{place[1]}禁止{action[1]}吗？", f"{place[1]}里不能{action[1]}吗？"],
        }
        claims = [f"It is forbidden to {action[0]} in {place[0]}.", f"{place[1]}里不许{action[1]}。"]
    else:
        asked = {
            EN: [
                f"May I {action[0]} in {place[0]}?",
                f"are we allowed to {action[0]} in {place[0]}",
                f"Is it ok to {action[0]} in {place[0]}?",
            ],
            ZH: [f"可以在{place[1]}{action[1]}吗？", f"{place[1]}让不让{action[1]}", f"{place[1]}里能{action[1]}吗？"],
        }
        claims = [f"You can {action[0]} in {place[0]}.", f"{place[1]}里允许{action[1]}。"]
    questions = {
        language: _always([MadeQuestion(text, None, relation) for text in texts]) for language, texts in asked.items()
    }
    questions["claim"] = _always([MadeQuestion(text, None, relation) for text in claims])
    return Fact(
        ("permission", f"{action[0]} {place[0]}"), {EN: chance.choice(said_en), ZH: chance.choice(said_zh)}, questions
    )


def _only(chance: random.Random) -> Fact:
    """Tell which group alone may do something."""
    action, allowed, other = chance.choice(_ACTIONS), *chance.sample(_GROUPS, 2)
    said = {EN: f"Only {allowed[0]} may {action[0]}.", ZH: f"只有{allowed[1]}可以{action[1]}。"}
    is_allowed = chance.random() < 0.5
    group = allowed if is_allowed else other
    relation = Relation.SUPPORTED if is_allowed else Relation.CONTRADICTED
    yes_no = {
        EN: [f"May {group[0]} {action[0]}?", f"can {group[0]} {action[0]} too?"],
        ZH: [f"{group[1]}可以{action[1]}吗？", f"{group[1]}能不能{action[1]}"],
    }
    who = {EN: [f"Who may {action[0]}?", f"who is allowed to {action[0]}"], ZH: [f"谁可以{action[1]}？"]}
    claims = [f"{_capital(group[0])} may {action[0]}.", f"{group[1]}可以{action[1]}。"]

    def asked(language: str) -> Callable[[str], list[MadeQuestion]]:
        return lambda written: [
            *[MadeQuestion(text, None, relation) for text in yes_no[language]],
            *[MadeQuestion(text, allowed[written == ZH]) for text in who[language]],
        ]

    questions = {EN: asked(EN), ZH: asked(ZH)}
    questions["claim"] = _always([MadeQuestion(text, None, relation) for text in claims])
    return Fact(("only", action[0]), said, questions)


def _contact(chance: random.Random) -> Fact:
    """Tell who looks after something."""
    area, name, other = chance.choice(_AREAS), *chance.sample(_NAMES, 2)
    said = {
        EN: chance.choice((f"{name} looks after {area[0]}.", f"{name} is in charge of {area[0]}.")),
        ZH: chance.choice((f"{area[1]}由{name}负责。", f"{name}负责{area[1]}。")),
    }
    is_true = chance.random() < 0.5
    relation = Relation.SUPPORTED if is_true else Relation.CONTRADICTED
    claimed = name if is_true else other
    asked = {
        EN: [
            f"Who looks after {area[0]}?",
            f"whom do I ask about {area[0]}",
            f"who is responsible for {area[0]}?",
        ],
        ZH: [f"谁负责{area[1]}？", f"{area[1]}的事找谁", f"{area[1]}是谁在管？"],
        "de": [f"Wer kümmert sich darum: {_bare(area[0])}?"],
        "es": [f"¿Quién se encarga de esto: {_bare(area[0])}?"],
        "fr": [f"Qui s'occupe de ceci : {_bare(area[0])} ?"],
    }
    claims = [f"{claimed} is responsible for {area[0]}.", f"{area[1]}的负责人是{claimed}。"]
    return Fact(("contact", area[0]), said, _plain(asked, name, claims, relation))


def _place(chance: random.Random) -> Fact:
    """Tell where something is kept."""
    thing, spot, other = chance.choice(_THINGS), *chance.sample(_SPOTS, 2)
    bare = _bare(thing[0])
    said = {EN: f"The {bare} is {spot[0]}.", ZH: f"{thing[1]}在{spot[1]}。"}
    is_true = chance.random() < 0.5
    relation = Relation.SUPPORTED if is_true else Relation.CONTRADICTED
    claimed = spot if is_true else other
    where = {
        EN: [f"Where is the {bare}?", f"where do I find the {bare}"],
        ZH: [f"{thing[1]}在哪里？", f"{thing[1]}放在哪"],
    }
    claims = [f"The {bare} is {claimed[0]}.", f"{thing[1]}放在{claimed[1]}。"]
    questions = {language: _spoken(texts, spot) for language, texts in where.items()}
    questions["claim"] = _always([MadeQuestion(text, None, relation) for text in claims])
    return Fact(("place", bare), said, questions)


def _duration(chance: random.Random) -> Fact:
    """Tell how long something may be kept, and what being late costs."""
    thing, days = chance.choice(_THINGS), chance.randint(2, 30)
    fine = f"{chance.choice(_CURRENCY)}{chance.randint(1, 9)}"
    bare = _bare(thing[0])
    said = {
        EN: f"You can keep the {bare} for {days} days; each day more costs {fine}.",
        ZH: f"{thing[1]}可以用{days}天，每晚还一天付{fine}。",
    }
    is_true = chance.random() < 0.5
    relation = Relation.SUPPORTED if is_true else Relation.CONTRADICTED
    claimed = days if is_true else days + chance.randint(1, 9)
    long = {
        EN: [f"How long can I keep the {bare}?", f"for how many days may I have the {bare}"],
        ZH: [f"{thing[1]}可以用几天？"],
    }
    late = {
        EN: [f"What do I pay if I bring the {bare} back a day late?", f"late fee for the {bare}?"],
        ZH: [f"{thing[1]}晚还一天要付多少钱？"],
    }
    claims = [f"The {bare} may be kept for {claimed} days.", f"{thing[1]}最多可以用{claimed}天。"]

    def asked(language: str) -> Callable[[str], list[MadeQuestion]]:
        return lambda written: [
            *[MadeQuestion(text, f"{days} days" if written == EN else f"{days}天") for text in long[language]],
            *[MadeQuestion(text, fine) for text in late[language]],
        ]

    questions = {EN: asked(EN), ZH: asked(ZH)}
    questions["claim"] = _always([MadeQuestion(text, None, relation) for text in claims])
    return Fact(("duration", bare), said, questions)


def _limit(chance: random.Random) -> Fact:
    """Tell how many people fit, or from which age on."""
    event, most, age = chance.choice(_EVENTS), chance.randint(4, 60), chance.randint(6, 18)
    said = {
        EN: f"At most {most} people can join {event[0]}, and they must be at least {age} years old.",
        ZH: f"{event[1]}最多{most}人参加，年满{age}岁才能参加。",
    }
    asked_age = age + chance.choice((-4, -2, -1, 0, 1, 3, 10))
    relation = Relation.SUPPORTED if asked_age >= age else Relation.CONTRADICTED
    yes_no = {
        EN: [
            f"Can a {asked_age} year old join {event[0]}?",
            f"my daughter is {asked_age}, may she come to {event[0]}?",
        ],
        ZH: [f"{asked_age}岁能参加{event[1]}吗？"],
    }
    many = {EN: [f"How many people can join {event[0]}?", f"places at {event[0]}?"], ZH: [f"{event[1]}最多几个人？"]}
    old = {EN: [f"From which age can one join {event[0]}?"], ZH: [f"{event[1]}几岁可以参加？"]}

    def asked(language: str) -> Callable[[str], list[MadeQuestion]]:
        return lambda written: [
            *[MadeQuestion(text, None, relation) for text in yes_no[language]],
            *[MadeQuestion(text, f"{most} people" if written == EN else f"{most}人") for text in many[language]],
            *[MadeQuestion(text, f"{age} years" if written == EN else f"{age}岁") for text in old[language]],
        ]

    return Fact(("limit", event[0]), said, {EN: asked(EN), ZH: asked(ZH)})


def _list(chance: random.Random) -> Fact:
    """Tell what to bring, as a list."""
    event, items = chance.choice(_EVENTS), chance.sample(_ITEMS, chance.randint(3, 6))
    said = {
        EN: "\n".join([f"What to bring to {event[0]}:", *(f"- {item[0]}" for item in items)]),
        ZH: "\n".join([f"参加{event[1]}要带：", *(f"- {item[1]}" for item in items)]),
    }
    asked = {
        EN: [f"What do I need for {event[0]}?", f"what should I bring to {event[0]}"],
        ZH: [f"{event[1]}要带什么？", f"参加{event[1]}需要准备什么"],
        "de": [f"Was muss ich mitbringen: {_bare(event[0])}?"],
    }
    return Fact(("list", event[0]), said, {k: _always([MadeQuestion(t) for t in texts]) for k, texts in asked.items()})


def _plain(
    asked: dict[str, list[str]], answer: str, claims: Sequence[str], relation: Relation
) -> dict[str, Callable[[str], list[MadeQuestion]]]:
    questions = {language: _always([MadeQuestion(text, answer) for text in texts]) for language, texts in asked.items()}
    questions["claim"] = _always([MadeQuestion(text, None, relation) for text in claims])
    return questions


def _spoken(texts: Sequence[str], answer: Words) -> Callable[[str], list[MadeQuestion]]:
    return lambda written: [MadeQuestion(text, answer[written == ZH]) for text in texts]


def _always(questions: list[MadeQuestion]) -> Callable[[str], list[MadeQuestion]]:
    return lambda written: questions


def _and(words: Sequence[str], language: str) -> str:
    if len(words) == 1:
        return words[0]
    joined, last = (", ", " and ") if language == EN else ("、", "和")
    return f"{joined.join(words[:-1])}{last}{words[-1]}"
