"""Hostile and broken text: CSV, JSON, notebooks, web pages, reStructuredText, Markdown, source code."""

from __future__ import annotations

import random
from collections.abc import Iterator

from knowledge.errors import Reason
from tests.knowledge.office_files import notebook
from tests.knowledge.parsing.hostile.file import MAX_BYTES, READ, HostileFile, hostile
from tests.knowledge.parsing.hostile.parts import alias_bomb, laughs, loud_notebook, packed
from tests.knowledge.pdfs import pdf


def csv_files() -> Iterator[HostileFile]:
    yield hostile("a CSV with zero bytes", "a.csv", lambda: b"a,b\n1,\x00\x00\x01\n", Reason.BINARY)
    yield hostile("a quote that never closes", "a.csv", lambda: b'a,b\n"1,2\n' + b"x,y\n" * 20_000, READ)
    yield hostile("100,000 columns", "a.csv", lambda: b"a," * 100_000 + b"\n", Reason.TOO_LARGE)
    yield hostile("a cell of 1 MB", "a.csv", lambda: b'boat,fee\n"' + b"x" * 1_000_000 + b'",1\n', READ)
    head = b",".join(b"how often do you use boat %d?" % n for n in range(2000))
    rows = (b",".join([b"1"] * 2000) + b"\n") * 700
    yield hostile("a head of 60 kB above 700 long rows", "a.csv", lambda: head + b"\n" + rows, Reason.TOO_LARGE)
    yield hostile("cells that are formulas", "a.csv", lambda: b"boat,fee\n=cmd|'/c calc'!A1,5\n@SUM(1),|||\n", READ)
    yield hostile("nothing but delimiters", "a.csv", lambda: b",,,\n,,,\n", Reason.NO_TEXT)
    yield hostile("a million quotes", "a.csv", lambda: b"a,b\n" + b'"' * 999_999, READ)
    yield hostile("rows of every width", "a.csv", lambda: b"a;b\n1\n1;2;3;4\n\n;;x\n", READ)
    yield hostile("a CSV in UTF-16, with semicolons", "a.csv", lambda: "Boot;Größe\nJolle;4\n".encode("utf-16"), READ)


def json_files() -> Iterator[HostileFile]:
    yield hostile("lists 100,000 deep", "a.json", lambda: b"[" * 100_000 + b"]" * 100_000, Reason.TOO_DEEP)
    yield hostile("objects 100,000 deep", "a.json", lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000, Reason.TOO_DEEP)
    yield hostile("a JSON cut off in the middle", "a.json", lambda: b'{"a": [1, 2, {"b": ', Reason.CORRUPT)
    yield hostile("two values in one file", "a.json", lambda: b'{"a": 1} {"b": 2}', READ)
    yield hostile("a number of a million digits", "a.json", lambda: b'{"a": ' + b"9" * 1_000_000 + b"}", READ)
    yield hostile("an object without anything", "a.json", lambda: b"{}", Reason.NO_TEXT)
    yield hostile("half a character", "a.json", lambda: b'{"name": "\\ud800 Ada"}', READ)
    yield hostile("a million empty objects", "a.json", lambda: b"[" + b"{}," * 1_000_000 + b"{}]", Reason.NO_TEXT)
    yield hostile("what is no number", "a.json", lambda: b'{"a": NaN, "b": -Infinity}', READ)
    yield hostile(
        "a name of 1 MB above a hundred values",
        "a.json",
        lambda: b'{"' + b"x" * 1_000_000 + b'": [' + b"{}, 1, " * 100 + b"2]}",
        Reason.TOO_LARGE,
    )
    yield hostile("a bad line among good ones", "a.jsonl", lambda: b'{"a": 1}\n{"a": \n{"a": 3}\n', Reason.CORRUPT)


