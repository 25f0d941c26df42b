"""Word files written as raw XML, since python-docx writes none of what is tried here."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
RELATION = f"{_OFFICE}/relationships"
_NAMES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "r": RELATION,
    "m": f"{_OFFICE}/math",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wp": f"{_DRAWING}/wordprocessingDrawing",
    "a": f"{_DRAWING}/main",
    "pic": f"{_DRAWING}/picture",
    "dgm": f"{_DRAWING}/diagram",
    "c": f"{_DRAWING}/chart",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "wpg": "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
}
NAMESPACES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMES.items())

Relation = tuple[str, str, str]
"""Id, the last word of its type, and target; a target with a colon is outside the file."""


def word_file(
    body: str,
    *,
    styles: str = "",
    numbering: str = "",
    relations: Sequence[Relation] = (),
    parts: Mapping[str, str] | None = None,
    part_relations: Mapping[str, Sequence[Relation]] | None = None,
) -> bytes:
    """Return a file with this body; `parts` are the XML of others, below `word/`, with their root element."""
    others = {name: f"<{xml}" for name, xml in (parts or {}).items()}
    every = [*relations]
    if styles:
        others["styles.xml"] = f"<w:styles {NAMESPACES}>{styles}</w:styles>"
        every.append(("rIdStyles", "styles", "styles.xml"))
    if numbering:
        others["numbering.xml"] = f"<w:numbering {NAMESPACES}>{numbering}</w:numbering>"
        every.append(("rIdNumbering", "numbering", "numbering.xml"))
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            "</Types>",
        )
        file.writestr("_rels/.rels", relations_xml([("rId1", "officeDocument", "word/document.xml")]))
        file.writestr("word/_rels/document.xml.rels", relations_xml(every))
        file.writestr("word/document.xml", f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>")
        for name, xml in others.items():
            file.writestr(f"word/{name}", xml)
        for name, of_part in (part_relations or {}).items():
            file.writestr(f"word/_rels/{name}.rels", relations_xml(of_part))
    return held.getvalue()


def relations_xml(relations: Sequence[Relation]) -> str:
    rows = "".join(
        f'<Relationship Id="{name}" Type="{RELATION}/{kind}" Target="{target}"'
        f"{' TargetMode=' + chr(34) + 'External' + chr(34) if ':' in target else ''}/>"
        for name, kind, target in relations
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def p(content: str, properties: str = "") -> str:
    """Return a paragraph; content without a tag is its text."""
    return (
        f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{content if '<' in content else r(content)}</w:p>"
    )


def r(text: str, properties: str = "") -> str:
    """Return a run of text."""
    inner = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{inner}<w:t xml:space="preserve">{text}</w:t></w:r>'


def styled(style: str, text: str) -> str:
    return p(text, f'<w:pStyle w:val="{style}"/>')


def numbered(text: str, level: int = 0, number: int = 1) -> str:
    return p(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def drawing(content: str, *, alt: str = "") -> str:
    """Return a run with a drawing that floats beside the text."""
    return (
        f'<w:r><w:drawing><wp:anchor><wp:docPr id="1" name="x" descr="{alt}"/><a:graphic><a:graphicData>'
        f"{content}</a:graphicData></a:graphic></wp:anchor></w:drawing></w:r>"
    )


def shape(*paragraphs: str) -> str:
    """Return a shape of today's programs, with text."""
    return f"<wps:wsp><wps:txbx><w:txbxContent>{''.join(paragraphs)}</w:txbxContent></wps:txbx></wps:wsp>"


def vml(*paragraphs: str) -> str:
    """Return a shape of older programs, with text."""
    text = f"<w:txbxContent>{''.join(paragraphs)}</w:txbxContent>"
    return f"<w:pict><v:shape><v:textbox>{text}</v:textbox></v:shape></w:pict>"


def alternatives(choice: str, fallback: str = "") -> str:
    """Return a run of a drawing in its two forms."""
    other = f"<mc:Fallback>{fallback}</mc:Fallback>" if fallback else ""
    inner = choice.removeprefix("<w:r>").removesuffix("</w:r>")
    return f'<w:r><mc:AlternateContent><mc:Choice Requires="wps">{inner}</mc:Choice>{other}</mc:AlternateContent></w:r>'


def picture_of(alt: str) -> str:
    return f'<pic:pic><pic:nvPicPr><pic:cNvPr id="2" name="a.png" descr="{alt}"/></pic:nvPicPr></pic:pic>'


def style(name: str, content: str = "", *, kind: str = "paragraph", shown: str = "", based_on: str = "") -> str:
    """Return a style by its id; `shown` is its name, its id if none is given."""
    base = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return f'<w:style w:type="{kind}" w:styleId="{name}"><w:name w:val="{shown or name}"/>{base}{content}</w:style>'


def levels(*formats: tuple[str, str], number: int = 1, more: str = "") -> str:
    """Return a numbering of these levels, each the kind of number and its pattern, like `("decimal", "%1.")`."""
    rows = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for at, (kind, pattern) in enumerate(formats)
    )
    return (
        f'<w:abstractNum w:abstractNumId="{number}">{rows}</w:abstractNum>'
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/>{more}</w:num>'
    )


def diagram(*texts: str, edges: Sequence[tuple[int, int]] = ()) -> str:
    """Return the data of a SmartArt, whose points are numbered from 1; an edge goes from a point to one below it."""
    points = "".join(
        f'<dgm:pt modelId="{at}"><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'
        for at, text in enumerate(texts, 1)
    )
    rows = "".join(
        f'<dgm:cxn modelId="{100 + at}" srcId="{above}" destId="{below}" srcOrd="{at}" destOrd="0"/>'
        for at, (above, below) in enumerate(edges)
    )
    document = '<dgm:pt modelId="0" type="doc"/><dgm:pt modelId="90" type="pres"/>'
    return (
        f"dgm:dataModel {NAMESPACES}><dgm:ptLst>{document}{points}</dgm:ptLst>"
        f"<dgm:cxnLst>{rows}</dgm:cxnLst></dgm:dataModel>"
    )


SMART_ART = '<dgm:relIds r:dm="rId9" r:lo="rId9" r:qs="rId9" r:cs="rId9"/>'
