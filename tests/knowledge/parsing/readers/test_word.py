"""Word files with what mammoth drops or shows wrongly: it is in the text where a reader sees it, or told."""

from __future__ import annotations

import re

import pytest

from knowledge.parsing.readers.word import read_word
from tests.knowledge.parsing.readers.reading import Reading, read
from tests.knowledge.parsing.readers.word_files import (
    NAMESPACES,
    SMART_ART,
    alternatives,
    diagram,
    drawing,
    levels,
    numbered,
    p,
    picture_of,
    r,
    shape,
    style,
    styled,
    vml,
    word_file,
)


def word(body: str, **options: object) -> Reading:
    return read(read_word, word_file(body, **options))  # type: ignore[arg-type]


def omath(content: str) -> str:
    return f"<m:oMath>{content}</m:oMath>"


def mr(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


EQUATIONS = {
    "fraction": (f"<m:f><m:num>{mr('L×42')}</m:num><m:den>{mr('3')}</m:den></m:f>", "L×42/3"),
    "fraction of sums": (
        f"<m:f><m:num>{mr('a+b')}</m:num><m:den>{mr('2c')}</m:den></m:f>",
        "(a+b)/(2c)",
    ),
    "power": (f"<m:sSup><m:e>{mr('v')}</m:e><m:sup>{mr('2')}</m:sup></m:sSup>", "v^2"),
    "power of a sum": (f"<m:sSup><m:e>{mr('x')}</m:e><m:sup>{mr('n+1')}</m:sup></m:sSup>", "x^(n+1)"),
    "index": (f"<m:sSub><m:e>{mr('d')}</m:e><m:sub>{mr('max')}</m:sub></m:sSub>", r"d\_max"),
    "root": (
        f'<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/><m:e>{mr("2gh")}</m:e></m:rad>',
        "√(2gh)",
    ),
    "cube root": (f"<m:rad><m:deg>{mr('3')}</m:deg><m:e>{mr('V')}</m:e></m:rad>", "root(3, V)"),
    "sum": (
        f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{mr("i=1")}</m:sub><m:sup>{mr("n")}</m:sup>'
        f"<m:e>{mr('x')}</m:e></m:nary>",
        r"∑\_(i=1)^n x",
    ),
    "brackets": (f"<m:d><m:e>{mr('a')}</m:e><m:e>{mr('b')}</m:e></m:d>", "(a|b)"),
    "pair": (
        f'<m:d><m:dPr><m:sepChr m:val=","/></m:dPr><m:e>{mr("a")}</m:e><m:e>{mr("b")}</m:e></m:d>',
        "(a, b)",
    ),
    "absolute value": (
        f'<m:d><m:dPr><m:begChr m:val="|"/><m:endChr m:val="|"/></m:dPr><m:e>{mr("x")}</m:e></m:d>',
        "|x|",
    ),
    "function": (f"<m:func><m:fName>{mr('sin')}</m:fName><m:e>{mr('α')}</m:e></m:func>", "sin α"),
    "matrix": (
        f"<m:m><m:mr><m:e>{mr('1')}</m:e><m:e>{mr('0')}</m:e></m:mr><m:mr><m:e>{mr('0')}</m:e><m:e>{mr('1')}</m:e>"
        "</m:mr></m:m>",
        "[1, 0; 0, 1]",
    ),
}


@pytest.mark.parametrize("kind", EQUATIONS)
def test_an_equation_stands_in_its_sentence_as_one_line(kind: str) -> None:
    equation, line = EQUATIONS[kind]
    inline = p(r("The minimum is ") + omath(mr("B=") + equation) + r(" in kilograms."))
    assert word(inline).text == f"The minimum is B={line} in kilograms."
    displayed = p(f"<m:oMathPara>{omath(equation)}</m:oMathPara>")
    assert word(p("It holds:") + displayed).text == f"It holds:\n\n{line}"


def test_links_keep_their_addresses() -> None:
    targets = [
        ("rId1", "hyperlink", "https://forms.example.org/damage-report?year=2026"),
        ("rId2", "hyperlink", "mailto:bosun@example.org"),
        ("rId3", "hyperlink", "https://a.example.org/rules"),
    ]
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText> HYPERLINK "https://shop.example.org/keys" </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{r("the shop")}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    simple = f"<w:fldSimple w:instr='HYPERLINK \"https://map.example.org/\"'>{r('the map')}</w:fldSimple>"
    body = p(
        f"{r('Fill in ')}<w:hyperlink r:id='rId1'>{r('this form')}</w:hyperlink>{r(', write to ')}"
        f"<w:hyperlink r:id='rId2'>{r('the bosun')}</w:hyperlink>{r(', ask ')}{field}{r(' or see ')}{simple}"
        f"{r(' and ')}<w:hyperlink w:anchor='rules'>{r('the rules')}</w:hyperlink>{r(', ')}"
        f"<w:hyperlink r:id='rId3' w:anchor='dogs'>{r('dogs')}</w:hyperlink>{r('.')}"
    )
    assert word(body, relations=targets).text == (
        "Fill in [this form](https://forms.example.org/damage-report?year=2026), "
        "write to the bosun (bosun@example.org), ask [the shop](https://shop.example.org/keys) "
        "or see [the map](https://map.example.org/) and the rules, [dogs](https://a.example.org/rules#dogs)."
    )


def test_a_field_keeps_the_text_that_it_shows() -> None:
    assert word(p(f"{r('Valid in ')}<w:fldSimple w:instr='DATE'>{r('2026')}</w:fldSimple>")).text == "Valid in 2026"


SECTION = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rId1"/><w:headerReference w:type="first" r:id="rId2"/>'
    '<w:footerReference w:type="default" r:id="rId3"/></w:sectPr>'
)


