"""results.json read back: by its model, or refused with the remedy.

A file of another version is refused: there is one version, and an edition can be published again.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pbc_eval.errors import PublicationError
from pbc_eval.results_file.model import FORMAT, VERSION, ResultsFile

RESULTS = Path("downloads") / "results.json"  # within an edition
_REMEDY = "Run the evaluation again."
_REMEDY_FOR_OLDER = (
    "Run the evaluation again. A final edition, which never changes, is read by the version that "
    "made it: keep it in another folder of reports."
)


def results_of(content: Any, name: str) -> ResultsFile:
    """What the JSON of a results.json says; ``name`` is the edition that it belongs to.

    Raises PublicationError for one of another version, and for one that is no such file.
    """
    if not isinstance(content, dict):
        raise PublicationError(f"{name}: results.json holds no results. {_REMEDY}")
    version = content.get("version")
    if content.get("format") != FORMAT or not isinstance(version, int):
        raise PublicationError(
            f"{name}: results.json was written by an earlier version of this program, which did "
            f"not state its format. {_REMEDY_FOR_OLDER}"
        )
    if version < VERSION:
        raise PublicationError(
            f"{name}: results.json is of version {version}; this program reads version {VERSION}. "
            f"{_REMEDY_FOR_OLDER}"
        )
    if version > VERSION:
        raise PublicationError(
            f"{name}: results.json is of version {version}, which a newer version of this program "
            f"wrote; this one reads version {VERSION}. Update the program, or run the evaluation "
            "again."
        )
    try:
        return ResultsFile.model_validate(content)
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise PublicationError(
            f"{name}: results.json cannot be read ({place}: {first['msg']}). {_REMEDY}"
        ) from None


def read_results_file(file: Path, name: str) -> ResultsFile:
    """The results in ``file``. Raises PublicationError as ``results_of`` does, and for a file that
    is not there or holds no JSON."""
    return results_of(read_json(file, name), name)


def read_json(file: Path, name: str) -> Any:
    """The JSON of a results.json, before it is looked at. Raises PublicationError without one."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise PublicationError(
            f"{name}: results.json cannot be read ({problem}). {_REMEDY}"
        ) from None
