"""Is a published edition what its inputs give? Run it again, and say "identical" or what differs.

edition ─ its files against its manifest ─ inputs, code and versions against the manifest's
        ─ run again in private ─ every file against the manifest's ─ numbers one by one, and what
        pages, tables and archives make of them, word by word

Numbers are published to ten significant digits. Where another processor rounds one of them to the
other side, the numbers are the same, and the largest relative difference is told. A page or file
that does not read as what is made again does not hold, whatever its manifest says; where other code
made it, that goes for its numbers.
"""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pbc_eval import provenance
from pbc_eval.agreement.engine_address import names_an_engine
from pbc_eval.agreement.portfolio import load_portfolio
from pbc_eval.errors import PbcError
from pbc_eval.publish.compared import Comparison, compare_numbers
from pbc_eval.publish.edition import publish_edition
from pbc_eval.publish.made_from import source_of
from pbc_eval.publish.report_kinds import is_portfolio
from pbc_eval.publish.retold import Retold, compare_words, told_apart

Verdict = Literal[
    "identical",
    "same_numbers",
    "other_hardware",
    "different",
    "retold",
    "tampered",
    "cannot_run",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came out. ``causes`` say what went in differently, ``differences`` what came out so;
    ``largest`` is the largest relative difference of a number, 0 where all are equal."""

    name: str
    verdict: Verdict
    files: int  # published files that were compared
    causes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    largest: float = 0.0

    @property
    def holds(self) -> bool:
        """Are the published numbers those that the inputs give?"""
        return self.verdict in ("identical", "same_numbers", "other_hardware")

    @property
    def sentence(self) -> str:
        sentence = {
            "identical": f"identical: {self.files} files, byte for byte.",
            "same_numbers": "the same numbers; other bytes differ, for the reasons named.",
            "other_hardware": "the same numbers on other hardware (largest relative difference "
            f"{self.largest:.1g}).",
            "different": "DIFFERENT numbers.",
            "retold": "NOT what is made from its inputs, though its results and tables are.",
            "tampered": "CHANGED since it was published; it was not run again.",
            "cannot_run": "cannot be run again from what is here.",
        }[self.verdict]
        return f"{self.name}: {sentence}"


def verify_edition(edition: Path, evaluation: Path | None = None) -> Verification:
    """Run a published edition again and compare.

    ``edition`` is its folder; ``evaluation`` what it was made from (evaluation.yaml, portfolio.yaml
    or the folder of it), by default data/<id> beside the folder of reports, or an earlier edition
    below that. The members of a portfolio are taken from the folder of reports. Raises
    PublicationError when ``edition`` is not an edition, or what it was made from cannot be found.
    """
    published = provenance.read_manifest(edition)
    name = f"{published['evaluation']}, edition {published['edition']}"
    files = len(published["outputs_sha256"])
    if changed := provenance.changed_files(edition):
        return Verification(name=name, verdict="tampered", files=files, differences=changed)
    report = published.get("report", "impact_report")
    source = source_of(edition, published, report, evaluation)
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder) / "reports"
        reports.mkdir()
        _take_members(source, edition.resolve().parents[1], reports)
        try:
            again = publish_edition(source, reports, report=report)
        except PbcError as problem:
            problems = (*str(problem).splitlines(), *_untold(published))
            causes = tuple(_causes(published, _here(source.parent, published)))
            return Verification(
                name=name, verdict="cannot_run", files=files, causes=causes, differences=problems
            )
        made = provenance.read_manifest(again.folder)
        differing = _differing(published["outputs_sha256"], made["outputs_sha256"])
        numbers = compare_numbers(edition, again.folder)
        apart = told_apart(published, made)
        words = compare_words(edition, again.folder, _text_files(differing), apart)
    causes = tuple(_causes(published, made))
    if not differing:
        return Verification(name=name, verdict="identical", files=files, causes=causes)
    verdict = _verdict(numbers, words, causes)
    retold = words.numerals if causes else (*words.words, *words.marks)
    return Verification(
        name=name,
        verdict=verdict,
        files=files,
        causes=causes or ("nothing that the manifest names: the system underneath may differ",),
        differences=(*numbers.differences, *retold)
        or tuple(f"{file} {how}" for file, how in differing.items()),
        largest=numbers.largest,
    )


def _verdict(numbers: Comparison, words: Retold, causes: tuple[str, ...]) -> Verdict:
    """Numbers that were made from other inputs are other numbers, however near. Words that differ
    without a cause, and numbers in words that differ, are not what the inputs give."""
    if numbers.equal:
        apart = words.numerals if causes else (*words.words, *words.marks)
        return "retold" if apart else "same_numbers"
    other_inputs = any(cause.startswith("input ") for cause in causes)
    if not numbers.on_other_hardware or other_inputs:
        return "different"
    return "retold" if words.beyond_rounding else "other_hardware"


def _text_files(differing: dict[str, str]) -> tuple[str, ...]:
    return tuple(name for name, how in differing.items() if how == "differs")


def _take_members(source: Path, reports: Path, into: Path) -> None:
    """The published editions that a portfolio rests on, where it will look for them."""
    if not is_portfolio(source):
        return
    for member in load_portfolio(source).members:
        there = reports / member.evaluation / member.edition
        if there.is_dir():
            shutil.copytree(there, into / member.evaluation / member.edition)


def _here(folder: Path, published: dict[str, Any]) -> dict[str, Any]:
    """What would go in now, where a run did not get far enough to say."""
    paths = {name: folder / name for name in published.get("inputs_sha256", {})}
    return {
        **published,
        "inputs_sha256": {
            name: provenance.sha256(path) if path.is_file() else published["inputs_sha256"][name]
            for name, path in paths.items()
            if path.is_file() or names_an_engine(name)  # an engine's table cannot be told as yet
        },
        "code_sha256": provenance.running_code().sha256,
        "versions": dict(provenance.running_code().versions),
    }


def _untold(published: dict[str, Any]) -> Iterator[str]:
    """What nobody can compare while the run is not to be had: tables that were never files."""
    for name, digest in published.get("inputs_sha256", {}).items():
        if names_an_engine(name):
            yield (
                f"{name}: whether it still gives what was published (SHA-256 {digest[:12]}...) is "
                "not known; the edition's own files are as published"
            )


def _causes(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """What goes in differently now: files by hash, the code, the notebook, versions."""
    first, second = (part.get("inputs_sha256", {}) for part in (before, now))
    for name in sorted({*first, *second}):
        if first.get(name) != second.get(name):
            how = "is new" if name not in first else "is gone" if name not in second else "changed"
            yield f"input {name} {how}"
    if before.get("code_sha256") != now.get("code_sha256"):
        commit = before.get("code_commit") or "a commit that is not named"
        yield f"the code of pbc_eval differs (published from {commit})"
    if before.get("notebook_sha256") != now.get("notebook_sha256"):
        yield "the notebook differs"
    versions = now.get("versions", {})
    for name, version in sorted(before.get("versions", {}).items()):
        if versions.get(name) != version:
            yield f"{name} was {version}, is {versions.get(name, 'not installed')}"


def _differing(before: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    """File to how it differs, in the order of their names."""
    return {
        name: "is new" if name not in before
        else "is not made any more" if name not in now
        else "differs"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    }  # fmt: skip
