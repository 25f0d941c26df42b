"""OpenDocument texts as their authors see them: what is hidden or deleted is not in the text, and told."""

from __future__ import annotations

import pytest

from knowledge.errors import DocumentError, Reason
from knowledge.parsing.loader import load_document
from knowledge.parsing.readers.through_html.odt import read_odt
from tests.knowledge.parsing.readers.odt_files import (
    MANIFEST,
    content_xml,
    h,
    listed,
    numbered,
    odt_file,
    p,
    row,
    style,
)
from tests.knowledge.parsing.readers.reading import Reading, read

DECIMAL = 'style:num-format="1" style:num-suffix="."'
HIDDEN = '<style:text-properties text:display="none"/>'


def odt(body: str, **options: str) -> Reading:
    return read(read_odt, odt_file(body, **options))  # type: ignore[arg-type]


def test_headings_keep_their_levels_below_the_title() -> None:
    styles = style("P9", "paragraph", "", parent="Title")
    text = odt(
        p("工坊手册", "P9") + h("费用") + p("泊位每月四十元。") + h("退款", 2) + p("问司库。"), styles=styles
    ).text
    assert text == "# 工坊手册\n\n## 费用\n\n泊位每月四十元。\n\n### 退款\n\n问司库。"


def test_the_numbers_of_headings_are_those_that_are_shown() -> None:
    levels = '<text:outline-level-style text:level="1" style:num-format="1" style:num-suffix="."/>'
    levels += '<text:outline-level-style text:level="2" style:num-format="a" text:display-levels="2"/>'
    common = f'<office:styles><text:outline-style style:name="Outline">{levels}</text:outline-style></office:styles>'
    body = h("Fees") + h("Boats", 2) + h("Sheds", 2) + h("Rules") + h("Preface", 1, 'text:is-list-header="true"')
    shown = [line for line in odt(body, common=common).text.split("\n") if line]
    assert shown == ["## 1. Fees", "### 1.a Boats", "### 1.b Sheds", "## 2. Rules", "## Preface"]


def test_lists_have_their_numbers_and_go_on_after_a_paragraph() -> None:
    styles = numbered("L1", DECIMAL, 'style:num-format="a" style:num-suffix=")"') + numbered("L2", "")
    body = listed(p("Ask."), p("Wait.") + listed(p("an hour"), p("a day"), attributes=""))
    body += p("Then:") + listed(p("Pay."), attributes='text:style-name="L1" text:continue-numbering="true"')
    body += listed(p("Oak"), attributes='text:style-name="L2"') + listed(p("Anew"))
    shown = [line.strip() for line in odt(body, styles=styles).text.split("\n") if line]
    assert shown == ["1. Ask.", "2. Wait.", "a) an hour", "b) a day", "Then:", "3. Pay.", "* Oak", "1. Anew"]


def test_a_list_may_begin_at_any_number_and_in_chinese() -> None:
    styles = numbered("L1", 'style:num-format="一, 二, 三, ..." style:num-suffix="、" text:start-value="3"')
    assert odt(listed(p("会员"), p("客人")), styles=styles).text == "三、 会员\n四、 客人"


def test_a_table_shows_merged_cells_and_not_its_hidden_rows_and_columns() -> None:
    spanned = (
        '<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>Dinghy</text:p></table:table-cell>'
    )
    columns = '<table:table-column/><table:table-column/><table:table-column table:visibility="collapse"/>'
    body = f"<table:table>{columns}<table:table-header-rows>{row('Boat', 'Fee', 'Code')}</table:table-header-rows>"
    body += f"{spanned}<table:table-cell>{p('40')}</table:table-cell></table:table-row>"
    body += (
        f"<table:table-row><table:covered-table-cell/><table:table-cell>{p('35')}</table:table-cell></table:table-row>"
    )
    body += row("Yacht", "90", "secret", attributes='table:visibility="collapse"') + "</table:table>"
    found = odt(body)
    assert found.text == "| Boat | Fee |\n| --- | --- |\n| Dinghy | 40 |\n| Dinghy | 35 |"
    assert found.left_out == {"hidden_row": 1, "hidden_column": 1}


def test_notes_stand_at_their_marks_and_comments_below_their_paragraph() -> None:
    note = "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Half in winter.</text:p>"
    comment = "<office:annotation><dc:creator>Ada</dc:creator><dc:date>2026</dc:date><text:p>Check this.</text:p>"
    body = p(f"A berth costs 40.{note}</text:note-body></text:note> Ask{comment}</office:annotation> first.")
    assert odt(body).text == "A berth costs 40. (Half in winter.) Ask first.\n\n> Ada: Check this."


