"""The figures that were fitted for an embedding model, read from the JSON files that ship with the package.

They mean nothing for the vectors of another model, so each file is bound to one by name and hash. Edit this file to
change where artifacts are found or how they are checked; they are written by `benchmarks.fit`.
"""

from __future__ import annotations

from importlib import resources

from chains.errors import NotCalibrated


def read_artifact(kind: str, embedding_model: str) -> bytes:
    """Return the file `<kind>_<name>.json` of an embedding model called `<name>:<hash>`.

    Raises:
        NotCalibrated: nothing was fitted for a model of that name.
    """
    name = embedding_model.partition(":")[0]
    path = resources.files("chains.routing.artifacts").joinpath(f"{kind}_{name}.json")
    if not path.is_file():
        raise NotCalibrated(embedding_model)
    return path.read_bytes()


def check_artifact(fitted_for: str, embedding_model: str) -> None:
    """Refuse figures that were fitted for other vectors.

    Raises:
        NotCalibrated: the file is for another version of the model.
    """
    if fitted_for != embedding_model:
        raise NotCalibrated(embedding_model)
