"""Serves the simulator's page with a style sheet and a script of our own. Edit it to add a file to the page."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, ClassVar

from aiohttp import web
from simcord.preview._server import PreviewServer

_FOLDER = Path(__file__).parent
_OWN_FILES = {"/page.css": "text/css", "/page.js": "application/javascript"}
_HEAD_ENDS = "</head>"


class PageServer(PreviewServer):
    """Serves the page, on the loopback address alone."""

    # The simulator makes a route of each of these.
    _STATIC_FILES: ClassVar[dict[str, str]] = {
        **PreviewServer._STATIC_FILES,
        **{path: path.removeprefix("/") for path in _OWN_FILES},
    }

    async def _static(self, request: Any) -> Any:
        """Return a file of the simulator, which checks the host, or one of our own in its place."""
        content_type = _OWN_FILES.get(request.path)
        if content_type is None:
            response = await super()._static(request)
            if request.path == "/":
                response.text = self._with_own_files(response.text)
            return response
        if self.port is None or request.headers.get("Host", "") not in self._allowed_hosts():
            raise web.HTTPForbidden
        text = (_FOLDER / request.path.removeprefix("/")).read_text(encoding="utf-8")
        return web.Response(text=text, content_type=content_type, headers=self._SECURITY_HEADERS)

    def _with_own_files(self, page: str) -> str:
        name = escape(self.preview.env.backend.bot_user.name)
        head = (
            f'<meta name="routewise-bot" content="{name}">'
            '<link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script>'
        )
        return page.replace(_HEAD_ENDS, head + _HEAD_ENDS)