def test_text_boxes_pictures_and_shapes_say_what_they_say() -> None:
    box = f"<draw:frame><draw:text-box>{p('Closed on Monday.')}</draw:text-box></draw:frame>"
    picture = '<draw:frame><draw:image xlink:href="a.png"/><svg:desc>The quay at night</svg:desc></draw:frame>'
    bare = '<draw:frame><draw:image xlink:href="b.png"/></draw:frame>'
    shapes = f"<draw:custom-shape>{p('Start here')}</draw:custom-shape><draw:rect/><draw:line/>"
    found = odt(p(f"Before.{box}{picture}{bare}") + p(shapes))
    assert found.text == "Before. 🖼 The quay at night\n\nClosed on Monday.\n\nStart here"
    assert found.left_out == {"picture": 1, "drawing": 1}


def test_an_equation_is_one_line_and_another_object_is_told() -> None:
    math = b'<math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac><mi>a</mi><mi>b</mi></mfrac></math>'
    prefixed = b'<math:math xmlns:math="m"><math:msup><math:mi>x</math:mi><math:mn>2</math:mn></math:msup></math:math>'
    frames = [f'<draw:frame><draw:object xlink:href="./{name}"/><draw:image/></draw:frame>' for name in "ABCD"]
    parts = {"A/content.xml": math, "B/content.xml": prefixed, "C/content.xml": b"<x><office:chart/></x>"}
    found = read(read_odt, odt_file(p(" and ".join(frames)), parts=parts))
    assert found.text == "a/b and x^2 and and"
    assert found.left_out == {"chart": 1, "embedded_file": 1}


def test_what_is_hidden_or_deleted_is_not_in_the_text_and_told() -> None:
    styles = style("T1", "text", HIDDEN) + style("P1", "paragraph", HIDDEN) + style("P2", "paragraph", "", parent="P1")
    changes = f"<text:tracked-changes><text:changed-region><text:deletion>{p('an old fee')}</text:deletion>"
    body = f"{changes}</text:changed-region></text:tracked-changes>"
    body += p('Open <text:span text:style-name="T1">code 4711</text:span>daily.') + p("a hidden paragraph", "P2")
    body += f'<text:section text:display="none">{p("a hidden section")}</text:section>'
    body += p('<text:hidden-paragraph text:is-hidden="true"/>hidden by its field')
    body += p('<text:hidden-text text:is-hidden="true">hidden words</text:hidden-text>Shown.')
    found = odt(body, styles=styles)
    assert found.text == "Open daily.\n\nShown."
    assert found.left_out == {"hidden_text": 5, "deleted_text": 1}


def test_links_raised_letters_code_and_quotations_are_as_in_markdown() -> None:
    styles = style("T1", "text", '<style:text-properties style:text-position="super 58%"/>')
    styles += style("T2", "text", '<style:text-properties style:text-position="sub 58%"/>')
    body = p('See <text:a xlink:href="https://club.example/">the site</text:a>.')
    body += p('m<text:span text:style-name="T1">2</text:span>, H<text:span text:style-name="T2">2</text:span>O')
    body += p("if a:", "Preformatted_20_Text") + p('<text:s text:c="4"/>b()', "Preformatted_20_Text")
    body += p("Be kind.", "Quotations")
    shown = odt(body, styles=styles).text
    assert shown == "See [the site](https://club.example/).\n\nm^2, H2O\n\n```\nif a:\n    b()\n```\n\n> Be kind."


def test_contents_are_not_repeated_and_ruby_shows_its_words() -> None:
    body = f"<text:table-of-content><text:index-body>{p('Fees 3')}</text:index-body></text:table-of-content>"
    body += p(
        "<text:ruby><text:ruby-base>漢字</text:ruby-base><text:ruby-text>かんじ</text:ruby-text></text:ruby>です。"
    )
    assert odt(body).text == "漢字です。"


def test_headers_and_footers_are_read_once_without_page_numbers() -> None:
    page = "<style:master-page><style:header><text:p>Harbour club</text:p></style:header>"
    page += "<style:footer><text:p>Page <text:page-number>1</text:page-number></text:p></style:footer>"
    common = f"<office:master-styles>{page}</style:master-page>{page}</style:master-page></office:master-styles>"
    assert odt(p("Open daily."), common=common).text == "Harbour club\n\nOpen daily."


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (odt_file(p("x"), parts={MANIFEST: b"<manifest:encryption-data/>"}), Reason.ENCRYPTED),
        (odt_file("", parts={"content.xml": b"<x/>"}), Reason.CORRUPT),
        (
            odt_file("", parts={"content.xml": content_xml("").replace(b"office:text", b"office:sheet")}),
            Reason.MISNAMED,
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, reason: Reason) -> None:
    with pytest.raises(DocumentError) as caught:
        load_document(data, "a.odt", 10**7)
    assert caught.value.reason is reason


def test_a_document_under_the_name_of_another_program_is_misnamed() -> None:
    with pytest.raises(DocumentError, match="really an OpenDocument file") as caught:
        load_document(odt_file(p("Open daily.")), "a.docx", 10**7)
    assert caught.value.reason is Reason.MISNAMED
