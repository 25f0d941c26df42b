"""No model brings code along: every loader that could run some says that it must not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "chains", "knowledge", "finetune", "weights", "benchmarks")
LOADERS = ("from_pretrained", "from_config")
MODELS = ("SentenceTransformer", "CrossEncoder", "SparseEncoder", "pipeline")


def loading_calls() -> Iterator[tuple[str, ast.Call]]:
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            match node.func:
                # A class that is named outright is transformers' own.
                case ast.Attribute(attr=attr, value=ast.Name(id=name)) if attr in LOADERS and name.startswith("Auto"):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node
                case ast.Name(id=name) if name in MODELS:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def refuses_code(call: ast.Call) -> bool:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    return isinstance(value := given.get("trust_remote_code"), ast.Constant) and value.value is False


def test_every_loader_refuses_the_models_own_code() -> None:
    calls = dict(loading_calls())
    assert len(calls) > 8
    assert [place for place, call in calls.items() if not refuses_code(call)] == []
