from __future__ import annotations

import codecs

import pytest

from knowledge.decoding import NotText, decode

SIMPLIFIED = ("会员可以借书三十天。", "姓名,年龄\n王伟,31\n李娜,28\n", "Price 价格 40, boat 船", "费用：每年二十元。")
TRADITIONAL = ("會員可以借書三十天。", "姓名,年齡\n王偉,31\n李娜,28\n", "Price 價格 40, boat 船", "費用：每年二十元。")
WESTERN = ("Größe: 4 m, für Anfänger", "Le port est fermé à cause du gel.", "Boot;Größe\nJolle;4\n", "naïve café")


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_short_simplified_chinese_is_told_from_all_else(text: str) -> None:
    assert decode(text.encode("gb18030")) == text


@pytest.mark.parametrize("text", TRADITIONAL)
def test_short_traditional_chinese_is_told_from_all_else(text: str) -> None:
    assert decode(text.encode("big5")) == text


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize("text", WESTERN)
def test_western_text_is_told_from_chinese(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("text", ["Порт закрыт зимой. Свяжитесь с капитаном.", "Цена 40 рублей"])
def test_russian_is_told_from_chinese(text: str) -> None:
    assert decode(text.encode("cp1251")) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_in_any_form_is_read(encoding: str) -> None:
    assert (
        decode("The slip – dredged in March.\r\nAsk Zoë.\r".encode(encoding))
        == "The slip – dredged in March.\nAsk Zoë.\n"
    )


def test_chinese_in_marked_utf_16_is_read() -> None:
    assert decode(codecs.BOM_UTF16_BE + "会员可以借书。".encode("utf-16-be")) == "会员可以借书。"


def test_utf8_with_signs_that_an_earlier_program_misread_is_text_all_the_same() -> None:
    misread = "Clerk’s Office ‘Appeals’".encode().decode("latin-1")
    assert decode(misread.encode()) == misread


def test_a_text_that_is_cut_off_within_its_last_character_loses_that_one_alone() -> None:
    assert decode("会员可以借书。".encode()[:-1]) == "会员可以借书"
    assert decode("Bring a café".encode("latin-1")) == "Bring a café"


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 9, b"\x7fELF\x02\x01" + bytes(90), b"text\0text", b"\x89PNG\r\n\x1a\n\xff\xfe\xfd"]
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(NotText):
        decode(data)
