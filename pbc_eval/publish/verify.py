"""Is a published edition what its inputs give? Run it again, and say "identical" or what differs.

edition ─ its files against its manifest ─ inputs, code and versions against the manifest's
        ─ run again in private ─ every file against the manifest's ─ numbers one by one
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pbc_eval import provenance
from pbc_eval._validate import first_few
from pbc_eval.errors import PbcError, PublicationError
from pbc_eval.evaluation.run import input_hashes
from pbc_eval.publish.edition import NOTEBOOK, publish_edition
from pbc_eval.spec.evaluation import EvaluationSpec, load_evaluation

Verdict = Literal["identical", "same_numbers", "different", "tampered", "cannot_run"]
RESULTS = "downloads/results.json"
_NOT_NUMBERS = ("provenance",)  # of results.json: hashes and versions, compared by themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came out. ``causes`` say what went in differently, ``differences`` what came out so."""

    name: str
    verdict: Verdict
    files: int  # published files that were compared
    causes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Are the published numbers those that the inputs give?"""
        return self.verdict in ("identical", "same_numbers")

    @property
    def sentence(self) -> str:
        said = {
            "identical": f"identical: {self.files} files, byte for byte.",
            "same_numbers": "the same numbers; other bytes differ, for the reasons named.",
            "different": "DIFFERENT numbers.",
            "tampered": "CHANGED since it was published; it was not run again.",
            "cannot_run": "cannot be run again from what is here.",
        }[self.verdict]
        return f"{self.name}: {said}"


def verify_edition(edition: Path, evaluation: Path | None = None) -> Verification:
    """Run a published edition again and compare.

    ``edition`` is its folder; ``evaluation`` its evaluation.yaml (or the folder of it), by default
    data/<id> beside the folder of reports, or an earlier edition below that. Raises
    PublicationError when ``edition`` is not an edition, or no evaluation of it can be found.
    """
    published = provenance.read_manifest(edition)
    name = f"{published['evaluation']}, edition {published['edition']}"
    files = len(published["outputs_sha256"])
    if changed := provenance.changed_files(edition):
        return Verification(name=name, verdict="tampered", files=files, differences=changed)
    spec = _evaluation_of(edition, published, evaluation)
    causes = tuple(_causes(spec, published))
    with tempfile.TemporaryDirectory() as folder:
        try:
            again = publish_edition(spec.folder / spec.file, Path(folder))
        except PbcError as problem:
            said = tuple(str(problem).splitlines())
            return Verification(
                name=name, verdict="cannot_run", files=files, causes=causes, differences=said
            )
        made = provenance.read_manifest(again.folder)["outputs_sha256"]
        differing = _differing(published["outputs_sha256"], made)
        numbers = tuple(_numbers(edition / RESULTS, again.folder / RESULTS))
    if not differing:
        return Verification(name=name, verdict="identical", files=files, causes=causes)
    return Verification(
        name=name,
        verdict="different" if numbers else "same_numbers",
        files=files,
        causes=causes or ("nothing that the manifest names: the system underneath may differ",),
        differences=numbers or differing,
    )


def _evaluation_of(
    edition: Path, published: dict[str, Any], evaluation: Path | None
) -> EvaluationSpec:
    """The evaluation that the edition was made from, wherever it is kept."""
    wanted = (published["evaluation"], published["edition"])
    home = edition.resolve().parents[2] / "data" / published["evaluation"]
    places = [evaluation] if evaluation else [home, *sorted(home.glob("*/*/evaluation.yaml"))]
    found = []
    for place in places:
        try:
            spec = load_evaluation(place)
        except PbcError:
            if evaluation:
                raise
            continue
        if (spec.id, spec.edition) == wanted:
            return spec
        found.append(f"{spec.id}, edition {spec.edition}")
    there = f"{places[0]} holds {first_few(found)}" if found else f"{places[0]} holds none"
    raise PublicationError(
        f"{wanted[0]}, edition {wanted[1]}: the evaluation that it was made from is not here "
        f"({there}). Name its folder: pbc-eval verify EDITION --evaluation FOLDER."
    )


def _causes(spec: EvaluationSpec, published: dict[str, Any]) -> Iterator[str]:
    """What goes in differently now: files by hash, the code, versions, the seed."""
    try:
        now = input_hashes(spec)
    except PbcError as problem:
        yield str(problem)
        now = {}
    before = published.get("inputs_sha256", {})
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            how = "is new" if name not in before else "is gone" if name not in now else "changed"
            yield f"input {name} {how}"
    if published.get("code_sha256") != provenance.code_hash():
        commit = published.get("code_commit") or "a commit that is not named"
        yield f"the code of pbc_eval differs (published from {commit})"
    if published.get("notebook_sha256") != provenance.sha256(NOTEBOOK):
        yield f"the notebook {NOTEBOOK.name} differs"
    versions = provenance.versions()
    for name, version in sorted(published.get("versions", {}).items()):
        if versions.get(name) != version:
            yield f"{name} was {version}, is {versions.get(name, 'not installed')}"


def _differing(before: dict[str, str], now: dict[str, str]) -> tuple[str, ...]:
    return tuple(
        f"{name} is new" if name not in before
        else f"{name} is not made any more" if name not in now
        else f"{name} differs"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    )  # fmt: skip


def _numbers(before: Path, now: Path) -> Iterator[str]:
    """Where results.json states something else: 'payment.total was 10.00, is 12.00'."""
    first, second = (dict(_leaves(json.loads(p.read_text("utf-8")))) for p in (before, now))
    for place in sorted({*first, *second}):
        if place.split(".")[0] in _NOT_NUMBERS or first.get(place) == second.get(place):
            continue
        was, is_now = first.get(place, "absent"), second.get(place, "absent")
        yield f"{place} was {was}, is {is_now}"


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value of a document, with the way to it: outcomes[1].estimate."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, f"{place}.{key}".lstrip("."))
    elif isinstance(value, list):
        for position, one in enumerate(value, start=1):
            yield from _leaves(one, f"{place}[{position}]")
    else:
        yield place, value
