"""Editions whose people are the same but for few: what both tell of everybody tells of those few.

Counts of two editions are compared from what is published (disclosure/editions.py). That misses one
who came where another left, and whoever came where counts are rounded: means, totals and shares are
of everybody all the same, and their difference is of those few. So of every file of people a sketch
is kept beside the reports, from which it follows how many are in one of two files alone.

    file ── keyed hash of each person ──▶ BUCKETS sums ──▶ members.json
    two sketches ── buckets that differ, and how many people there are ──▶ came, left

As long as few differ, each falls into a bucket of its own (an invertible table needs no more:
Eppstein, Goodrich, Uyeda & Varghese 2011, "What's the difference?"). Where most buckets differ, the
files are about others.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.performance import SurveyKpi
from pbc_eval.errors import DisclosureError, PublicationError
from pbc_eval.provenance import open_doubts, read_manifest
from pbc_eval.publish.populations import frame_of, key_of, rows_of, tells_apart
from pbc_eval.publish.replaced import was_listed
from pbc_eval.publish.report_kinds import Agreed, Subject
from pbc_eval.publish.workspace import workspace_of

MEMBERS = "members.json"
MARK = "#"  # before the mark of an edition that was replaced
BUCKETS = 1024
MOST_DIFFERING = BUCKETS // 2  # from here on the files are about others
_WIDE = 2**32


@dataclass(frozen=True, slots=True)
class Sketch:
    """``number`` of people, and the sums of their hashes by bucket, (BUCKETS,)."""

    number: int
    sums: np.ndarray


Members = Mapping[str, Sketch]  # "data: names" or "data: values" to its sketch


def members_of(reports: Path, agreed: Agreed) -> Members:
    """Of each file of people: who is in it by name, where names tell, and by what is said of each.

    Empty for portfolios, and where units are bodies whose identity is public.
    """
    if not isinstance(agreed, EvaluationSpec):
        return {}
    rule, key = agreed.publication.disclosure, key_of(reports)
    made: dict[str, Sketch] = {}
    if agreed.data is not None and rule.of_units.protects:
        made |= _of_file(agreed, agreed.data.place, agreed.data.unit, "data", key)
    if agreed.claims is not None and rule.protects:
        made |= _of_file(agreed, agreed.claims.file, None, "claims", key)
    kpis = agreed.performance.kpis if agreed.performance else ()
    for kpi in kpis if rule.protects else ():
        if isinstance(kpi, SurveyKpi):
            made |= _of_file(agreed, kpi.file, None, f"performance.kpis.{kpi.id}", key)
    return made


def refuse_few_changed(reports: Path, subject: Subject, members: Members) -> None:
    """Raise DisclosureError where few came or left since another published edition, of whatever
    name, unless somebody answers for it.

    By their names where these are more than running numbers; else, and where counts are rounded, by
    what is said of them: then somebody who was corrected left and came. Compared is whatever was
    listed, as it was then: the edition that this one replaces, too. A final edition is held against
    the one that it replaces even where no index stands beside it.
    """
    rule = subject.publication.disclosure
    if subject.status == "draft":
        return
    problems = []
    for name, other in _published(reports, subject):
        output = f"people@{name.partition(MARK)[0].removeprefix(subject.id + '/')}"
        if rule.reviewer_of(output) is None:
            problems += [
                f"  {output}: {where}: fewer than {rule.threshold} came, left or were corrected."
                for where in _of_few(members, other, rule.threshold, is_rounded=rule.base > 1)
            ]
    if problems:
        raise DisclosureError(
            f"Edition {subject.edition}: its people are those of an edition published before, but "
            "for few, and what both tell of everybody tells of those few.\n"
            + "\n".join(problems)
            + "\nUse the data of that edition, or wait until more have changed; or have somebody "
            "look at it who answers for it under publication.disclosure.reviewed, with the output "
            "as named above."
        )


def remember_members(
    reports: Path, subject: Subject, members: Members, *, replaced: str = ""
) -> None:
    """Keep the sketches of an edition; those of the one that it ``replaced`` under that mark, where
    readers had it. Call while the site's lock is held."""
    own, known = f"{subject.id}/{subject.edition}", _known(reports)
    if replaced and own in known:
        known[f"{own}{MARK}{replaced}"] = known.pop(own)
    if not members and not replaced:
        return
    plain = {
        name: {"number": each.number, "sums": each.sums.astype(">u4").tobytes().hex()}
        for name, each in members.items()
    }
    known |= {own: plain} if members else {}
    target = workspace_of(reports) / MEMBERS
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(known, indent=0, sort_keys=True), encoding="utf-8", newline="\n")
    fresh.replace(target)


