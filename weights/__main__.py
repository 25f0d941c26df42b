"""`python -m weights` lists the pinned models; `python -m weights fetch NAME` fetches one.

Edit this file to change the commands or what they print.
"""

from __future__ import annotations

import argparse
import sys

from pydantic import TypeAdapter

from storage.sizes import MEGABYTE
from weights.catalog import CATALOG
from weights.errors import WeightsError
from weights.settings import WeightsSettings
from weights.store import Weights
from weights.terminal import ProgressLine, exit_with
from weights.types import Entry, PinnedFile


def main() -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m weights", description="Manage the pinned models.")
    commands = parser.add_subparsers(dest="command")
    listing = commands.add_parser(
        "list", help="list the models, whether they are ready, and where they come from (the default)"
    )
    listing.add_argument("--json", action="store_true", help="print JSON")
    fetching = commands.add_parser("fetch", help="download, verify and prepare a model")
    fetching.add_argument("name", help=", ".join(CATALOG))
    arguments = parser.parse_args()
    weights = Weights(WeightsSettings().model_dir)
    if arguments.command != "fetch":
        _list(weights, as_json=arguments.command is not None and arguments.json)
        return 0
    try:
        with ProgressLine() as line:
            folder = weights.ensure(arguments.name, line.show_fetch)
    except KeyboardInterrupt:
        print("Stopped. The next download resumes from here.", file=sys.stderr)
        return 130
    except WeightsError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments.name} is ready in {folder}")
    return 0


def _list(weights: Weights, *, as_json: bool) -> None:
    if as_json:
        print(TypeAdapter(list[Entry]).dump_json(list(CATALOG.values()), indent=2).decode())
        return
    for entry in CATALOG.values():
        state = "ready" if weights.is_ready(entry.name) else "missing"
        print(f"{entry.name:15} {state:9} {entry.size_bytes / MEGABYTE:6.0f} MB  {entry.title} ({entry.licence})")
        if entry.note is not None:
            print(f"{'':15} {entry.note}")
        for file in entry.files:
            print(f"{'':15} {file.path}  sha256 {file.sha256}")
            for source in _sources_of(file):
                print(f"{'':17} {source}")


def _sources_of(file: PinnedFile) -> list[str]:
    """Return the places that the file may come from, in the order in which they are tried."""
    hub = [] if file.hub is None else [f"hub: {file.hub.repository} at {file.hub.revision}, {file.hub.path}"]
    return [*hub, *(f"mirror: {part.package} {part.version}, {part.member}" for part in file.mirror)]


if __name__ == "__main__":
    exit_with(main)