def notebooks() -> Iterator[HostileFile]:
    yield hostile("words that are no notebook", "a.ipynb", lambda: b"import this", Reason.CORRUPT)
    yield hostile("a JSON that is no notebook", "a.ipynb", lambda: b'{"name": "Ada"}', Reason.MISNAMED)
    yield hostile(
        "a notebook of lists 100,000 deep",
        "a.ipynb",
        lambda: b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        Reason.TOO_DEEP,
    )
    yield hostile("cells that are numbers", "a.ipynb", lambda: b'{"cells": [1, 2]}', Reason.CORRUPT)
    yield hostile("a notebook without cells", "a.ipynb", lambda: b'{"cells": [], "nbformat": 4}', Reason.NO_TEXT)
    yield hostile("an output of 3 MB", "a.ipynb", loud_notebook, READ)
    yield hostile(
        "fences within fences", "a.ipynb", lambda: notebook().replace(b"import statistics", b"````` # ```"), READ
    )


def web_pages() -> Iterator[HostileFile]:
    yield hostile("100,000 boxes without a word", "a.html", lambda: b"<div>" * 100_000, Reason.NO_TEXT)
    yield hostile("a word below 5,000 boxes", "a.html", lambda: b"<div>" * 5000 + b"word", Reason.TOO_DEEP)
    yield hostile(
        "a page of scripts", "a.html", lambda: b"<html><body><script>1</script></body></html>", Reason.NO_TEXT
    )
    yield hostile("a page with zero bytes", "a.html", lambda: b"<html>\0</html>", Reason.BINARY)
    yield hostile(
        "a cell over a billion columns", "a.html", lambda: b"<table><tr><td colspan=1000000000>boats</table>", READ
    )
    spans = b"<table><tr>" + b"<td rowspan=500 colspan=500>x" * 40 + b"</tr>" + b"<tr></tr>" * 499 + b"</table>"
    yield hostile("spans that make ten million cells", "a.html", lambda: spans, Reason.TOO_LARGE)
    yield hostile("tables 400 deep", "a.html", lambda: b"<table><tr><td>" * 400 + b"boats", Reason.TOO_DEEP)
    yield hostile("a comment that never closes", "a.html", lambda: b"<p>boats</p><!--" + b"-" * 1_000_000, READ)
    yield hostile("a billion laughs in a page", "a.html", lambda: laughs("html"), READ)
    yield hostile("lists 2,000 deep", "a.html", lambda: b"<ul><li>x" * 2000, Reason.TOO_DEEP)
    yield hostile(
        "characters that are none", "a.html", lambda: b"<p>Open &#xD800; &#99999999999; &nosuch; daily.", READ
    )
    yield hostile(
        "an encoding that is none", "a.html", lambda: b'<meta charset="no-such-code"><p>Open daily.</p>', READ
    )
    yield hostile("a tag of 2 MB", "a.html", lambda: b"<p>boats</p><a " + b"x='y' " * 350_000 + b">", READ)
    yield hostile(
        "a page in an encoding that it denies",
        "a.html",
        lambda: '<meta charset="ascii"><p>会员</p>'.encode("gb18030"),
        READ,
    )


def rst_files() -> Iterator[HostileFile]:
    yield hostile(
        "an include of another file",
        "a.rst",
        lambda: b"Boats.\n\n.. include:: /etc/passwd\n   :literal:\n\n.. csv-table::\n   :file: /etc/passwd\n",
        READ,
    )
    yield hostile(
        "nothing but a file's HTML", "a.rst", lambda: b".. raw:: html\n   :file: /etc/passwd\n", Reason.NO_TEXT
    )
    yield hostile("nothing but a comment", "a.rst", lambda: b".. boats\n", Reason.NO_TEXT)
    doubled = [b".. |a%d| replace:: |a%d| |a%d|\n" % (n, n - 1, n - 1) for n in range(1, 26)]
    last = b".. |a0| replace:: ha\n\n|a25|\n"
    yield hostile("substitutions that double", "a.rst", lambda: b"".join(doubled) + last, READ)
    yield hostile(
        "substitutions that double, the last one first",
        "a.rst",
        lambda: b"".join(reversed(doubled)) + last,
        Reason.TOO_SLOW,
        seconds=5,
    )
    yield hostile(
        "substitutions in a circle", "a.rst", lambda: b".. |a| replace:: |b|\n.. |b| replace:: |a|\n\n|a|", READ
    )
    lists = b"".join(b"  " * n + b"- x\n\n" for n in range(500))
    yield hostile("lists 500 deep", "a.rst", lambda: lists, Reason.TOO_DEEP)
    boxes = b"".join(b"   " * n + b".. box::\n\n" for n in range(500))
    yield hostile("boxes 500 deep", "a.rst", lambda: boxes + b"   " * 500 + b"x\n", Reason.TOO_DEEP)
    yield hostile("a line of 200,000 backticks", "a.rst", lambda: b"`" * 200_000, Reason.CORRUPT)
    yield hostile("marks that never close", "a.rst", lambda: b".. note::\n\n  +--\n  |\n\n*x **y ``z `w |v [1_", READ)
    yield hostile("a thousand unknown roles", "a.rst", lambda: b"".join(b":r%d:`x`\n" % n for n in range(1000)), READ)


