"""`python -m weights.convert FORM FILE FOLDER`: writes the ordinary model folder of one verified file.

`prepare` runs this as a child process. It knows no catalog and checks no hash.
"""

from __future__ import annotations

import sys
from pathlib import Path

from weights.types import Form


def convert(form: Form, file: Path, folder: Path) -> None:
    """Write the model, its configuration and its tokenizer into `folder`, which exists and is empty."""
    match form:
        case Form.GGUF:
            from weights.gguf_model import convert_gguf

            convert_gguf(file, folder)
        case Form.E5_Q4:
            from weights.e5_conversion import convert_e5

            convert_e5(file, folder)
        case Form.FOLDER:
            raise ValueError("A folder needs no conversion.")


if __name__ == "__main__":
    convert(Form(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
