"""Presentations with what python-pptx does not show: it is in the text of its slide, or told."""

from __future__ import annotations

import io
import zipfile

from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide
from pptx.util import Inches

from knowledge.parsing.readers.powerpoint import read_powerpoint
from tests.knowledge.office_files import picture, saved
from tests.knowledge.parsing.readers.reading import read
from tests.knowledge.parsing.readers.word_files import NAMESPACES, diagram

NAMES = (
    f'{NAMESPACES} xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"'
)


def new_slide(deck: Deck, title: str = "Open day") -> Slide:
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = title
    return slide


def box(slide: Slide, text: str) -> object:
    shape = slide.shapes.add_textbox(Inches(1), Inches(2 + len(slide.shapes)), Inches(3), Inches(1))
    shape.text_frame.text = text
    return shape


def add_xml(slide: Slide, xml: str) -> None:
    slide.shapes._spTree.append(etree.fromstring(xml))


def add_part(slide: Slide, name: str, kind: str, xml: str) -> str:
    part = Part(PackURI(f"/ppt/{name}"), "application/xml", slide.part.package, f"<{xml}".encode())
    return str(slide.part.relate_to(part, kind))


def shape_xml(paragraphs: str) -> str:
    return (
        f'<p:sp {NAMES}><p:nvSpPr><p:cNvPr id="77" name="x"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>'
        f'<a:off x="914400" y="5486400"/><a:ext cx="9" cy="9"/></a:xfrm></p:spPr><p:txBody><a:bodyPr/>{paragraphs}'
        "</p:txBody></p:sp>"
    )


def test_a_hidden_slide_is_left_out_and_the_others_keep_their_numbers() -> None:
    deck = Presentation()
    box(new_slide(deck), "It is on 6 June.")
    old = new_slide(deck, "Old draft")
    box(old, "It is on 30 May.")
    old.notes_slide.notes_text_frame.text = "It was on 23 May."
    old._element.set("show", "0")
    box(new_slide(deck, "Cakes"), "Bring one.")
    got = read(read_powerpoint, saved(deck))
    assert [(part.page, "May" in part.text) for part in got.parts] == [(1, False), (3, False)]
    assert got.left_out == {"hidden_slide": 1}


def test_a_hidden_shape_is_left_out_and_counted() -> None:
    deck = Presentation()
    slide = new_slide(deck)
    box(slide, "It is on 6 June.")
    box(slide, "code 4471")._element.nvSpPr.cNvPr.set("hidden", "1")  # type: ignore[attr-defined]
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(6), Inches(3), Inches(1)).text_frame.text = "code 4472"
    group._element.nvGrpSpPr.cNvPr.set("hidden", "1")
    got = read(read_powerpoint, saved(deck))
    assert got.text == "# Open day\n\nIt is on 6 June."
    assert got.left_out == {"hidden_text": 2}


def test_smart_art_is_a_list_in_its_order() -> None:
    deck = Presentation()
    slide = new_slide(deck)
    relation = add_part(
        slide,
        "diagrams/data1.xml",
        RELATIONSHIP_TYPE.DIAGRAM_DATA,
        diagram("Sound the horn", "Lower", "Check", edges=[(0, 3), (0, 1), (1, 2)]),
    )
    frame = (
        f'<p:graphicFrame {NAMES}><p:nvGraphicFramePr><p:cNvPr id="9" name="d"/><p:cNvGraphicFramePr/><p:nvPr/>'
        '</p:nvGraphicFramePr><p:xfrm><a:off x="1" y="1"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic><a:graphicData '
        'uri="http://schemas.openxmlformats.org/drawingml/2006/diagram"><dgm:relIds r:dm="{}"/></a:graphicData>'
        "</a:graphic></p:graphicFrame>"
    )
    add_xml(slide, frame.format(relation))
    add_xml(slide, frame.format("rId99"))
    got = read(read_powerpoint, saved(deck))
    assert got.text == "# Open day\n\n- Check\n- Sound the horn\n  - Lower"
    assert got.left_out == {"drawing": 1}


def test_a_shape_with_an_equation_is_read_in_its_newer_form() -> None:
    deck = Presentation()
    slide = new_slide(deck)
    equation = (
        "<a:p><a:r><a:t>Ballast: </a:t></a:r><a14:m><m:oMath><m:r><m:t>B=</m:t></m:r><m:f><m:num><m:r><m:t>L×42</m:t>"
        "</m:r></m:num><m:den><m:r><m:t>3</m:t></m:r></m:den></m:f></m:oMath></a14:m><a:br/>"
        "<a:r><a:t>in kg</a:t></a:r></a:p>"
    )
    add_xml(
        slide,
        f'<mc:AlternateContent {NAMES}><mc:Choice Requires="a14">{shape_xml(equation)}</mc:Choice><mc:Fallback>'
        f"{shape_xml('<a:p><a:r><a:t> </a:t></a:r></a:p>')}</mc:Fallback></mc:AlternateContent>",
    )
    assert read(read_powerpoint, saved(deck)).text == "# Open day\n\nBallast: B=L×42/3 in kg"


