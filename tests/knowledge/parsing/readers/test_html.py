"""Web pages as their readers see them: what stands in the article, what is hidden, and where links lead."""

from __future__ import annotations

import pytest

from knowledge.parsing.readers.html import read_html
from tests.knowledge.parsing.readers.reading import Reading, read


def page(body: str, head: str = "") -> Reading:
    return read(read_html, f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode())


def test_links_keep_their_addresses() -> None:
    got = page(
        '<p>Apply with the <a href="https://grants.example.org/apply?y=2026">online application</a>. Questions go to '
        '<a href="mailto:youth@example.org?subject=x">the youth desk</a> or <a href="tel:+15550101">the phone</a>.</p>'
    )
    assert got.text == (
        "Apply with the [online application](https://grants.example.org/apply?y=2026). Questions go to "
        "the youth desk (youth@example.org) or the phone (+15550101)."
    )


LINKS = {
    "the words are the address": (
        '<a href="https://a.example.org/x_y">https://a.example.org/x_y</a>',
        "https://a.example.org/x\\_y",
    ),
    "the words are the mail address": ('<a href="mailto:a@example.org">a@example.org</a>', "a@example.org"),
    "relative to nothing known": ('<a href="/apply">form</a>', "form"),
    "a place on the page": ('<a href="#fees">fees</a>', "fees"),
    "words on two lines": ('<a href="https://a.example.org/">the\nform</a>', "[the form](https://a.example.org/)"),
    "a script": ('<a href="javascript:open()">form</a>', "form"),
    "brackets": ('<a href="https://a.example.org/a(1) b">a</a>', "[a](https://a.example.org/a%281%29%20b)"),
    "no words": ('<a href="https://a.example.org/"> </a>Yes', "Yes"),
    "a picture": (
        '<a href="https://a.example.org/"><img src="a.png" alt="Harbour plan"></a>',
        "[🖼 Harbour plan](https://a.example.org/)",
    ),
    "code": ('<a href="https://a.example.org/"><code>slip</code></a>', "[`slip`](https://a.example.org/)"),
}


@pytest.mark.parametrize("kind", LINKS)
def test_every_kind_of_link_is_readable(kind: str) -> None:
    html, markdown = LINKS[kind]
    assert page(f"<p>{html}</p>").text == markdown


def test_a_relative_link_is_completed_where_the_page_names_its_base() -> None:
    got = page('<p><a href="apply">form</a></p>', '<base href="https://a.example.org/grants/">')
    assert got.text == "[form](https://a.example.org/grants/apply)"
    broken = page('<p><a href="http://[apply">form</a></p>', '<base href="https://a.example.org/grants/">')
    assert broken.text == "form"


def test_a_heading_stays_free_of_addresses_and_a_cell_whole() -> None:
    got = page(
        '<h2><a href="https://a.example.org/">Fees</a></h2><table><tr><th>Form</th></tr>'
        '<tr><td><a href="https://a.example.org/a|b">A</a></td></tr></table>'
    )
    assert got.text == "## Fees\n\n| Form |\n| --- |\n| [A](https://a.example.org/a%7Cb) |"


def test_a_card_that_is_a_link_as_a_whole_keeps_its_heading_and_its_address() -> None:
    got = page(
        '<a href="https://a.example.org/"><h3>Grants</h3></a><a href="https://b.example.org/"><p>A</p><p>B</p></a>'
    )
    assert got.text == "### Grants\n\nhttps://a.example.org/\n\nA\n\nB\n\nhttps://b.example.org/"


def test_ruby_leaves_words_whole() -> None:
    got = page(
        "<p><ruby>係<rp>(</rp><rt>けい</rt><rp>)</rp></ruby><ruby>留<rp>(</rp><rt>りゅう</rt><rp>)</rp></ruby>料金。"
        "<ruby>\n<rb>桟</rb><rb>橋</rb>\n<rtc><rt>さん</rt><rt>ばし</rt></rtc></ruby>は北側です。</p>"
    )
    assert got.text == "係留料金。桟橋は北側です。"


