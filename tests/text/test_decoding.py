from __future__ import annotations

import codecs

import pytest

from text.decoding import NotText, decode

SIMPLIFIED = ("会员可以借书三十天。", "姓名,年龄\n王伟,31\n李娜,28\n", "Price 价格 40, boat 船", "费用：每年二十元。")
TRADITIONAL = ("會員可以借書三十天。", "姓名,年齡\n王偉,31\n李娜,28\n", "Price 價格 40, boat 船", "費用：每年二十元。")
WESTERN = ("Größe: 4 m, für Anfänger", "Le port est fermé à cause du gel.", "Boot;Größe\nJolle;4\n", "naïve café")


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_short_simplified_chinese_is_recognised(text: str) -> None:
    assert decode(text.encode("gb18030")) == text


@pytest.mark.parametrize("text", TRADITIONAL)
def test_short_traditional_chinese_is_recognised(text: str) -> None:
    assert decode(text.encode("big5")) == text


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize("text", WESTERN)
def test_western_text_is_not_mistaken_for_chinese(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("text", ["Порт закрыт зимой. Свяжитесь с капитаном.", "Цена 40 рублей"])
def test_russian_is_not_mistaken_for_chinese(text: str) -> None:
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
    "data",
    [
        bytes(range(256)) * 9,
        b"\x7fELF\x02\x01" + bytes(90),
        b"text\0text",
        b"\x89PNG\r\n\x1a\n\xff\xfe\xfd",
        b"\xff" * 40,
    ],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(NotText):
        decode(data)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("euc_kr", "방문 보트의 하룻밤 요금은 구천 원입니다. 보트는 다섯 밤까지 머물 수 있습니다."),
        ("euc_kr", "이름,나이\n김민수,31\n이영희,28\n"),
        ("cp1254", "Misafir teknenin bağlama ücreti gecelik dokuz avrodur. Başvuru iki gün önce yapılmalıdır."),
        ("cp1253", "Το σκάφος πληρώνει εννέα ευρώ τη νύχτα. Η αίτηση στέλνεται δύο ημέρες πριν."),
        ("cp1253", "Ώρες λειτουργίας"),
        ("cp1255", "דמי העגינה לסירה אורחת הם תשעה אירו ללילה. את הבקשה שולחים יומיים מראש."),
        ("cp1256", "رسم رسو القارب الزائر تسعة يورو في الليلة. يرسل الطلب قبل يومين إلى المكتب."),
        ("mac_roman", "Die Gebühr für Gäste beträgt neun Euro. Größere Boote müssen den Südsteg nützen."),
        ("cp1250", "Opłata za cumowanie łodzi wynosi dziewięć złotych. Wniosek należy złożyć dzień wcześniej."),
        ("koi8_r", "Порт закрыт зимой. Свяжитесь с капитаном."),
        ("shift_jis", "係留料金は一泊九百円です。申請は二日前までにお願いします。"),
        ("cp1252", "Höfnin er lokuð á veturna. Það þarf að hafa samband við skipstjórann í síma."),
        ("cp1252", "The club’s “harbour” – its rules… and the €9 fee"),
        ("cp1252", "It’s 5 °C."),
        ("cp1252", "more than ¼ inch from the base"),
        ("cp1252", "more than ¼ inch, 5½ sacks or 10 m² of the hair"),
        ("cp1252", "L’été, le port est ouvert jusqu’à 22 h ; la taxe s’élève à 9 €."),
    ],
)
def test_the_letters_of_a_language_tell_its_encoding(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text
