"""Turns what a person typed into the text that is searched for and measured: without markup and courtesies.

A greeting, an apology, a thank-you, or "I am new here" says nothing about what is asked, but takes part in every
measure. What remains always asks something: words that are only polite stay as they are. The original is kept for
display, the prompt and the record. Edit it for another courtesy.
"""

from __future__ import annotations

import re

from text.discord_markup import readable_markup, without_emphasis
from text.stop_words import ASKING_CHINESE
from text.tokens import EMOJI, without_invisible
from text.words import content_words

_ANYONE = r"(?:any ?one|any ?body|some ?one|some ?body|you(?: guys| all)?|y'?all|any of you|some of you)(?: here)?"
_ASKING = (
    r"(?:what|when|where|who|whom|whose|why|which|how|is|isn'?t|are|aren'?t|was|were|do|don'?t|does|doesn'?t|did|can|"
    r"can'?t|could|may|might|must|should|would|will|am|has|have|if|whether)(?:'s|’s|'re|’re)?\b"
)
_POLITE = (
    r"(?:i|i'?m|we|my|sorry|please|pls|plz|just|quick|any ?one|any ?body|some ?one|some ?body|tell|excuse|apolog\w+|"
    r"thanks?|thank|new|question|hi|hello|hey|good|hope)\b"
)
_GAP = rf"(?:[\s,.!;:…~—–-]|{EMOJI.pattern})"
_STOP = (
    rf"(?:(?:\s*(?:[,.!;:…~—–-]|{EMOJI.pattern}))+\s*(?:(?:and|so|but)\b)?|\s+(?:and|so|but)\b"
    rf"|(?=\s+(?:{_ASKING}|{_POLITE}))|\s*$)"
)
"""Where a courtesy ends: at a sign, or where a question or another courtesy begins."""
_ABOUT = rf"(?=\s*(?:[,:]\s*)?(?:{_ASKING}|about\b|the\b|my\b|our\b|your\b|of\b|any\b))"
"""What follows words that announce a question."""
_ASKED = rf"(?=\s*(?:[,:]\s*)?(?:{_ASKING}|about\b))"