def test_a_page_inside_a_form_is_read_without_its_controls() -> None:
    got = page(
        '<form method="post"><input type="hidden" value="abc"><div><h1>Tide times</h1><p>High water is at 06:40.</p>'
        '<p><label>Boat length in metres</label> <input name="l"><select><option>1</option><option>2</option></select>'
        '<textarea>Your words</textarea></p><h2><button type="button">May I bring a dog?</button></h2><p>Yes.</p>'
        "<button>Send</button></div></form>"
        '<form role="search"><label>Search this site</label><input><button>Go</button></form>'
        '<form action="/news"><label>Newsletter</label><input></form>'
    )
    assert got.text == (
        "# Tide times\n\nHigh water is at 06:40.\n\nBoat length in metres\n\n## May I bring a dog?\n\nYes."
    )


def test_asides_and_footers_of_an_article_stay_and_those_of_the_site_go() -> None:
    got = page(
        "<header><nav>Home About</nav></header><article><h1>Charging posts</h1><p>Each gives 16 A.</p>"
        '<aside class="warning"><p>Never use post 7.</p></aside><section><p>Pay at the machine.</p>'
        "<footer><p>A charge costs 4 euros.</p></footer></section>"
        '<aside><h3>More</h3><ul><li><a href="/a">Other posts</a></li><li><a href="/b">All about boats</a></li></ul>'
        "</aside>"
        '<div role="navigation">Previous page</div></article>'
        "<aside>Sponsored by nobody</aside><footer>© club</footer><div role='contentinfo'>Imprint</div>"
    )
    assert got.text == (
        "# Charging posts\n\nEach gives 16 A.\n\nNever use post 7.\n\nPay at the machine.\n\nA charge costs 4 euros."
    )


def test_an_aside_on_a_page_without_an_article_stays_unless_it_is_a_menu() -> None:
    got = page(
        "<h1>Posts</h1><p>Each gives 16 A.</p><aside>Never use post 7.</aside>"
        '<aside><a href="/a">Other posts</a> <a href="/b">Boats</a></aside><footer>© club</footer>'
    )
    assert got.text == "# Posts\n\nEach gives 16 A.\n\nNever use post 7."


def test_hidden_elements_are_left_out_and_counted() -> None:
    got = page(
        "<p>Open daily.</p><p hidden>code 1</p><div style='color:red; display : none'>code 2</div>"
        "<span aria-hidden='true'>code 3</span><dialog>code 4</dialog><p style='visibility:hidden'>code 5</p>"
        "<div hidden><p hidden>code 6</p></div><template>code 7</template><i aria-hidden='true' class='icon'></i>"
        "<p hidden='until-found'>Found by searching.</p><p style='display:block'>Shown.</p><dialog open>Note.</dialog>"
    )
    assert got.text == "Open daily.\n\nFound by searching.\n\nShown.\n\nNote."
    assert got.left_out == {"hidden_text": 6}


def test_raised_and_lowered_text_keeps_its_meaning() -> None:
    got = page(
        "<p>10<sup>3</sup> m<sup>2</sup> of CO<sub>2</sub>, x<sub>max</sub> = e<sup>−kt</sup>, "
        "the 1<sup>st</sup> of May"
        '<sup><a href="#fn1">1</a></sup>, Boat<sup>®</sup></p>'
    )
    assert got.text == "10^3 m^2 of CO2, x\\_max = e^(−kt), the 1st of May[1], Boat®"


def test_descriptions_of_pictures_are_text_and_missing_ones_are_counted() -> None:
    got = page(
        '<p>Plan: <img src="a.png" alt="The crane is in the north"></p><img src="b.png" alt=""><img src="c.png">'
        '<img src="t.gif" width="1" height="1"><svg role="img"><title>Depth 2 m</title><path d="M0"/></svg>'
        "<svg><path d='M0'/></svg><figure><img src='d.png' alt='A boat'><figcaption>The Heron</figcaption></figure>"
        "<iframe src='https://video.example.org/1'></iframe>"
    )
    assert got.text == "Plan: 🖼 The crane is in the north\n\n🖼 Depth 2 m\n\n🖼 A boat\n\nThe Heron"
    assert got.left_out == {"picture": 1, "embedded_file": 1}


