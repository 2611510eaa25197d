"""The results of a published edition, as every later step reads them: visible text only."""

from pathlib import Path

from pbc_eval.publish.visible import all_visible
from pbc_eval.results_file import RESULTS, ResultsFile, read_json, results_of


def read_results(folder: Path) -> ResultsFile:
    """The results of the edition in ``folder``.

    Raises PublicationError when they are missing, of another version or no results.
    """
    name = f"{folder.parent.name}/{folder.name}"
    return results_of(all_visible(read_json(folder / RESULTS, name)), name)