def test_links_keep_their_addresses() -> None:
    deck = Presentation()
    slide = new_slide(deck)
    frame = slide.shapes.add_textbox(Inches(1), Inches(2), Inches(3), Inches(1)).text_frame
    frame.text = "Sign up with "
    for text, address in (
        ("this form", "https://forms.example.org/open-day"),
        (" or ask ", ""),
        ("Ada", "mailto:ada@example.org"),
    ):
        run = frame.paragraphs[0].add_run()
        run.text = text
        if address:
            run.hyperlink.address = address
    button = box(slide, "Route")
    button.click_action.hyperlink.address = "https://map.example.org/"  # type: ignore[attr-defined]
    table = slide.shapes.add_table(2, 1, Inches(1), Inches(5), Inches(3), Inches(1)).table
    table.cell(0, 0).text = "Tickets"
    run = table.cell(1, 0).text_frame.paragraphs[0].add_run()
    run.text, run.hyperlink.address = "shop", "https://shop.example.org/"
    assert read(read_powerpoint, saved(deck)).text == (
        "# Open day\n\nSign up with [this form](https://forms.example.org/open-day) or ask Ada (ada@example.org)\n\n"
        "[Route](https://map.example.org/)\n\n| Tickets |\n| --- |\n| [shop](https://shop.example.org/) |"
    )


def test_numbered_steps_keep_their_numbers_and_page_numbers_are_no_text() -> None:
    deck = Presentation()
    slide = new_slide(deck)
    auto = "<a:pPr><a:buAutoNum type='{}'/></a:pPr>"
    lines = "".join(
        f"<a:p>{properties}<a:r><a:t>{text}</a:t></a:r></a:p>"
        for properties, text in (
            (auto.format("arabicPeriod"), "Check"),
            ('<a:pPr lvl="1"><a:buChar char="•"/></a:pPr>', "twice"),
            (auto.format("arabicPeriod"), "Lower"),
            ("<a:pPr><a:buAutoNum type='alphaLcParenR' startAt='3'/></a:pPr>", "Rest"),
        )
    )
    add_xml(slide, shape_xml(lines))
    number = shape_xml('<a:p><a:fld id="{1}" type="slidenum"><a:t>1</a:t></a:fld></a:p>')
    add_xml(slide, number.replace("<p:nvPr/>", '<p:nvPr><p:ph type="sldNum" idx="12"/></p:nvPr>'))
    assert read(read_powerpoint, saved(deck)).text == "# Open day\n\n1. Check\n  - twice\n2. Lower\nc) Rest"


def test_what_says_nothing_is_counted() -> None:
    deck = Presentation()
    slide = new_slide(deck)
    slide.shapes.add_picture(io.BytesIO(picture()), Inches(1), Inches(5))._element.nvPicPr.cNvPr.set("descr", "")
    slide.shapes.add_ole_object(io.BytesIO(b"x"), "Package", Inches(1), Inches(2))
    got = read(read_powerpoint, saved(deck))
    assert got.text == "# Open day"
    assert got.left_out == {"picture": 1, "embedded_file": 1}


def test_comments_stand_below_their_slide() -> None:
    deck = Presentation()
    slide = new_slide(deck)
    comments = f'p:cmLst {NAMES}><p:cm authorId="0"><p:text>The date is moved to 6 June.</p:text></p:cm></p:cmLst>'
    add_part(slide, "comments/comment1.xml", RELATIONSHIP_TYPE.COMMENTS, comments)
    assert read(read_powerpoint, saved(deck)).text == "# Open day\n\n> The date is moved to 6 June."


def _deck_with_chart() -> bytes:
    deck = Presentation()
    data = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["2024", "2025"]
    data.add_series("Juniors", (31, 44.5))  # type: ignore[no-untyped-call]
    new_slide(deck).shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(2), Inches(5), Inches(3), data)
    return saved(deck)


def _with_chart(old: bytes, new: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_deck_with_chart())) as deck, zipfile.ZipFile(held, "w") as changed:
        for name in deck.namelist():
            changed.writestr(name, deck.read(name).replace(old, new) if "charts/chart" in name else deck.read(name))
    return held.getvalue()


def test_every_kind_of_chart_is_the_table_that_it_was_drawn_from() -> None:
    got = read(read_powerpoint, _with_chart(b"c:barChart>", b"c:bar3DChart>"))
    assert got.text == "# Open day\n\n|  | Juniors |\n| --- | --- |\n| 2024 | 31 |\n| 2025 | 44.5 |"
    assert got.left_out == {}


def test_a_chart_without_values_is_told() -> None:
    got = read(read_powerpoint, _with_chart(b"c:ser>", b"c:nothing>"))
    assert got.text == "# Open day"
    assert got.left_out == {"chart": 1}
