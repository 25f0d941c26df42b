"""Checks what the bot sent against Discord's own description of its API, which the simulator is laxer than."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from simcord.types import HttpLogEntry

_DESCRIPTION = Path(
    os.environ.get("DISCORD_OPENAPI", Path(__file__).parents[2].parent / "shared" / "discord-openapi.json")
)
_CONTENT_LIMIT = 2000
"""A bot's; the description names the 4,000 of paying members."""


def is_described() -> bool:
    """Whether the description is on this machine."""
    return _DESCRIPTION.exists()


def check(requests: Iterable[HttpLogEntry]) -> int:
    """Check every body, and return how many there were; none where the description is missing."""
    checked = 0
    if not is_described():
        return checked
    for request in requests:
        validator = _validator(request.method, request.path)
        if validator is None or request.json is None:
            continue
        body = _as_described(request)
        errors = [f"{list(error.path)}: {error.message[:300]}" for error in validator.iter_errors(body)]
        assert not errors, f"{request.method} {request.path} {request.json}: {errors}"
        for content in _contents(request.json):
            assert len(content) <= _CONTENT_LIMIT, f"{len(content)} characters in one message"
        checked += 1
    return checked


def _as_described(request: HttpLogEntry) -> Any:
    """The body, without what Discord takes from discord.py although its description differs."""
    body = json.loads(json.dumps(request.json))
    if isinstance(body, dict):
        if request.method == "PATCH":
            body.pop("tts", None)
        if "recipient_id" in body:
            body["recipient_id"] = str(body["recipient_id"])
        for attachment in body.get("attachments") or []:
            attachment["id"] = str(attachment["id"])
        reference = body.get("message_reference", {})
        reference.update({key: str(value) for key, value in reference.items() if key.endswith("_id")})
    return body


def _contents(body: Any) -> Iterable[str]:
    if isinstance(body, dict):
        if isinstance(body.get("content"), str):
            yield body["content"]
        if isinstance(body.get("data"), dict):
            yield from _contents(body["data"])


def _validator(method: str, path: str) -> Draft202012Validator | None:
    segments = path.strip("/").split("/")
    for template, methods in _description()["paths"].items():
        parts = template.strip("/").split("/")
        if len(parts) == len(segments) and all(
            part.startswith("{") or part == segment for part, segment in zip(parts, segments, strict=True)
        ):
            content = methods.get(method.lower(), {}).get("requestBody", {}).get("content", {})
            if "application/json" in content:
                return Draft202012Validator({**content["application/json"]["schema"], **_components()})
    return None


@cache
def _components() -> dict[str, Any]:
    return {"components": _description()["components"]}


@cache
def _description() -> dict[str, Any]:
    return _relaxed(json.loads(_DESCRIPTION.read_text("utf-8")))


def _relaxed(node: Any) -> Any:
    """Branches that overlap (`oneOf` two kinds of message) are alternatives."""
    if isinstance(node, dict):
        return {("anyOf" if key == "oneOf" else key): _relaxed(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_relaxed(item) for item in node]
    return node