def test_what_unfolds_is_read_with_its_summary_apart() -> None:
    got = page(
        "<details><summary>May I bring a dog?</summary>On a lead.</details>"
        "<details><summary>Cats?</summary><p>No.</p></details>"
    )
    assert got.text == "**May I bring a dog?**\n\nOn a lead.\n\n**Cats?**\n\nNo."


def test_a_formula_is_one_line() -> None:
    got = page(
        "<p>It is <math><mi>B</mi><mo>=</mo>"
        "<mfrac><mrow><mi>L</mi><mo>×</mo><mn>42</mn></mrow><mn>3</mn></mfrac></math>"
        " or <math><msup><mi>v</mi><mn>2</mn></msup><msqrt><mn>2</mn><mi>g</mi></msqrt></math>"
        ' or <math><semantics><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation></semantics></math>'
        ".</p>"
    )
    assert got.text == "It is B=L×42/3 or v^2√(2g) or x^2."


def test_a_script_that_draws_an_equation_twice_is_read_once() -> None:
    got = page(
        '<p>Area <span class="katex"><span class="katex-mathml"><math><semantics><mi>a</mi>'
        '<annotation encoding="application/x-tex">a^2</annotation></semantics></math></span>'
        '<span class="katex-html" aria-hidden="true">a2</span></span></p>'
    )
    assert got.text == "Area a^2"


def test_terms_stand_with_their_definitions() -> None:
    got = page("<dl><dt>Ebb</dt><dd>The water falls.</dd><dt>Flood</dt><dd>It rises.</dd></dl>")
    assert [line.strip(" :") for line in got.text.split("\n") if line.strip()] == [
        "Ebb",
        "The water falls.",
        "Flood",
        "It rises.",
    ]


def test_a_button_that_copies_code_is_no_code() -> None:
    got = page(
        "<pre><code>make run\n</code><button>copy</button></pre><p><button>Opening hours</button> From 6 to 9.</p>"
    )
    assert got.text == "```\nmake run\n```\n\nOpening hours From 6 to 9."


@pytest.mark.parametrize(
    "links",
    [
        '<div class="navheader"><table><tr><th colspan="3">Chapter 2. Fees and deposits</th></tr>'
        '<tr><td><a accesskey="p" href="a.html">Prev</a></td><td>Fees</td><td><a accesskey="n" href="c.html">Next</a>'
        "</td></tr></table><hr></div>",
        '<ul class="docnav"><li class="previous"><a accesskey="p" href="a.html"><strong>Prev</strong>A. Berths</a></li>'
        '<li class="up"><a accesskey="u" href="#"><strong>Up</strong></a></li></ul>',
        '<div class="header"><p>Next: <a href="c.html">Deposits</a>, Up: <a href="a.html">Harbour</a>'
        ' &nbsp; [<a href="toc.html">Contents</a>]</p></div>',
        '<div class="menu mainmenu"><ul><li><a href="/">Home</a></li><li><a href="/about">About</a></li></ul></div>',
        '<p id="breadcrumbs"><a href="/">Home</a> &gt; <a href="/harbour">Harbour</a></p>',
    ],
)
def test_links_to_other_pages_of_a_book_or_site_are_no_text(links: str) -> None:
    body = f"{links}<h1>Fees</h1><p>A berth costs 40 euros.</p>{links}"
    assert page(body).text == "# Fees\n\nA berth costs 40 euros."


def test_a_title_that_leads_home_stays() -> None:
    body = '<div class="header"><h1><a href="/">Harbour rules</a></h1></div><p>No fires.</p>'
    assert page(body).text.startswith("# Harbour rules")


def test_a_menu_that_says_something_is_text() -> None:
    body = (
        '<h1>Café</h1><div class="menu"><ul><li>Soup, 4 euros</li><li><a href="/pie">Pie</a>, 5 euros</li></ul></div>'
    )
    assert "Soup, 4 euros" in page(body).text


def test_a_title_is_not_repeated_above_a_heading_that_says_the_same() -> None:
    text = page("<h2>2.1. Fees</h2><p>A berth costs 40 euros.</p>", "<title>2.1.\u00a0Fees</title>").text
    assert text == "## 2.1. Fees\n\nA berth costs 40 euros."
