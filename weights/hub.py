"""Downloads a file from its official publisher over HTTPS, from where an earlier transfer stopped.

Whoever calls checks the bytes. Edit this file for timeouts, retries, or the hosts that the hub may redirect to.
"""

from __future__ import annotations

from pathlib import Path

import httpx

from storage.sizes import size_of
from weights.errors import CutOffError, DownloadError
from weights.reporter import Reporter
from weights.types import PinnedFile, Stage

_ORIGIN = "https://huggingface.co"
_DOMAINS = ("huggingface.co", "hf.co")
"""The hub's own, and those of the stores that it redirects to."""
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_ATTEMPTS = 5


class Hub:
    """Downloads from the model hub at `origin`; only a test has another than the official one."""

    name = "the hub"

    def __init__(self, origin: str = _ORIGIN) -> None:
        self._origin = httpx.URL(origin)

    def has(self, file: PinnedFile) -> bool:
        """Return whether the file is published there."""
        return file.hub is not None

    def complete(self, file: PinnedFile, partial: Path, reporter: Reporter) -> None:
        """Append what `partial` lacks. Raises DownloadError; what has arrived by then stays."""
        for _ in range(_ATTEMPTS):
            before = size_of(partial)
            if before >= file.size_bytes:
                return
            try:
                with httpx.Client(
                    timeout=_TIMEOUT,
                    follow_redirects=True,
                    headers={"Accept-Encoding": "identity"},
                    event_hooks={"request": [self._refuse_elsewhere]},
                ) as client:
                    self._transfer(client, file, partial, reporter)
            except httpx.HTTPError as error:
                if size_of(partial) == 0:
                    raise DownloadError(f"{self.name} did not respond ({_reason(error)})") from error
            if size_of(partial) <= before:
                break
        if size_of(partial) < file.size_bytes:
            raise CutOffError(self.name, size_of(partial), file.size_bytes)

    def _transfer(self, client: httpx.Client, file: PinnedFile, partial: Path, reporter: Reporter) -> None:
        if file.hub is None:
            raise DownloadError(f"{self.name} doesn't have {file.name}")
        start = size_of(partial)
        url = self._origin.join(f"/{file.hub.repository}/resolve/{file.hub.revision}/{file.hub.path}")
        headers = {"Range": f"bytes={start}-"} if start else {}
        with client.stream("GET", url, headers=headers) as response:
            if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                raise DownloadError(f"{self.name} answered {response.status_code} for {file.name}")
            # A server may ignore the range and send the whole file.
            resuming = response.status_code == httpx.codes.PARTIAL_CONTENT
            done = start if resuming else 0
            with partial.open("ab" if resuming else "wb") as out:
                # Unbuffered: a larger block would be lost where the transfer is cut off within it.
                for block in response.iter_raw():
                    done += len(block)
                    if done > file.size_bytes:
                        raise DownloadError(f"{self.name} sent more than the {file.size_bytes:,} bytes of {file.name}")
                    out.write(block)
                    reporter.report(Stage.DOWNLOADING, done)

    def _refuse_elsewhere(self, request: httpx.Request) -> None:
        url = request.url
        at_origin = (url.scheme, url.netloc) == (self._origin.scheme, self._origin.netloc)
        official = url.scheme == "https" and any(
            url.host == domain or url.host.endswith(f".{domain}") for domain in _DOMAINS
        )
        if not (at_origin or official):
            raise DownloadError(f"{self.name} redirected to {url.scheme}://{url.host}, which isn't its own")


def _reason(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
