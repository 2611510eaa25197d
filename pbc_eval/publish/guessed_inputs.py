"""Inputs that a reader could guess from what is published, and check by their hash.

The manifest of an edition names the SHA-256 of every file that it was made from. Of rows with a
dozen values each nobody guesses all. But a file of a measure is nearly all on the page: where one
month's count is held back there are ten files that it can be, and one of them has that hash.

    measures.csv less what is published ▶ few candidates ─ SHA-256 ▶ the one ▶ what was held back

So the file must hold something that is not published: a column ``salt`` with text that nobody
guesses.
"""

from collections.abc import Iterator
from pathlib import Path

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.performance import SurveyKpi
from pbc_eval.disclosure.record import SUPPRESSED
from pbc_eval.errors import DisclosureError
from pbc_eval.publish.populations import frame_of
from pbc_eval.publish.report_kinds import Subject

SALT, SHORTEST = "salt", 16  # characters
ANSWER = "inputs-hash"


def refuse_guessed_inputs(edition: Path, subject: Subject) -> None:
    """Raise DisclosureError for a measure of which ``edition`` holds counts back, where its file is
    passed on with it, or has no salt and nobody answers for that."""
    spec, publication = subject.agreed, subject.publication
    if not isinstance(spec, EvaluationSpec) or publication.data_status == "synthetic":
        return
    files = dict.fromkeys(_files_of_what_is_held_back(edition, spec))
    rows = publication.data_rows if publication.data_open else {}
    if passed_on := [file for file in files if file in rows and not rows[file].published_at]:
        raise DisclosureError(
            f"{spec.id}: publication.data_rows: {passed_on[0]} is passed on, and counts of it are "
            "held back on the page. Leave it out of data_rows, or say where it is published_at."
        )
    if publication.disclosure.reviewer_of(ANSWER) is not None:
        return
    if guessed := [file for file in files if not _is_salted(spec, file)]:
        raise DisclosureError(
            f"{spec.id}: {guessed[0]}: counts of it are held back, nearly all else of it is "
            "published, and so is its SHA-256 (manifest.json): whoever tries each small number "
            f"finds the one that fits. Add a column {SALT!r} with {SHORTEST} or more random "
            "letters in its first row; or have somebody answer for it: output: "
            f"{ANSWER}, by, date and reason under publication.disclosure.reviewed."
        )


def _files_of_what_is_held_back(edition: Path, spec: EvaluationSpec) -> Iterator[str]:
    if spec.performance is None:
        return
    for kpi in spec.performance.kpis:
        table = edition / "downloads" / f"performance-{kpi.id}.csv"
        file = kpi.file if isinstance(kpi, SurveyKpi) else spec.performance.file
        if file and table.is_file() and SUPPRESSED in table.read_text(encoding="utf-8"):
            yield file


def _is_salted(spec: EvaluationSpec, file: str) -> bool:
    frame = frame_of(spec, file)
    if frame is None or SALT not in frame or not len(frame):
        return False
    return len(str(frame[SALT].iloc[0])) >= SHORTEST
