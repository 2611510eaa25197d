"""The example evaluations that come with the package, for tutorials and for trying things out."""

from pathlib import Path

from pbc_eval._resources import examples_folder
from pbc_eval._validate import did_you_mean
from pbc_eval.errors import DataError


def example(name: str) -> Path:
    """The folder of an example: its evaluation.yaml or portfolio.yaml, data and SOURCE.md.

    Copy it before you change it. Raises DataError for a name that there is not.
    """
    folder = examples_folder()
    names = sorted(path.parent.name for path in folder.glob("*/SOURCE.md"))
    if name not in names:
        among = ", ".join(names)
        raise DataError(
            f"example: must be one of {among}, got {name!r}.{did_you_mean(name, names)}"
        )
    return folder / name
