"""Writes docs/benchmarks.md from the results in benchmarks/results.

    python -m benchmarks.report

It measures nothing itself: each section shows the last result of one command and names that command.
"""

from __future__ import annotations

import argparse

from benchmarks.report.page import PAGE, page


def main() -> None:
    """Write the page."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    PAGE.write_text(page(), "utf-8")
    print("wrote", PAGE)


if __name__ == "__main__":
    main()