def texts() -> Iterator[HostileFile]:
    noise = random.Random(7).randbytes(4000)
    yield hostile("noise", "a.txt", lambda: noise, Reason.BINARY)
    yield hostile("a picture that is called text", "a.txt", lambda: b"\x89PNG\r\n\x1a\n" + noise, Reason.BINARY)
    yield hostile("a PDF that is called text", "a.txt", lambda: pdf(["one"]), Reason.MISNAMED)
    yield hostile("a zip that is called Markdown", "a.md", lambda: packed({"a.md": b"hi"}), Reason.MISNAMED)
    yield hostile("a program that is called source code", "a.py", lambda: b"\x7fELF\x02\x01\x01" + noise, Reason.BINARY)
    yield hostile("nothing", "a.md", lambda: b"", Reason.EMPTY)
    yield hostile("a file over the limit", "a.md", lambda: b"x" * (MAX_BYTES + 1), Reason.TOO_LARGE)
    yield hostile("a heading with a million spaces", "a.md", lambda: b"# a" + b" " * 1_000_000 + b"b", READ)
    yield hostile("a rule of a table, a million marks long", "a.md", lambda: b"|a|\n|" + b"-" * 1_000_000 + b"x", READ)
    yield hostile("front matter whose aliases multiply", "a.md", alias_bomb, READ)
    yield hostile("one line of 3 MB without a space", "a.txt", lambda: b"x" * 3_000_000, READ)
    yield hostile("a million lines of one letter", "a.txt", lambda: b"a\n" * 1_000_000, READ)
    yield hostile("a text that ends within a character", "a.txt", lambda: "会员可以借书。".encode()[:-1], READ)
    yield hostile("UTF-16 cut within a character", "a.txt", lambda: "Dredged.".encode("utf-16")[:-1], Reason.BINARY)
    yield hostile("halves of characters", "a.txt", lambda: b"before \xed\xa0\x80 after\n" * 20, READ)
    yield hostile(
        "20,000 headings", "a.md", lambda: b"".join(b"#" * (1 + n % 6) + b" H\n" for n in range(20_000)), READ
    )
    yield hostile("brackets without end", "a.md", lambda: b"[" * 200_000 + b"![" * 100_000, READ)
    wide = b"|" + b" x |" * 10_000 + b"\n"
    yield hostile("10,000 columns", "a.md", lambda: wide + b"|" + b"---|" * 10_000 + b"\n" + wide * 3, READ)
    yield hostile("a fence that never closes", "a.md", lambda: b"```\n" + b"# no heading\n" * 5000, READ)
    yield hostile("brackets 100,000 deep", "a.py", lambda: b"x = " + b"(" * 100_000 + b")" * 100_000, READ)
    classes = b"".join(b" " * n + b"class A:\n" for n in range(2000))
    yield hostile("classes 2,000 deep", "a.py", lambda: classes, READ)
    yield hostile("a line of a million semicolons", "a.js", lambda: b";" * 1_000_000 + b"x", READ)
    yield hostile("lines like a definition that never begins", "a.c", lambda: (b"a " * 140 + b"(\n") * 5000, READ)
    yield hostile("one statement of 1 MB", "a.js", lambda: b"x=1;" * 250_000, READ)
    yield hostile("code of empty lines", "a.py", lambda: b"@a\n" * 300_000 + b"def f(): pass", READ)
    yield hostile("words that turn the line around", "a.txt", "safe \u202eexe.txt\u2066 name".encode, READ)