def _of_few(mine: Members, other: Members, threshold: int, *, is_rounded: bool) -> Iterator[str]:
    """In which files fewer than ``threshold`` came, or left."""
    for name in sorted({part.rpartition(": ")[0] for part in mine.keys() & other.keys()}):
        by_name = _apart(mine.get(f"{name}: names"), other.get(f"{name}: names"))
        by_value = _apart(mine.get(f"{name}: values"), other.get(f"{name}: values"))
        looked_at = [by_name, by_value] if by_name is None or is_rounded else [by_name]
        if any(0 < n < threshold for pair in looked_at for n in pair or ()):
            yield name


def _apart(mine: Sketch | None, other: Sketch | None) -> tuple[int, int] | None:
    """How many are in the first alone, and in the second alone; None where most are others.

    Two who share a bucket, or of whom the same is said, count as one, so never more are found than
    there are: few are never overlooked where most of the smaller file are in both, and more than
    few who left may be taken for few where many came at once of whom the same is said.
    """
    if mine is None or other is None:
        return None
    differing = int((mine.sums != other.sums).sum())
    more = mine.number - other.number
    if differing > MOST_DIFFERING or abs(more) > MOST_DIFFERING:
        return None
    # As many as leave so many buckets alike, on average: two files about others share nobody, and
    # where they fill the buckets as far as their numbers differ, few would seem to have come.
    expected = -BUCKETS * math.log(1 - differing / BUCKETS)
    in_both = (mine.number + other.number - expected) / 2
    if in_both < min(mine.number, other.number) / 2:
        return None
    differing = max(differing, abs(more))
    return (differing + more + 1) // 2, (differing - more + 1) // 2


def _of_file(
    spec: EvaluationSpec, file: str, unit: str | None, name: str, key: bytes
) -> dict[str, Sketch]:
    frame = frame_of(spec, file)
    if frame is None or not len(frame):
        return {}
    by_unit = unit is not None and unit in frame
    rest = frame.drop(columns=[unit]) if by_unit else frame
    values = _hashes(rows_of(rest), key)
    sketches = {}
    if by_unit:  # all rows of a unit are one person's
        units = frame[unit].astype(str)
        values = pd.Series(values).groupby(units.to_numpy()).sum().to_numpy(np.uint64)
        names = units.drop_duplicates()
        if tells_apart(names):
            sketches[f"{name}: names"] = _sketch(_hashes(names.tolist(), key))
    return sketches | {f"{name}: values": _sketch(values)}


def _hashes(texts: list[str], key: bytes) -> np.ndarray:
    digests = (
        hashlib.blake2b(text.encode("utf-8", "replace"), key=key, digest_size=8).digest()
        for text in texts
    )
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)


def _sketch(hashes: np.ndarray) -> Sketch:
    by_bucket = pd.Series(hashes // BUCKETS).groupby(hashes % BUCKETS).sum()
    sums = by_bucket.reindex(range(BUCKETS), fill_value=0).to_numpy(np.uint64)
    return Sketch(len(hashes), sums % _WIDE)


def _published(reports: Path, subject: Subject) -> Iterator[tuple[str, Members]]:
    """Editions that readers have had, with their sketches: those that were replaced, too."""
    own = f"{subject.id}/{subject.edition}"
    for name, plain in _known(reports).items():
        folder = reports / name
        status = "replaced" if MARK in name else _status(folder)
        if status in ("", "draft"):
            continue
        if name == own and (status == "final" or not _was_read(reports, folder, subject)):
            continue
        try:
            yield name, {part: _read(each) for part, each in plain.items()}
        except (KeyError, TypeError, ValueError):  # not of this program: nothing is known
            continue


def _was_read(reports: Path, folder: Path, subject: Subject) -> bool:
    """Have others read the edition that this one replaces? So it is taken where this one is final
    and nothing kept it off the index."""
    return was_listed(reports, folder) or (subject.status == "final" and not open_doubts(folder))


def _status(folder: Path) -> str:
    """Of a published edition; empty where there is none."""
    try:
        return str(read_manifest(folder).get("status", "provisional"))
    except PublicationError:
        return ""


def _read(plain: Mapping[str, Any]) -> Sketch:
    sums = np.frombuffer(bytes.fromhex(plain["sums"]), dtype=">u4").astype(np.uint64)
    if len(sums) != BUCKETS:
        raise ValueError(len(sums))
    return Sketch(int(plain["number"]), sums)


def _known(reports: Path) -> dict[str, Any]:
    try:
        known = json.loads((workspace_of(reports) / MEMBERS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
