"""Whose an edition is: the folder that it was made from, remembered beside the reports.

Two folders with one id and edition would replace one another's page, the last to run winning in
silence. The folder that published first owns the name, until it is gone.
"""

import json
from pathlib import Path

from pbc_eval.errors import PublicationError
from pbc_eval.publish.report_kinds import Subject
from pbc_eval.publish.workspace import workspace_of

OWNERS = "owners.json"


def refuse_another_owner(reports: Path, subject: Subject) -> None:
    """Raise PublicationError where another folder, which is still there, published this edition.

    A folder that was moved owns what it published: the file is no longer where it was.
    """
    before = _owners(reports).get(_name(subject))
    if before is None or before == _file(subject) or not Path(before).is_file():
        return
    raise PublicationError(
        f"{subject.id}: edition {subject.edition} was published from {before}, and this is "
        f"{_file(subject)}. Give one of them another id or edition; or remove the one that is "
        "no longer used."
    )


def remember_owner(reports: Path, subject: Subject) -> None:
    """Keep which file an edition was made from. Call while the site's lock is held."""
    owners = _owners(reports) | {_name(subject): _file(subject)}
    target = workspace_of(reports) / OWNERS
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(owners, indent=1, sort_keys=True), encoding="utf-8", newline="\n")
    fresh.replace(target)


def _owners(reports: Path) -> dict[str, str]:
    try:
        owners = json.loads((workspace_of(reports) / OWNERS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return owners if isinstance(owners, dict) else {}


def _name(subject: Subject) -> str:
    return f"{subject.id}/{subject.edition}"


def _file(subject: Subject) -> str:
    return str(subject.source.resolve())
