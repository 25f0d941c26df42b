"""How the commands of the terminal end their process. Edit this file when they should end in another way."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NoReturn


def exit_with(main: Callable[[], int]) -> NoReturn:
    """Exit with what `main` returns, and with 1, in silence, where nobody reads the output any more (`… | head`)."""
    try:
        try:
            code = main()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Else the interpreter's own flush complains.
        sys.exit(1)
    sys.exit(code)
