"""Removes from a web page what is not its text, and turns pictures, ruby and equations into text.

Edit it for what is hidden, what belongs to the site, and what is counted because it says nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from knowledge.parsing.readers.office.equations import mathml_text
from knowledge.parsing.readers.parts import IMAGE_MARK
from knowledge.types import LeftOutKind
from text.scripts import CJK

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")

_NO_TEXT = ("script", "style", "noscript", "template")
_EMBEDDED = ("iframe", "object", "embed", "video", "audio", "canvas")
_CONTROLS = ("input", "select", "textarea", "datalist", "output", "meter", "progress")
_BLOCKS = ("p", *HEADINGS, "table", "ul", "ol", "dl", "pre", "blockquote", "article", "section")
_SECTIONS = ("article", "section", "main", "aside", "blockquote", "details")
"""Elements whose asides and footers belong to them, and not to the site."""
_MENUS = {"navigation", "search", "menu", "menubar"}
_BOOK_LINKS = {"navheader", "navfooter", "docnav"}
"""Classes of the lines above and below each page of a book, in HTML made from DocBook."""
_SITE_LINKS = {"nav", "navbar", "navigation", "nav-panel", "menu", "menubar", "header", "breadcrumb", "breadcrumbs"}
"""Classes and ids of what holds links to other pages, where most of it is links."""
_MOST_LINK_BOXES = 20
_LINK_BOXES = ("div", "p", "ul", "ol", "table", "header")
_ROLES = {"complementary": "aside", "contentinfo": "footer"}
_UNSHOWN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))", re.IGNORECASE)
_TINY = {"0", "1", "0px", "1px"}
_CJK = re.compile(f"[{CJK}]")


def clean_page(soup: BeautifulSoup) -> Counter[LeftOutKind]:
    """Leave only the page's own text, in place, and return what it hides or does not say in words."""
    for element in soup.find_all(_NO_TEXT):
        element.decompose()
    left_out = Counter({LeftOutKind.HIDDEN_TEXT: _drop_hidden(soup)})
    _write_pictures(soup, left_out)
    _drop_site_parts(soup)
    _open_forms(soup)
    _write_inline(soup)
    return left_out


def _drop_hidden(soup: Tag) -> int:
    """Remove what a browser does not show, and return how many of these elements have text."""
    count = 0
    for element in soup.find_all(_is_hidden):
        if not element.decomposed:
            count += any(char.isalnum() for char in element.get_text())
            element.decompose()
    return count


def _is_hidden(element: Tag) -> bool:
    if element.name in {"html", "body", "svg"}:
        return False
    attributes = element.attrs
    return (
        ("hidden" in attributes and attributes["hidden"] != "until-found")
        or attributes.get("aria-hidden") == "true"
        or (element.name == "dialog" and "open" not in attributes)
        or ("style" in attributes and _UNSHOWN.search(str(attributes["style"])) is not None)
    )


def _write_pictures(soup: Tag, left_out: Counter[LeftOutKind]) -> None:
    """Put descriptions in the place of pictures, and count those that have none."""
    for element in soup.find_all("img"):
        if "alt" not in element.attrs and not _is_tiny(element):
            left_out[LeftOutKind.PICTURE] += 1
        _replace_by_description(element, str(element.get("alt") or ""))
    for element in soup.find_all("svg"):
        if element.decomposed:
            continue
        title = element.find("title", recursive=False)
        is_shown = element.get("aria-hidden") != "true"
        label = str(element.get("aria-label") or ("" if title is None else title.get_text(" ")))
        _replace_by_description(element, label if is_shown else "")
    for element in soup.find_all(_EMBEDDED):
        if not element.decomposed:
            left_out[LeftOutKind.EMBEDDED_FILE] += not _is_tiny(element)
            element.decompose()


def _is_tiny(element: Tag) -> bool:
    """Return whether this is one of the pictures or frames that only count visitors."""
    return str(element.get("width")) in _TINY or str(element.get("height")) in _TINY


def _replace_by_description(element: Tag, description: str) -> None:
    words = " ".join(description.split())
    if words:
        space = "" if text_before(element)[-1:].isspace() else " "
        element.replace_with(f"{space}{IMAGE_MARK} {words} ")
    else:
        element.decompose()


