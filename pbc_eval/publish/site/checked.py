"""Is each edition still what was published? Every hash, or only those of files that moved.

What was checked is remembered beside the reports by size and time of change, so that adding one
edition to five hundred does not read them all again. ``pbc-eval publish`` reads them all.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pbc_eval import provenance
from pbc_eval._validate import first_few
from pbc_eval.errors import PublicationError
from pbc_eval.publish.workspace import workspace_of

MEMORY = "checked.json"


class Checked:
    """The editions that were found unchanged, with what their files looked like then."""

    def __init__(self, reports: Path, *, trust_memory: bool) -> None:
        self._file = workspace_of(reports) / MEMORY
        self._before: Mapping[str, Any] = _read(self._file) if trust_memory else {}
        self._now: dict[str, Any] = {}

    def facts_of(self, folder: Path) -> dict[str, Any]:
        """The manifest of an edition whose files are those that it names.

        Raises PublicationError for an edition under another's name and for a file that changed,
        is missing or is new.
        """
        facts = provenance.read_manifest(folder)
        name = f"{facts['evaluation']}, edition {facts['edition']}"
        if (folder.parent.name, folder.name) != (facts["evaluation"], facts["edition"]):
            raise PublicationError(
                f"{folder.parent.name}/{folder.name}: holds {name}. Put the folder back where it "
                "was published, or publish it under its own name."
            )
        key, looks = f"{folder.parent.name}/{folder.name}", _looks(folder)
        if self._before.get(key) != looks and (changed := provenance.changed_files(folder)):
            raise PublicationError(
                f"{name}: {first_few(changed)} since it was published. Run the evaluation again, "
                "or restore the file."
            )
        self._now[key] = looks
        return facts

    def remember(self) -> None:
        """Keep what was found for the next time. Call when every edition has been checked."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._now, sort_keys=True), encoding="utf-8", newline="\n")
        fresh.replace(self._file)


def _looks(folder: Path) -> dict[str, list[int]]:
    """Size and time of change of each file; a manifest that changed shows like any other file."""
    looks = {}
    waiting = [("", str(folder))]
    while waiting:
        below, place = waiting.pop()
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((f"{below}{entry.name}/", entry.path))
                elif entry.is_file() and not entry.name.startswith("."):
                    state = entry.stat()
                    looks[f"{below}{entry.name}"] = [state.st_size, state.st_mtime_ns]
    return dict(sorted(looks.items()))


def _read(file: Path) -> Mapping[str, Any]:
    """What was remembered; nothing, where it cannot be read."""
    try:
        remembered = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return remembered if isinstance(remembered, dict) else {}
