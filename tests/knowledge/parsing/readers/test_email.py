"""E-mails: who wrote what to whom, in any encoding, with what is attached named and told."""

from __future__ import annotations

from datetime import date
from email.message import EmailMessage

import pytest

from knowledge.chunking.splitter import split_document
from knowledge.errors import DocumentError, Reason
from knowledge.parsing.document_metadata import email_date
from knowledge.parsing.loader import load_document
from knowledge.parsing.readers.email_message import read_email
from tests.knowledge.parsing.readers.reading import Reading, read


def message(text: str = "Open daily.\n", **fields: str) -> EmailMessage:
    made = EmailMessage()
    named = {"From": "Ada Lindqvist <ada@club.example>", "To": "船会 <all@club.example>", "Subject": "工坊开放时间"}
    for name, value in {**named, **fields}.items():
        made[name] = value
    if text:
        made.set_content(text)
    return made


def read_message(made: EmailMessage) -> Reading:
    return read(read_email, made.as_bytes())


def test_the_subject_is_the_heading_above_who_wrote_and_what() -> None:
    found = read_message(
        message("工坊每周二晚上开门。\n", Date="Tue, 05 May 2026 10:00:00 +0200", Cc="Ben <ben@club.example>")
    )
    assert found.text.rstrip() == (
        "# 工坊开放时间\n\nFrom: Ada Lindqvist <ada@club.example>\nTo: 船会 <all@club.example>\n"
        "Cc: Ben <ben@club.example>\nDate: Tue, 05 May 2026 10:00:00 +0200\n\n工坊每周二晚上开门。"
    )


def test_a_passage_is_cited_by_the_subject_and_dated() -> None:
    document = load_document(message(Date="Tue, 05 May 2026 23:30:00 +0200").as_bytes(), "a.eml", 10**7)
    assert document.dated == date(2026, 5, 5)
    assert [chunk.place.heading for chunk in split_document(document, "s")] == ["工坊开放时间"]


@pytest.mark.parametrize(
    "sent", [b"", b"Date: soon\n", b"Date: Tue, 05 May 1889 10:00:00 +0200\n", b"X: 1\n\nDate: 5 May 2026 10:00\n"]
)
def test_a_date_that_is_none_is_not_believed(sent: bytes) -> None:
    assert email_date(b"Subject: x\n" + sent) is None


def test_plain_text_is_preferred_and_a_stub_is_not() -> None:
    full = message("Open daily from nine to five.\n")
    full.add_alternative("<p>Open <b>daily</b> from nine to five.</p>", subtype="html")
    assert "**" not in read_message(full).text
    stub = message("Use a newer program.\n")
    stub.add_alternative(f"<h2>Fees</h2><p>{'A berth costs 40. ' * 20}</p>", subtype="html")
    assert "## Fees\n\nA berth costs 40." in read_message(stub).text


def test_html_without_plain_text_is_read_as_a_page() -> None:
    made = message("")
    made.set_content(
        "<style>p{}</style><p style='display:none'>preview</p><p>Open.</p><img src='cid:a'>", subtype="html"
    )
    found = read_message(made)
    assert found.text.endswith("Open.\n") and found.left_out == {"hidden_text": 1, "picture": 1}


def test_a_page_is_read_in_the_encoding_of_its_part_whatever_it_states_itself() -> None:
    page = (
        '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><p>工坊每周二开门，café。</p>'.encode()
    )
    found = read(read_email, b"Subject: x\nContent-Type: text/html; charset=utf-8\n\n" + page)
    assert "工坊每周二开门，café。" in found.text


def test_quotations_stay_and_what_looks_like_markdown_is_only_text() -> None:
    text = "I agree.\n-- \nAda\n\n> Ben wrote:\n> # 3 is taken\n>> Is it?\n# no heading\n"
    assert (
        read_message(message(text))
        .text.rstrip()
        .endswith("I agree.\n\\--\nAda\n\n> Ben wrote:\n> \\# 3 is taken\n>> Is it?\n\\# no heading")
    )


def test_lines_that_were_folded_are_joined() -> None:
    raw = b"Subject: x\nContent-Type: text/plain; format=flowed\n\nA long \nline.\n> quoted \n> words\n-- \nAda\n"
    assert read(read_email, raw).text.rstrip().endswith("A long line.\n> quoted words\n\\--\nAda")


def test_attachments_are_named_and_told() -> None:
    made = message()
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="费用.pdf")
    made.add_attachment("secret notes", filename="notes.txt")
    found = read_message(made)
    assert "Attachments: 费用.pdf, notes.txt" in found.text and "secret" not in found.text
    assert found.left_out == {"embedded_file": 2}


def test_an_attached_message_is_read_below_the_one_that_brings_it() -> None:
    made = message()
    made.add_attachment(message("Half in winter.\n", Subject="Fees", Bcc="z@club.example"))
    found = read_message(made)
    assert "## Fees\n\nFrom: Ada Lindqvist <ada@club.example>" in found.text and "Half in winter." in found.text
    assert "z@club.example" not in found.text and found.left_out == {"hidden_text": 1}


def test_messages_within_each_other_end() -> None:
    made = message("Deepest.\n")
    for _ in range(20):
        outer = message("Above.\n")
        outer.add_attachment(made)
        made = outer
    found = read_message(made)
    assert "Deepest." not in found.text and found.left_out == {"embedded_file": 1}


@pytest.mark.parametrize(
    ("stated", "encoding"),
    [("gb2312", "gb18030"), ("big5", "big5"), ("iso-2022-jp", "iso2022_jp"), ("nonsense", "utf-8"), (None, "gb18030")],
)
def test_a_text_is_read_in_the_encoding_that_it_states_or_has(stated: str | None, encoding: str) -> None:
    words = (
        "会員は本を借りることができます。" if encoding == "iso2022_jp" else "工坊每周二晚上七点开门，会员可以借工具。"
    )
    words = "工坊每週二晚上七點開門，會員可以借工具。" if encoding == "big5" else words
    kind = f"Content-Type: text/plain; charset={stated}\n" if stated else ""
    raw = f"Subject: x\n{kind}Content-Transfer-Encoding: 8bit\n\n".encode() + words.encode(encoding)
    assert words in read(read_email, raw).text


def test_a_subject_is_read_in_any_encoding() -> None:
    for subject in (
        b"=?gb2312?B?uaS3u7+qt8XKsbzk?=",
        "工坊开放时间".encode(),
        "工坊开放时间，会员可以借".encode("gb18030"),
    ):
        assert "# 工坊开放时间" in read(read_email, b"Subject: " + subject + b"\n\nOpen.").text
    assert "# =?x?q" not in read(read_email, b"Subject: =?nonsense?Q?Fees?=\n\nOpen.").text


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"Dear members,\nhello\n", Reason.CORRUPT),
        (b"Subject: x\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB", Reason.ENCRYPTED),
        (b"Subject: x\nContent-Type: multipart/encrypted; boundary=b\n\n--b\n\nVersion: 1\n--b--\n", Reason.ENCRYPTED),
    ],
)
def test_a_message_that_cannot_be_read_says_why(raw: bytes, reason: Reason) -> None:
    with pytest.raises(DocumentError) as caught:
        load_document(raw, "a.eml", 10**7)
    assert caught.value.reason is reason
