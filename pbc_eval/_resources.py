"""Files that travel with the code: found wherever the package is installed."""

from importlib.resources import files
from pathlib import Path

EXAMPLES = "examples"


def package_folder() -> Path:
    """The folder of the package. Wheels are installed unpacked, so that it is one on disk."""
    return Path(str(files("pbc_eval")))


def notebooks_folder() -> Path:
    """The notebooks: in the package where it was installed from a wheel, beside it in a clone."""
    inside = package_folder() / "notebooks"
    return inside if inside.is_dir() else package_folder().parent / "notebooks"


def examples_folder() -> Path:
    """The example evaluations: in the package where it was installed from a wheel, beside it in a
    clone. They make nothing of the package's own: no report depends on them."""
    inside = package_folder() / EXAMPLES
    return inside if inside.is_dir() else package_folder().parent / "data"
