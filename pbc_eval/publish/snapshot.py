"""One snapshot of inputs: what a run reads, copied once, so that it cannot change under it.

    evaluation.yaml, data, editions before ─ copied ─▶ run/inputs ─▶ worker, kernel, archive

A file that changed while it was copied, or before the edition was whole, stops the run: nobody
could say which of the two the report is of.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pbc_eval._validate import first_few
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.errors import DataError, PublicationError, SpecError
from pbc_eval.evaluation.evaluate import input_hashes
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.provenance import sha256
from pbc_eval.publish.own_notebook import files_of_own_notebook
from pbc_eval.publish.report_kinds import Agreed, Subject


@contextmanager
def snapshot_of(subject: Subject, agreed: Agreed, folder: Path) -> Iterator[Path]:
    """Copies of every file that ``subject`` and its whole file, ``agreed``, name, in ``folder``, as
    they lie beside one another.

    Yields the copy of the file that it is made from. Where a file that is named is not there the
    originals are read instead, for the run to say so in its own words. The copies are removed at
    the end. Raises PublicationError where an original changed meanwhile.
    """
    names = _names(subject, agreed)
    if names is None:
        yield subject.source
        return
    home = subject.source.parent
    looks = {name: _looks(home / name) for name in names}
    for name in names:
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(home / name, copy)
    hashes = {name: sha256(folder / name) for name in names}
    _refuse_changed(subject, looks, hashes)
    try:
        yield folder / subject.source.name
        _refuse_changed(subject, looks, hashes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _names(subject: Subject, agreed: Agreed) -> list[str] | None:
    """Paths below the folder of the evaluation; None where they cannot be told or lie elsewhere."""
    names = [subject.source.name]
    try:
        for spec in (agreed, subject.agreed):
            if isinstance(spec, EvaluationSpec):
                names += input_hashes(spec, InputFiles())
            elif spec.file:
                names.append(spec.file.partition("::")[0])
        names += files_of_own_notebook(subject.source.parent)
    except (SpecError, DataError, OSError):
        return None
    home = subject.source.parent.resolve()
    names = list(dict.fromkeys(names))
    within = all((home / name).resolve().is_relative_to(home) for name in names)
    return names if within and all((home / name).is_file() for name in names) else None


def _looks(path: Path) -> tuple[int, ...] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return (state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)


def _refuse_changed(
    subject: Subject, looks: dict[str, tuple[int, ...] | None], hashes: dict[str, str]
) -> None:
    home = subject.source.parent
    changed = []
    for name, digest in hashes.items():
        now = _looks(home / name)
        if now != looks[name] and (now is None or sha256(home / name) != digest):
            changed.append(name)
    if changed:
        raise PublicationError(
            f"{subject.id}: {first_few(changed)} changed while the report was made, and nothing "
            "was published. Run it again when the file is whole."
        )