_LEADING = (
    # Greetings.
    r"(?:hi+|hello+|he+y+|hiya|heya|howdy|greetings|good (?:morning|afternoon|evening|day)|g'?day)"
    r"(?:\s+(?:there|all|every ?one|every ?body|guys|folks|friends|team|people|y'?all|you all|bot|mods?|admins?|again"
    rf"|community|mate)|[\s,]+@\w+)*{_STOP}",
    r"(?:yo|morning|evening|afternoon|dear)\s+(?:all|every ?one|every ?body|guys|folks|friends|team|bot|mods?|admins?)"
    rf"{_STOP}",
    r"(?:yo|morning|evening|afternoon)\s*[,!]",
    r"how are you(?: all| doing| everyone)*(?: today)?\s*[?!,.]",
    r"(?:i )?hope (?:you'?re|you are|you|everyone'?s|everyone is|all is)(?: all)?(?: doing| having)?"
    rf"(?: well| good| fine| great| a (?:good|nice|great|lovely) \w+)+{_STOP}",
    rf"nice to (?:meet|see) (?:you|everyone)(?: all)?{_STOP}",
    # Apologies.
    r"(?:(?:i'?m|i am|we'?re|we are)\s+)?(?:(?:so|very|really|terribly|super)\s+)?sorry"
    r"(?:\s+(?:if|for|about|to) [^.,!?;:\n]{1,60}(?:[,.!;:…—–-]+\s*(?:but\b)?|\s+but\b)"
    r"|(?:\s+(?:to (?:bother|disturb|trouble|interrupt|annoy|bug)|for (?:bothering|disturbing|interrupting))"
    rf"(?: (?:you|every ?one|every ?body|this channel))?(?: all| guys| again)?)?{_STOP})",
    rf"(?:excuse me|pardon(?: me)?|(?:my )?apologies(?:\s+(?:for|if)\b[^.,!?;:\n]{{0,60}}?)?|forgive me){_STOP}",
    # Who asks.
    r"(?:(?:i'?m|i am|im|we'?re|we are)\s+)?(?:(?:quite|very|totally|completely|pretty|brand|still|a bit|just|also"
    r"|kinda|rather|fairly)\s+)*new\s+(?:here|around here|around"
    r"|to (?:this|the|your) (?:server|channel|community|discord|place)"
    rf"|to (?:this|all this|discord)|(?:on|in) (?:this|the) (?:server|channel|discord))(?:\s+too)?{_STOP}",
    r"(?:i|we)(?:'ve| have)?\s+(?:(?:only|just|recently|newly)\s+)+joined"
    r"(?:\s+(?:here|today|yesterday|(?:this|the|your) (?:server|channel|community|discord)|an? \w+ ago))*" + _STOP,
    r"my name(?:'?s| is)\s+\w+(?:\s+\w+)?\s*(?:[,.!;]+\s*(?:(?:and|so|but)\b)?|\band\b)",
    rf"(?:long[- ]time lurker|first[- ]time (?:here|poster|posting|asking)){_STOP}",
    r"(?:i'?m )?not sure (?:if|whether) (?:this|it)(?: is|'s) the right (?:place|channel)[^.,!?;:\n]{0,30}?" + _STOP,
    r"(?:i )?hope (?:it'?s|it is|this is|that'?s) (?:ok(?:ay)?|fine|alright|the right (?:place|channel))"
    r"[^.,!?;:\n]{0,30}?" + _STOP,
    # That a question comes.
    r"(?:(?:i'?ve|i have|i|we have|we'?ve|got|just|have)\s+)+(?:got\s+)?(?:an?|one|another)\s+(?:(?:quick|small|short"
    r"|little|silly|stupid|dumb|simple|basic|noob|newbie|general|brief)\s+)*question(?:\s+(?:for you|here|please))*"
    r"(?:\s*[,.:;!—–-]+|\s+(?:about|regarding|concerning)\b)",
    r"(?:(?:an?|one|just)\s+)*(?:(?:quick|silly|stupid|dumb|noob|small|simple|short|newbie|random)\s+)+question\b"
    r"\s*[,.:;!—–-]*",
    r"question\s*[:—–-]+",
    r"(?:(?:i|we)(?:'m|'re| am| are| was| were|'ve been| have been)?\s+)?(?:(?:just|only|also|really|still|kinda"
    rf"|actually)\s+)*(?:wondering|wonder|curious)\b{_ABOUT}",
    rf"(?:if|whether)\s+{_ANYONE}\s+(?:(?:might|could|would|can|may|happens? to)\s+)*"
    rf"(?:knows?|tell (?:me|us)|help me|explain(?: to me)?|say)\b{_ABOUT}",
    rf"(?:can|could|would|will|may|might)\s+{_ANYONE}\s+(?:(?:please|pls|plz|kindly|maybe|possibly|perhaps)\s+)*"
    r"(?:explain|(?:tell|let|help|explain to|remind|inform) (?:me|us)(?: know| understand| out)?)\s*(?:please|pls)?"
    rf"{_ABOUT}",
    rf"(?:does|do)\s+{_ANYONE}\s+(?:happen to )?know\b{_ABOUT}",
    rf"{_ANYONE}\s+knows?\b{_ABOUT}",
    r"(?:i|we)(?:'d| would| just|'d just| would just| really)*\s+(?:like|love|want|wanted|need)\s+to\s+"
    rf"(?:(?:know|find out)\b{_ABOUT}|ask(?: you)?\b{_ASKED})",
    r"(?:may|can|could)\s+(?:i|we)\s+(?:(?:please|just|quickly)\s+)*ask(?: you)?"
    r"(?: something| a (?:quick )?question)?\b"
    rf"(?:\s*[,:.?!—-]+|{_ASKED})",
    rf"(?:please |pls |plz |kindly )?(?:tell|remind) (?:me|us)\b{_ABOUT}",
    rf"any (?:ideas?|clue)\b{_ABOUT}",
    r"(?:please|pls|plz|kindly)\b[\s,]*(?=\w)",
    r"help(?: me)?(?: please)?\s*[!,.]+",
    # Thanks that come first, and words that only begin.
    r"(?:many |much )?(?:thanks|thank you|thx|ty)(?:\s+(?:so|very) much| a lot)?(?:\s+(?:for|in advance)"
    r"[^.,!?;:\n]{0,60})?\s*[.!,;:—–-]+\s*(?:(?:and|but)\b)?",
    r"(?:ok(?:ay)?|so|well|um+|uh+|hm+|anyway|btw|by the way)\s*[,.…]+",
    r"about(?=\s)",
    # Chinese.
    r"(?:大家|各位|你们|諸位|诸位|群友|群主|老师|老師|管理员|管理員|机器人|機器人|小助手|版主|朋友们?|大佬们?)*"
    r"(?:早上好|上午好|中午好|下午好|晚上好|早安|晚安|好呀|好啊|你好|您好|好|嗨|哈喽|哈囉|哈罗)(?:呀|啊|哦|哈)?"
    r"(?=\s*[,，.。!！~～、:：\s]|请|請|我|想|麻烦|麻煩|不好意思|谢|問|问|打扰|打擾)",
    r"(?:早上好|上午好|中午好|下午好|晚上好|你好|您好|嗨|哈喽|哈囉|哈罗|各位)(?=\w)(?![的是吗用像]|怎么说|怎樣|英文|中文)",
    r"(?:各位|诸位|大佬们?|朋友们)(?=\s*[,，!！~～\s])",
    r"(?:在吗|在嗎|有人吗|有人嗎|在不在)\s*[,，.。?？!！~～]*",
    r"(?:真的|非常|很|实在)?(?:不好意思|抱歉|对不起|對不起|冒昧|(?:打扰|打擾)(?:一下|了|大家|各位|你们))(?![的是用]|怎么说)"
    r"(?:打扰|打擾|麻烦|麻煩)?(?:一下|了|大家|各位|你们|问一下|问)*",
    r"我?(?:是)?(?:刚刚?|剛剛?|才|今天)?(?:新来的|新來的|新人报道|新人報道|新人一枚|萌新一枚|小白一枚|新人求助|小白求助)",
    r"(?:我)?(?:刚刚?|剛剛?|今天|昨天)(?:才)?(?:加入|进群|進群|入群|加群)(?:的|了)?(?=\s*[,，.。!！~～\s])",
    r"(?:我叫|我的名字是)[^\s,，.。!！?？]{1,8}(?=[,，.。!！])",
    r"(?:弱弱|小声|悄悄)(?:地|的)?(?:问|問)(?:一下|一句|下)?",
    r"(?:我|俺)?(?:就|只是|只|也)?(?:想|想要|要)(?:请问|請問|(?:请教|請教)(?![练師师授])|问问|問問|问|問|知道|了解|咨询|諮詢)(?:一下|下|一个问题|个问题|大家|各位)*",
    r"(?:我)?有(?:一)?(?:个|個)?(?:小|简单的|愚蠢的)?(?:问题|問題)(?:想问|想請教|想请教|请教)?(?:一下|下|大家)?(?=\s*[,，:：.。!！])",
    r"(?:请问|請問|(?:请教|請教)(?![练師师授])|敢问|借问|借問)(?:一下|下|各位|大家|你们|问题)*",
    r"(?:麻烦|麻煩|劳驾|勞駕|拜托|拜託)(?![的吗嗎])(?:各位|大家|你|您)?(?:了)?(?:问一下|問一下|问下|問下|问|問|告诉我|告訴我|说一下|说下|一下)?",
    r"(?:问一下|問一下|问下|問下|问个问题|問個問題|求问|求問)(?:各位|大家|一下)?",
    r"(?:求助|求解|求教)(?:各位|大家|一下)?(?=\s*[,，:：。.!！~～\s])",
    r"有(?:没有|沒有)?(?:人|谁|誰|哪位|大佬|朋友)(?:能|可以)?(?:知道|清楚|了解|告诉我|告訴我|说说)(?:一下)?",
    r"(?:谁|誰|哪位|大家|你们?|您)(?:能|可以)?(?:知道|知不知道|清楚|告诉我|告訴我)(?:一下)?(?=.*(?:吗|嗎|[?？]|什么|什麼|怎|哪|几|幾|多少|谁|誰))",
    r"(?:你|您|能|可以|能不能|可不可以|可否|能否)+(?:告诉我|告訴我|帮我看一下|帮我查一下|说一下|帮忙看一下)(?:一下)?",
    r"(?:谢谢|謝謝|多谢|多謝|感谢|感謝)(?:大家|各位|你们?|您|了|啦)*\s*[,，.。!！~～]+",
)
_TRAILING = (
    r"(?:(?:many|much|big|lots of)\s+)?(?:thanks|thank (?:you|u)|thx|tnx|tysm|tyvm)(?:\s+(?:so|very)\s+much"
    r"|\s+a (?:lot|bunch|million|ton)|\s+in advance|\s+again|\s+every ?one|\s+every ?body|\s+all|\s+guys|\s+folks"
    r"|\s+bot|\s+mate|\s+for (?:your|the|any|all|reading|helping|answering)[^.!?\n]{0,30})*",
    r"(?:cheers|ta|ty)(?:\s+(?:all|mate|guys|everyone|in advance))?",
    r"any (?:help|info|information|advice|pointers?|hints?|tips?|ideas?)(?:\s+(?:is|would be|will be))?"
    r"(?:\s+(?:greatly|much|really|very much|highly))*\s*(?:appreciated|welcome)",
    r"(?:i(?:'d| would)? (?:really )?|would )?appreciate(?:d)?(?: any help| it| your help)*",
    r"(?:much |greatly |really )appreciated",
    r"sorry(?:\s+(?:for|if|to)\b[^.!?\n]{0,60})?",
    r"(?:please|pls|plz)(?: and thank you| help| tell me)?",
    r"have an? (?:nice|good|great|lovely|wonderful) (?:day|evening|night|weekend|one)(?: everyone| all| ahead)?",
    r"(?:best|kind|warm) (?:regards|wishes)[, \w]{0,20}",
    r"(?:i )?hope (?:someone|anyone|somebody|you) can (?:help|answer)(?: me)?",
    r"(?:please )?(?:let me know|tell me)(?: please)?",
    r"help(?: me)?(?: please)?",
    r"(?:i'?m|i am|im) (?:(?:quite|very|pretty|brand|still)\s+)*new (?:here|to this|to this server)",
    r"(?:(?:i'?m|i am|i was) )?just (?:wondering|curious|asking)",
    r"asking for a friend",
)
_TRAILING_CHINESE = (
    r"(?:非常|十分|万分|先|在此|提前)?(?:谢谢|謝謝|多谢|多謝|感谢|感謝|谢了|謝了|谢啦|謝啦|谢过|感激不尽|感激不盡|感恩|辛苦|拜托|拜託|麻烦|麻煩)"
    r"(?:大家|各位|你们|妳|你|您|啦|了|老师|老師|管理员|的?回答|的?解答|的?帮助|的?幫助|指教|大佬们?|哈|呀|啊)*",
    r"(?:在线等|在線等|急急+|很急|挺急的|急)",
    r"(?:求助|求解|求解答|求告知|求回复|求指教|跪求|求教)(?:各位|大家|大佬)?",
    r"(?:不好意思|打扰了|打擾了|打扰大家了|抱歉)",
    r"(?:我是)?(?:新人|萌新|小白)(?:一枚|求助|求解)",
)
_THANKS_CHINESE = r"(?<![说說声聲句道是用叫写寫])(?:非常|十分)?(?:谢谢|謝謝|多谢|多謝)(?:大家|各位|你们?|您|啦|了)*"
_END = rf"(?:[\s,.!~…)，。！～、]|{EMOJI.pattern})*$"
_LEADS = re.compile(rf"^{_GAP}*(?:{'|'.join(_LEADING)}){_GAP}*[，。！～、：]*\s*", re.IGNORECASE)
_TRAILS = re.compile(
    # A sign or a question mark goes before it; "thank you" and "please" also follow without one.
    rf"(?:(?:^|(?<=[?？])|[,.!;:…~—–(\n-])\s*(?:{'|'.join(_TRAILING)}|and thanks)"
    r"|(?<!\bsay)(?<!\bsaid)(?<!\bgive)(?<!\bsend)(?<!\bof)(?<!\bfor)(?<!\bthe)(?<!\bto)(?<!\bmy)(?<!\bour)(?<!\bwith)"
    r"(?<!\bmean)(?<!\bno)(?<!\ba)"
    rf"\s+(?:{_TRAILING[0]}|please|pls|plz)"
    rf"|(?:^|[\s,.!;:…~—–，。！～、（(]|(?<=[?？]))(?:{'|'.join(_TRAILING_CHINESE)})|(?<=[\u4e00-\u9fff]){_THANKS_CHINESE}){_END}",
    re.IGNORECASE,
)
_PLEASE = re.compile(
    r"(?<![\w\"'“‘`])(?:,\s*)?(?:please|pls|plz|kindly)\b(?![\"'”’`\w-])(?:\s*,(?=\s))?", re.IGNORECASE
)
_EMOTICON = re.compile(
    r"(?:^|(?<=[\s?!.。？！]))(?:[:;]['^o-]?[)(\]DPp/\\|3*]+|<3+|\^_*\^|[xX]D+|T_T|lol|lmao)(?=\s|$)"
)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])\s*|\n+")
_BEFORE_SIGN = re.compile(r"\s+(?=[?!.,;:](?:\s|$))")
_ASKS = re.compile(rf"[?？]|\b{_ASKING}", re.IGNORECASE)
_MOST_ROUNDS = 12


