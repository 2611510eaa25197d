"""Files that ship beside evaluation.yaml or portfolio.yaml, and never lie elsewhere."""

from pathlib import Path

from pbc_eval._validate import did_you_mean
from pbc_eval.errors import SpecError


def contained_file(owner: str, folder: Path, file: str) -> Path:
    """The path of a file named by ``owner``, with the ``::table`` in it if one is named.

    Raises SpecError if it is missing or lies out of the folder, through a link or otherwise.
    """
    if "\\" in file:
        raise SpecError(
            f"{owner}: file {file!r} has a backslash, which only Windows takes for a folder. Write "
            f"{file.replace(chr(92), '/')!r}, which every system does."
        )
    root = folder.resolve()
    file, mark, table = file.partition("::")
    try:
        located = (root / file).resolve()
    except (OSError, RuntimeError):  # RuntimeError until Python 3.13
        raise SpecError(
            f"{owner}: file {file!r} is a link that leads back to itself. Put the file there."
        ) from None
    if not located.is_relative_to(root):
        raise SpecError(
            f"{owner}: file {file!r} lies outside the evaluation's folder. Data ship beside "
            "evaluation.yaml; copy it there."
        )
    if not located.is_file():
        near = did_you_mean(file, [p.name for p in root.iterdir() if p.is_file()])
        raise SpecError(
            f"{owner}: file {file!r} is not in the folder {folder}."
            f"{near or ' Put it there, or correct the name.'}"
        )
    return Path(f"{located}{mark}{table}")