def _drop_site_parts(soup: Tag) -> None:
    """Remove what surrounds the text on every page of a site: menus, and asides and footers of no article."""
    for element in soup.find_all(lambda each: each.name == "nav" or each.get("role") in _MENUS):
        if not element.decomposed:
            element.decompose()
    # To ask whether an element is decomposed, or what its words are, takes as long as it has descendants.
    for element in soup.find_all(_is_named_like_links, limit=_MOST_LINK_BOXES):
        if not element.decomposed and _leads_elsewhere(element):
            element.decompose()
    has_article = soup.find(["article", "main"]) is not None
    for element in soup.find_all(lambda each: _site_part(each) != ""):
        if element.decomposed:
            continue
        is_own = element.find_parent(_SECTIONS) is not None or (_site_part(element) == "aside" and not has_article)
        if not is_own or _is_mostly_links(element):
            element.decompose()


def _is_named_like_links(element: Tag) -> bool:
    return element.name in _LINK_BOXES and not _names(element).isdisjoint(_BOOK_LINKS | _SITE_LINKS)


def _names(element: Tag) -> set[str]:
    return {str(name) for name in (*element.get_attribute_list("class"), element.get("id"))}


def _leads_elsewhere(element: Tag) -> bool:
    """Return whether an element that is named like a list of links to other pages is one."""
    is_of_book = not _names(element).isdisjoint(_BOOK_LINKS)
    return is_of_book or (element.find(HEADINGS) is None and _is_mostly_links(element))


def _site_part(element: Tag) -> str:
    """Return `aside` or `footer` if this is one, by its name or its role; else empty."""
    role = _ROLES.get(str(element.get("role")), "")
    return element.name if element.name in {"aside", "footer"} else role


def _is_mostly_links(element: Tag) -> bool:
    words = len("".join(element.get_text().split()))
    return 2 * sum(len("".join(link.get_text().split())) for link in element.find_all("a")) > words


def _open_forms(soup: Tag) -> None:
    """Remove the controls of forms, and forms that have nothing else; what a form surrounds stays."""
    for element in soup.find_all(_CONTROLS):
        if not element.decomposed:
            element.decompose()
    for button in soup.find_all("button"):
        is_control = button.find_parent(["form", "pre"]) is not None  # In code, it copies the code.
        if is_control and button.find_parent([*HEADINGS, "summary", "dt"]) is None:
            button.decompose()
    half = len(soup.get_text(strip=True)) / 2
    for form in soup.find_all("form"):
        if form.decomposed:
            continue
        if any(block.get_text(strip=True) for block in form.find_all(_BLOCKS)) or len(form.get_text(strip=True)) > half:
            form.name = "div"
        else:
            form.decompose()


def _write_inline(soup: BeautifulSoup) -> None:
    """Replace ruby by the words without their readings and equations by a line, and unfold what is folded."""
    for ruby in soup.find_all("ruby"):
        if ruby.decomposed:
            continue
        for reading in ruby.find_all(["rt", "rp", "rtc"]):
            if not reading.decomposed:
                reading.decompose()
        words = ruby.get_text()
        ruby.replace_with(("" if _CJK.search(words) else " ").join(words.split()))
    for math in soup.find_all("math"):
        if not math.decomposed:
            math.replace_with(_equation(math))
    for summary in soup.find_all("summary"):
        summary.name = "p" if summary.find([*HEADINGS, "strong", "b"]) else "strong"
        if summary.name == "strong":
            summary.wrap(soup.new_tag("p"))
    for element in soup.find_all(["details", "figure", "fieldset", "address"]):
        element.name = "div"


def _equation(math: Tag) -> str:
    source = math.find("annotation", encoding="application/x-tex")
    tex = "" if source is None else source.get_text(strip=True)
    return tex if tex and "\\" not in tex else mathml_text(math) or tex or str(math.get("alttext") or "")


def text_before(element: Tag) -> str:
    """Return the text right before an element."""
    before = element.previous_sibling
    return "" if before is None else before.get_text()
