"""RTF as its author sees it, in the encodings of its fonts, without what is hidden or deleted."""

from __future__ import annotations

import pytest

from knowledge.errors import DocumentError, Reason
from knowledge.parsing.loader import load_document
from knowledge.parsing.readers.through_html.rtf import read_rtf
from tests.knowledge.parsing.readers.reading import Reading, read

FONTS = r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fnil\fcharset134 SimSun;}{\f2\fcharset204 Arial;}}"
STYLES = r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\s2 heading 2;}{\s3 Title;}{\s4 HTML Preformatted;}}"


def rtf(body: str | bytes, head: str = "") -> Reading:
    content = body if isinstance(body, bytes) else body.encode("ascii")
    return read(read_rtf, (r"{\rtf1\ansi\ansicpg1252\deff0" + FONTS + STYLES + head + "\n").encode() + content + b"}")


def test_headings_are_those_of_styles_and_outline_levels() -> None:
    body = r"\pard\s3 Handbook\par\pard\s1 Fees\par\pard Forty pounds.\par\pard\s2 Refunds\par\pard Ask.\par"
    body += r"\pard\outlinelevel0 Rules\par\pard Be kind.\par"
    text = "# Handbook\n\n## Fees\n\nForty pounds.\n\n### Refunds\n\nAsk.\n\n## Rules\n\nBe kind."
    assert rtf(body).text == text


def test_letters_are_read_in_the_encoding_of_their_font() -> None:
    chinese = "".join(f"\\'{byte:02x}" for byte in "工坊开门".encode("gb18030"))
    russian = "".join(f"\\'{byte:02x}" for byte in "клуб".encode("cp1251"))
    body = rf"{{\f1 {chinese}}}, {{\f2 {russian}}}, caf\'e9 \'80 40\par"
    assert rtf(body).text == "工坊开门, клуб, café € 40"
    whole = r"{\rtf1\ansi\ansicpg936\deff0 " + chinese + r"\par}"
    assert read(read_rtf, whole.encode()).text == "工坊开门"


def test_a_letter_whose_second_byte_is_ascii_is_one_letter() -> None:
    assert read(read_rtf, rb"{\rtf1\ansi\ansicpg936 \'81@\'81A\par}").text == b"\x81@\x81A".decode("gb18030")


def test_unicode_letters_replace_those_for_older_programs() -> None:
    body = r"\u24037?\u22346\'3f: {\uc2\u24320\'bf\'aa\uc0\u38376}\u-10179?\u-8704? \u8220\ldblquote OK\par"
    assert rtf(body).text == "工坊: 开门😀 “OK"


def test_utf_8_that_is_not_escaped_is_read_as_such() -> None:
    assert rtf("工坊每周二开门。\\par".encode()).text == "工坊每周二开门。"


def test_a_table_is_a_table_and_what_follows_is_not() -> None:
    rows = r"\trowd\trhdr\cellx1\cellx2\pard\intbl Boat\cell Fee\cell\row"
    rows += r"\trowd\cellx1\cellx2\pard\intbl Dinghy\par or yawl\cell 40 | 45\cell\row\pard After.\par"
    assert rtf(rows).text == "| Boat | Fee |\n| --- | --- |\n| Dinghy  or yawl | 40 \\| 45 |\n\nAfter."


def test_list_items_keep_their_numbers_and_bullets() -> None:
    body = r"\pard{\listtext\f0 1.1.\tab}Ask.\par\pard{\listtext 1.2.\tab}Wait.\par{\pntext\'b7\tab}Oak.\par"
    assert rtf(body).text == "1.1. Ask.\n1.2. Wait.\n* Oak."


def test_notes_links_boxes_and_comments_are_where_they_belong() -> None:
    body = r"A berth is 40{\super\chftn}{\footnote\pard{\super\chftn} Half in winter.}. See "
    body += r'{\field{\*\fldinst{HYPERLINK "https://club.example/"}}{\fldrslt{\ul the site}}}.'
    body += r"{\*\atnid AL}{\*\atnauthor Ada}\chatn{\*\annotation{\*\atnref 1}\pard Check this.}"
    body += r"{\shp{\*\shpinst{\sp{\sn shapeType}{\sv 202}}{\shptxt\pard Closed on Monday.\par}}}\par Next.\par"
    assert rtf(body).text == (
        "A berth is 40 (Half in winter.). See [the site](https://club.example/).\n\n> Ada: Check this.\n\n"
        "Closed on Monday.\n\nNext."
    )


def test_contents_are_not_repeated_and_other_fields_show_their_result() -> None:
    body = r"{\field{\*\fldinst TOC \\o}{\fldrslt Fees 3\par Rules 4\par}}"
    body += r"\pard Dated {\field{\*\fldinst DATE}{\fldrslt 2 May}}.\par"
    assert rtf(body).text == "Dated 2 May."


def test_what_is_hidden_or_deleted_is_not_in_the_text_and_told() -> None:
    body = r"Open {\v code}{\v  4711}{\deleted an old fee}daily.\v secret\v0\plain\par{\v gone} Shown.\par"
    found = rtf(body)
    assert found.text == "Open daily.\n\nShown."
    assert found.left_out == {"hidden_text": 2, "deleted_text": 1}


def test_pictures_objects_shapes_and_equations_say_what_they_can() -> None:
    described = r"{\*\picprop{\sp{\sn wzDescription}{\sv The quay}}}"
    body = rf"A{{\pict{described}\pngblip 89504e47}}{{\*\shppict{{\pict 8950}}}}{{\nonshppict{{\pict 8950}}}}\par"
    body += r"{\object\objemb{\*\objclass Excel.Sheet.8}{\*\objdata 0105}{\result{\pict 0100}}}"
    body += r"{\object{\*\objclass Equation.3}{\result{\pict 01}}}{\mmath{\*\moMath{\mr x}}}"
    body += r"{\shp{\*\shpinst{\sp{\sn shapeType}{\sv 1}}}}{\shp{\*\shpinst{\sp{\sn shapeType}{\sv 20}}}}B\par"
    found = rtf(body)
    assert found.text == "A 🖼 The quay\n\nB"
    assert found.left_out == {"picture": 1, "embedded_file": 1, "equation": 2, "drawing": 1}


def test_binary_data_is_skipped_by_its_length() -> None:
    assert rtf(b"A {\\pict\\bin7 }}}\\par}B\\par").text == "A B"


def test_headers_are_read_once_without_page_numbers() -> None:
    body = r"{\header\pard Harbour club\par}{\headerl\pard Harbour club\par}"
    body += r"{\footer\pard Page {\field{\*\fldinst PAGE}{\fldrslt 3}}\par}Open.\par"
    assert rtf(body).text == "Harbour club\n\nOpen."


def test_code_keeps_its_lines() -> None:
    assert rtf(r"\pard\s4 if a:\par\pard\s4     b()\par").text == "```\nif a:\n    b()\n```"


def test_a_file_that_is_really_rtf_is_told() -> None:
    with pytest.raises(DocumentError, match="really an RTF file") as caught:
        load_document(rb"{\rtf1 x\par}", "a.docx", 10**7)
    assert caught.value.reason is Reason.MISNAMED