def asked_text(question: str) -> str:
    """Return the question as it is searched for and measured; doing so again changes nothing."""
    text = without_invisible(without_emphasis(readable_markup(question, lambda _kind, _id: ""))).strip()
    return _without_courtesies(text) or text


def _without_courtesies(text: str) -> str:
    """Return the text without its polite parts; unchanged if nothing that asks would remain."""
    bare = _EMOTICON.sub(" ", text)
    sentences = [rest for sentence in _SENTENCE.split(bare) if (rest := _bare_sentence(sentence))]
    rest = _BEFORE_SIGN.sub("", " ".join(" ".join(sentences).split()))
    return rest if rest != " ".join(text.split()) and _asks_something(rest) else text


def _bare_sentence(sentence: str) -> str:
    """Return a sentence without courtesies at its beginning and its end; empty if it was nothing else."""
    rest = " ".join(sentence.split())
    for _ in range(_MOST_ROUNDS):
        before = rest
        rest = _TRAILS.sub("", _LEADS.sub("", rest, count=1)).strip()
        if rest == before:
            break
    return _PLEASE.sub("", rest).strip() if any(map(str.isalnum, rest)) or EMOJI.search(rest) else ""


def _asks_something(text: str) -> bool:
    """Return whether a text has content, and asks or names enough to be a question in a few words."""
    content = content_words(text)
    return bool(content) and (len(content) > 1 or bool(_ASKS.search(text) or ASKING_CHINESE.search(text)))
