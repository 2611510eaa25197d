"""Which editions are about the same people, whatever they are called.

An edition under a new id, with other labels, is another edition of the same data to whoever has
both. So editions are related by their rows: of each data file a sketch is kept beside the reports,
never among them, made of the smallest keyed hashes of its rows and of the values that tell its
units apart.

    file ── hash of every row, of every value, keyed ──▶ the KEPT smallest ──▶ populations.json

The share that two sketches have in common is that of the files (Broder 1997, "On the resemblance
and containment of documents"). The key is made once for a folder of reports and stays there, so
that nobody can look up a person's hash in a sketch that gets out.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.table_layout import AS_IT_IS
from pbc_eval.errors import DataError, DesignError, SpecError
from pbc_eval.evaluation.data_place import data_frame
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.report_kinds import Agreed, Subject
from pbc_eval.publish.workspace import workspace_of

POPULATIONS, KEY = "populations.json", "populations.key"
KEPT = 256  # hashes of a sketch: a share in common is known to about 0.03
FEWEST = 8  # values, below which a column or a table tells nothing apart
ALIKE = 0.3  # in common, from which two files are about the same people
_RUNNING = re.compile(r"[^\W\d]{0,4}[-_ ]?(\d{1,15})(?:\.0)?")  # 17, P0017, H-17, 17.0
Sketches = Mapping[str, list[str]]  # what was hashed (rows, a column) to the smallest hashes


def same_people(reports: Path, subject: Subject) -> tuple[Path, ...]:
    """Folders of published editions of other ids whose data are mostly those of this one."""
    own = _sketches(subject.agreed, key_of(reports))
    related = []
    for name, sketches in _known(reports).items():
        folder = reports / name
        is_other = name.split("/")[0] != subject.id
        if is_other and (folder / MANIFEST).is_file() and _alike(own, sketches):
            related.append(folder)
    return tuple(related)


def remember_people(reports: Path, subject: Subject) -> None:
    """Keep the sketches of an edition. Call while the site's lock is held."""
    sketches = _sketches(subject.agreed, key_of(reports))
    if not sketches:
        return
    known = _known(reports) | {f"{subject.id}/{subject.edition}": dict(sketches)}
    _write(workspace_of(reports) / POPULATIONS, json.dumps(known, indent=0, sort_keys=True))


def _alike(first: Sketches, second: Sketches) -> bool:
    return any(_share(mine, other) >= ALIKE for mine in first.values() for other in second.values())


def _share(first: Iterable[str], second: Iterable[str]) -> float:
    """The share of all hashes that both have, from their smallest."""
    mine, other = {*first}, {*second}
    smallest = sorted(mine | other)[:KEPT]
    return sum(h in mine and h in other for h in smallest) / len(smallest) if smallest else 0.0


MOST_BYTES = 50_000_000  # of a file of rows that measures are counted from


def _sketches(agreed: Agreed, key: bytes) -> dict[str, list[str]]:
    """Of the rows of each file, without the unit's name, and of each column that tells units apart:
    other outcomes beside the same people, or the same people under other numbers, are found."""
    if not isinstance(agreed, EvaluationSpec):
        return {}
    files: list[tuple[str, str | None]] = []
    sketches: dict[str, list[str]] = {}
    if agreed.data is not None:
        files.append((agreed.data.place, agreed.data.unit))
        if agreed.data.backend is not None:  # whatever may be taken out of it: the same table
            place = (f"{agreed.data.place} {n}" for n in range(FEWEST))
            sketches[f"{agreed.data.place}: place"] = _smallest(place, key)
    if agreed.performance is not None and agreed.performance.file is not None:
        files.append((agreed.performance.file, None))
    if agreed.performance is not None and (rows := agreed.performance.rows) is not None:
        if rows.backend is None and _bytes_of(agreed, rows.file) <= MOST_BYTES:
            files.append((rows.file, None))
        else:  # whatever was added to it since: the same table
            place = (f"{rows.place} {n}" for n in range(FEWEST))
            sketches[f"{rows.place}: place"] = _smallest(place, key)
    for file, unit in files:
        frame = frame_of(agreed, file)
        if frame is None:
            continue
        rest = frame.drop(columns=[unit] if unit in frame else [])
        sketches[f"{file}: rows"] = _smallest(rows_of(rest), key)
        for column in frame:
            values = frame[column].dropna().astype(str)
            if tells_apart(values):
                sketches[f"{file}: {column}"] = _smallest(values.unique(), key)
    return {name: sketch for name, sketch in sketches.items() if len(sketch) >= FEWEST}


def _bytes_of(spec: EvaluationSpec, file: str) -> int:
    return spec.path(file.partition("::")[0]).stat().st_size


def tells_apart(values: pd.Series) -> bool:
    """Do most rows have a value of their own, that is no running number?"""
    distinct = values.unique()
    if len(distinct) < max(FEWEST, 0.5 * len(values)):
        return False
    running = [match for match in map(_RUNNING.fullmatch, map(str, distinct)) if match]
    if len(running) < len(distinct):
        return True
    numbers = [int(match.group(1)) for match in running]
    return max(numbers) - min(numbers) >= 2 * len(distinct)


def frame_of(spec: EvaluationSpec, file: str) -> pd.DataFrame | None:
    try:
        if spec.data is not None and spec.data.backend is not None and spec.data.place == file:
            return data_frame(spec, InputFiles())[0]
        layout = spec.data if spec.data is not None and spec.data.file == file else AS_IT_IS
        return InputFiles().frame(spec.path(file), layout)[0]
    except (
        DataError,
        DesignError,
        SpecError,
    ):  # evaluated all the same: what it holds is said there
        return None


def rows_of(frame: pd.DataFrame) -> list[str]:
    """Each row as one text, whatever its columns are called and in whichever order they come."""
    texts = frame.astype(str).fillna("").to_numpy(dtype=object)
    return ["\x1f".join(sorted(row)) for row in texts]


def _smallest(texts: Iterable[str], key: bytes) -> list[str]:
    hashes = {
        hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:24]
        for text in texts
    }
    return sorted(hashes)[:KEPT]


def key_of(reports: Path) -> bytes:
    """The key of a folder of reports, made when there is none."""
    file = workspace_of(reports) / KEY
    if not file.is_file():
        _write(file, secrets.token_hex(32))
    return bytes.fromhex(file.read_text(encoding="ascii").strip())


def _known(reports: Path) -> dict[str, Any]:
    try:
        known = json.loads((workspace_of(reports) / POPULATIONS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(target: Path, text: str) -> None:
    fresh = target.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8", newline="\n")
    fresh.replace(target)