def test_header_and_footer_are_read_once_with_their_links_and_without_page_numbers() -> None:
    page = f"{r('Page ')}<w:fldSimple w:instr=' PAGE '>{r('1')}</w:fldSimple>{r(' of ')}" + (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> NUMPAGES </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{r("9")}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    box = drawing(shape(p("In an emergency call 0555 010 199")))
    web = f"<w:hyperlink r:id='rId7'>{r('our page')}</w:hyperlink>"
    got = word(
        styled("Title", "Slipway") + p("Open every day.", SECTION) + p("Ask the office.") + SECTION,
        styles=style("Title"),
        relations=[
            ("rId1", "header", "header1.xml"),
            ("rId2", "header", "header2.xml"),
            ("rId3", "footer", "footer1.xml"),
        ],
        parts={
            "header1.xml": f"w:hdr {NAMESPACES}>{p('Valid from 1 May 2026, edition 7')}{p('Slipway')}</w:hdr>",
            "header2.xml": f"w:hdr {NAMESPACES}>{p('Valid from 1 May 2026, edition 7')}</w:hdr>",
            "footer1.xml": f"w:ftr {NAMESPACES}>{p(page)}{p(r('See ') + web + box)}</w:ftr>",
        },
        part_relations={"footer1.xml": [("rId7", "hyperlink", "https://club.example.org/")]},
    )
    assert got.text == (
        "Valid from 1 May 2026, edition 7\n\nSee [our page](https://club.example.org/)\n\n"
        "In an emergency call 0555 010 199\n\n# Slipway\n\nOpen every day.\n\nAsk the office."
    )


VANISH = "<w:rPr><w:vanish/></w:rPr>"


def test_hidden_text_is_left_out_however_it_is_hidden_and_counted() -> None:
    styles = (
        style("Inner", VANISH, kind="character")
        + style("Draft", VANISH)
        + style("Draft2", based_on="Draft")
        + style("Code", '<w:rPr><w:rStyle w:val="x"/></w:rPr>', kind="character")
    )
    body = (
        p(r("Open ") + r("secretly ", "<w:vanish/>") + r("by ", '<w:vanish w:val="0"/>') + r("day."))
        + p(r("code 4471", '<w:rStyle w:val="Inner"/>'))
        + styled("Draft", "code 4472")
        + styled("Draft2", "code 4473")
        + p(r("shown", '<w:vanish w:val="false"/>'), '<w:pStyle w:val="Draft2"/>')
        + "<w:tbl><w:tr>"
        + "".join(f"<w:tc>{p(text)}</w:tc>" for text in ("Boat", "Fee"))
        + "</w:tr>"
        + f"<w:tr><w:trPr><w:hidden/></w:trPr><w:tc>{p('code 4474')}</w:tc><w:tc>{p('1')}</w:tc></w:tr>"
        + f"<w:tr><w:tc>{p('Dinghy')}</w:tc><w:tc>{p('2')}</w:tc></w:tr></w:tbl>"
    )
    got = word(body, styles=styles)
    assert got.text == "Open by day.\n\nshown\n\n| Boat | Fee |\n| --- | --- |\n| Dinghy | 2 |"
    assert got.left_out == {"hidden_text": 4, "hidden_row": 1}


BOX = p("Crane limit: 3 tonnes")
BOXES = {
    "drawing": drawing(shape(BOX)),
    "drawing without fallback": alternatives(drawing(shape(BOX))),
    "drawing with fallback": alternatives(drawing(shape(BOX)), vml(BOX)),
    "fallback alone has the text": alternatives(drawing("<wps:wsp/>"), vml(BOX)),
    "older drawing": f"<w:r>{vml(BOX)}</w:r>",
    "older rectangle": "<w:r>" + vml(BOX).replace("v:shape", "v:rect") + "</w:r>",
    "group": drawing(f"<wpg:wgp><wpg:grpSp>{shape(BOX)}</wpg:grpSp></wpg:wgp>"),
    "box in a box's table": drawing(shape(f"<w:tbl><w:tr><w:tc>{BOX}</w:tc></w:tr></w:tbl>", p(""))),
    "box within a content control": drawing(shape(f"<w:sdt><w:sdtContent>{BOX}</w:sdtContent></w:sdt>")),
}


@pytest.mark.parametrize("kind", BOXES)
def test_the_text_of_a_box_stands_below_the_paragraph_it_belongs_to_once(kind: str) -> None:
    got = word(p(r("Read the sign.") + BOXES[kind]) + p("Then ask."))
    assert [line for line in re.sub(r"\|[ |-]*", "", got.text).split("\n") if line.strip()] == [
        "Read the sign.",
        *(["Crane limit: 3 tonnes "] if "table" in kind else ["Crane limit: 3 tonnes"]),
        "Then ask.",
    ]
    assert got.left_out == {}


def test_a_box_in_a_cell_and_a_group_of_boxes_and_pictures() -> None:
    group = f"<wpg:wgp>{shape(p('Winch'))}{picture_of('A winch')}{shape(p('900 kg'))}</wpg:wgp>"
    sign = p(r("Signs") + drawing(shape(BOX)))
    body = f"<w:tbl><w:tr><w:tc>{sign}</w:tc><w:tc>{p(drawing(group))}</w:tc></w:tr></w:tbl>"
    assert re.sub(r"\s+", " ", word(body).text) == (
        "| Signs Crane limit: 3 tonnes | 🖼 A winch Winch 900 kg | | --- | --- |"
    )


def test_pictures_drawings_and_embedded_files_that_say_nothing_are_counted() -> None:
    ole = '<w:r><w:object><v:shape><v:imagedata r:id="rId1"/></v:shape><o:OLEObject ProgID="{}"/></w:object></w:r>'
    body = p(
        r("See: ")
        + drawing(picture_of(""), alt="A map of the quay")
        + drawing(picture_of(""))
        + drawing("<wps:wsp/>")
        + drawing("<wps:wsp/>", alt="An arrow to the crane")
        + '<w:r><w:pict><v:shape alt="The old crane"><v:imagedata r:id="rId1"/></v:shape></w:pict></w:r>'
        + ole.format("Excel.Sheet.12")
        + ole.format("Equation.3")
    )
    got = word(body)
    assert re.sub(r"\s+", " ", got.text) == "See: 🖼 A map of the quay 🖼 An arrow to the crane 🖼 The old crane"
    assert got.left_out == {"picture": 1, "drawing": 1, "embedded_file": 1, "equation": 1}


def test_smart_art_is_a_list_in_its_order() -> None:
    relations = [("rId9", "diagramData", "diagrams/data1.xml")]
    steps = diagram("Check the straps", "Sound the horn", "Lower the boat")
    got = word(p("The steps:") + p(drawing(SMART_ART)), relations=relations, parts={"diagrams/data1.xml": steps})
    assert re.findall(r"^- .*?\s*$", got.text, re.MULTILINE)
    assert [line.strip() for line in got.text.split("\n") if line] == [
        "The steps:",
        "- Check the straps",
        "- Sound the horn",
        "- Lower the boat",
    ]
    tree = diagram("Treasurer", "Chair", "Auditor", edges=[(0, 2), (2, 1), (1, 3)])
    got = word(p(drawing(SMART_ART)), relations=relations, parts={"diagrams/data1.xml": tree})
    assert [line.rstrip() for line in got.text.split("\n")] == ["- Chair", "  - Treasurer", "    - Auditor"]
    missing = word(p("The steps:") + p(drawing(SMART_ART)))
    assert missing.left_out == {"drawing": 1}


CHART = f"""c:chartSpace {NAMESPACES}><c:chart>
<c:title><c:tx><c:rich><a:p><a:r><a:t>Members</a:t></a:r></a:p></c:rich></c:tx></c:title>
<c:plotArea><c:bar3DChart><c:ser>
<c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>Juniors</c:v></c:pt></c:strCache></c:strRef></c:tx>
<c:cat><c:strRef><c:strCache><c:pt idx="0"><c:v>2024</c:v></c:pt><c:pt idx="1"><c:v>2025</c:v></c:pt></c:strCache>
</c:strRef></c:cat>
<c:val><c:numRef><c:numCache><c:pt idx="1"><c:v>44.500000000000001</c:v></c:pt></c:numCache></c:numRef></c:val>
</c:ser></c:bar3DChart></c:plotArea></c:chart></c:chartSpace>"""


def test_a_chart_is_the_table_that_it_was_drawn_from() -> None:
    relations = [("rId5", "chart", "charts/chart1.xml")]
    body = p("As follows:") + p(drawing('<c:chart r:id="rId5"/>'))
    got = word(body, relations=relations, parts={"charts/chart1.xml": CHART})
    assert got.text == "As follows:\n\nMembers\n\n|  | Juniors |\n| --- | --- |\n| 2024 |  |\n| 2025 | 44.5 |"
    assert word(body).left_out == {"chart": 1}


def test_headings_are_known_by_their_level_whatever_their_styles_are_called() -> None:
    styles = (
        style("Heading1", shown="heading 1")
        + style("ClauseTitle", shown="Clause title", based_on="Heading1")
        + style("Sub", '<w:pPr><w:outlineLvl w:val="1"/></w:pPr>', shown="Unterpunkt")
        + style("SubSub", based_on="Sub")
        + style("Plain", '<w:pPr><w:outlineLvl w:val="9"/></w:pPr>', based_on="Heading1")
        + style("berschrift3", shown="heading 3")
    )
    body = (
        styled("ClauseTitle", "Visitors")
        + p("Visitors sign the book.")
        + styled("Sub", "Dogs")
        + styled("SubSub", "Cats")
        + styled("Plain", "No heading")
        + styled("berschrift3", "Leads")
        + p("Members", '<w:outlineLvl w:val="0"/>')
        + p("Members have a key.")
    )
    assert word(body, styles=styles).text.split("\n\n") == [
        "## Visitors",
        "Visitors sign the book.",
        "### Dogs",
        "### Cats",
        "No heading",
        "#### Leads",
        "## Members",
        "Members have a key.",
    ]


def test_the_numbers_of_lists_are_those_that_word_shows() -> None:
    numbering = (
        levels(("decimal", "%1."), ("lowerLetter", "%2)"), ("lowerRoman", "(%3)"))
        + levels(("bullet", "•"), number=2)
        + levels(
            ("upperLetter", "Rule %1:"),
            number=3,
            more='<w:lvlOverride w:ilvl="0"><w:startOverride w:val="3"/></w:lvlOverride>',
        )
    )
    body = (
        numbered("Enter")
        + numbered("by day", 1)
        + numbered("by night", 1)
        + numbered("with a lamp", 2)
        + p("A remark between them.")
        + numbered("Moor")
        + numbered("at the quay", 1)
        + numbered("Rope", number=2)
        + numbered("No dogs", number=3)
        + numbered("No fires", number=3)
    )
    assert [line.strip() for line in word(body, numbering=numbering).text.split("\n") if line.strip()] == [
        "1. Enter",
        "a) by day",
        "b) by night",
        "(i) with a lamp",
        "A remark between them.",
        "2. Moor",
        "a) at the quay",
        "* Rope",
        "Rule C: No dogs",
        "Rule D: No fires",
    ]


def test_headings_bear_the_numbers_that_other_texts_refer_to() -> None:
    linked = (
        '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/>'
        '<w:pStyle w:val="Heading1"/><w:lvlText w:val="Part %1"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/>'
        '<w:numFmt w:val="decimal"/><w:pStyle w:val="Heading2"/><w:isLgl/><w:lvlText w:val="§ %1.%2"/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    )
    at = '<w:pPr><w:numPr>{}<w:numId w:val="1"/></w:numPr></w:pPr>'
    styles = style("Heading1", at.format(""), shown="heading 1") + style(
        "Heading2", at.format('<w:ilvl w:val="1"/>'), shown="heading 2"
    )
    body = (
        styled("Heading1", "Boats")
        + styled("Heading2", "Length")
        + styled("Heading2", "Beam")
        + styled("Heading1", "Fees")
        + styled("Heading2", "Due dates")
        + p("Preface", '<w:pStyle w:val="Heading1"/><w:numPr><w:numId w:val="0"/></w:numPr>')
    )
    assert word(body, styles=styles, numbering=linked).text.split("\n\n") == [
        "## Part I Boats",
        "### § 1.1 Length",
        "### § 1.2 Beam",
        "## Part II Fees",
        "### § 2.1 Due dates",
        "## Preface",
    ]


def test_notes_stand_at_their_marks_and_comments_below_their_paragraph() -> None:
    reference = '<w:r><w:{} w:id="2"/></w:r>'
    body = (
        p(r("Families pay 180 euros") + reference.format("footnoteReference") + r(" a year"))
        + p(r("Dogs stay outside") + reference.format("endnoteReference") + reference.format("commentReference"))
        + p("Contact the office.")
    )
    note = '<w:{} w:id="2"><w:p>{}</w:p></w:{}>'
    got = word(
        body,
        relations=[
            ("rId1", "footnotes", "footnotes.xml"),
            ("rId2", "endnotes", "endnotes.xml"),
            ("rId3", "comments", "comments.xml"),
        ],
        parts={
            "footnotes.xml": f"w:footnotes {NAMESPACES}>"
            + note.format(
                "footnote", r("With two children ") + r("code 4471", "<w:vanish/>") + r("or more."), "footnote"
            )
            + "</w:footnotes>",
            "endnotes.xml": f"w:endnotes {NAMESPACES}>"
            + note.format("endnote", r("Guide dogs may enter."), "endnote")
            + "</w:endnotes>",
            "comments.xml": f'w:comments {NAMESPACES}><w:comment w:id="2" w:author="Ada">{p("Cats, too?")}</w:comment>'
            "</w:comments>",
        },
    )
    assert got.text.split("\n\n") == [
        "Families pay 180 euros (With two children or more.) a year",
        "Dogs stay outside (Guide dogs may enter.)",
        "> Ada: Cats, too?",
        "Contact the office.",
    ]
    assert got.left_out == {"hidden_text": 1}


def test_tracked_changes_are_read_as_accepted_and_counted() -> None:
    by = 'w:id="1" w:author="x" w:date="2026-01-01T00:00:00Z"'
    gone = "<w:r><w:delText>closed on Mondays</w:delText></w:r>"
    body = (
        p(f"{r('It is ')}<w:del {by}>{gone}</w:del><w:ins {by}>{r('open every day')}</w:ins>{r('.')}")
        + p(f"<w:moveFrom {by}>{r('Ask the bosun.')}</w:moveFrom>")
        + p(f"<w:moveTo {by}>{r('Ask the bosun.')}</w:moveTo>")
        + p(f"<w:del {by}>{drawing(shape(p('An old sign')))}</w:del>{r('End.')}")
    )
    got = word(body)
    assert got.text == "It is open every day.\n\nAsk the bosun.\n\nEnd."
    assert got.left_out == {"deleted_text": 2}


def test_content_controls_show_what_was_filled_in_and_no_prompts() -> None:
    control = "<w:sdt><w:sdtPr>{}</w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    prompt = control.format("<w:showingPlcHdr/>", r("Click here to enter text."))
    row = f"<w:tr><w:tc>{p('Harbour')}</w:tc>{control.format('', '<w:tc>' + p('Heron Bay') + '</w:tc>')}</w:tr>"
    body = (
        control.format("", p("Key holder: the office"))
        + p(r("Deputy: ") + control.format("", control.format("", r("Grace"))) + r(" or "))
        + p(r("Phone: ") + prompt)
        + f"<w:tbl>{control.format('', row)}</w:tbl>"
    )
    assert word(body).text == (
        "Key holder: the office\n\nDeputy: Grace or\n\nPhone:\n\n| Harbour | Heron Bay |\n| --- | --- |"
    )


def test_ruby_leaves_the_words_whole_and_raised_digits_apart() -> None:
    ruby = f"<w:r><w:ruby><w:rt>{r('けい')}</w:rt><w:rubyBase>{r('係')}</w:rubyBase></w:ruby></w:r>"
    raised = '<w:vertAlign w:val="superscript"/>'
    lowered = '<w:vertAlign w:val="subscript"/>'
    body = p(ruby + r("留料金")) + p(
        r("10") + r("3", raised) + r(" kg CO") + r("2", lowered) + r(", the 1") + r("st", raised)
    )
    assert word(body).text == "係留料金\n\n10^3 kg CO2, the 1st"


def test_boxes_to_tick_say_whether_they_are_ticked() -> None:
    box = (
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="{}"/></w:checkBox></w:ffData>'
        "</w:fldChar></w:r><w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    control = (
        '<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="1"/></w14:checkbox></w:sdtPr><w:sdtContent>'
        f"{r('☒')}</w:sdtContent></w:sdt>"
    )
    body = p(box.format(1) + r("Berth ") + box.format(0) + r("Shed ")) + p(control + r(" Crane"))
    assert word(body).text == "☒ Berth ☐ Shed\n\n☒ Crane"
