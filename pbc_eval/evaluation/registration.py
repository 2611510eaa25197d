"""The agreed part of an evaluation, its fingerprint, and what was not kept of it.

    evaluation as registered ─ agreed_parts ─┐
                                             ├ deviations_of ▶ part, agreed, done
    evaluation as it was run ─ agreed_parts ─┘

Only what could move a number or a payment is agreed: words of explanation, sources, names of files
and the way things are shown may be bettered without a deviation.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.base import as_agreed
from pbc_eval.agreement.evaluation import EvaluationSpec, load_evaluation
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.deviation import Deviation
from pbc_eval.evaluation.social_value import read_value_inputs
from pbc_eval.intake.input_files import InputFiles

_WORDS_ONLY = {  # keys whose text explains and decides nothing
    *("rationale", "source", "notes", "label", "illustrative", "status", "file", "reported"),
    *("agreed_on", "deviations", "shown_as", "decimals", "labels", "unit_name", "time_name"),
    *("proxy_source", "filters_source", "distinct_because", "summary", "text"),
    *("earlier_years", "indices", "year"),  # accounts of what came later
    *("inputs_file", "uncertainty_file", "value_bank", "value_map_file"),
    *("backend", "table", "pull_limit"),  # where the data are, not what they are
}
_NOT_THERE = "nothing"


def agreed_parts(spec: EvaluationSpec, files: InputFiles) -> dict[str, Any]:
    """What was agreed, as plain nested values; members of lists are found by their ids."""
    given = read_value_inputs(spec, files)
    parts: dict[str, Any] = {
        "contract": as_agreed(spec.contract),
        "data": None if spec.data is None else as_agreed(spec.data),
        "design": as_agreed(spec.design),
        "order of outcomes": [outcome.id for outcome in spec.outcomes],
        "outcomes": [as_agreed(outcome) for outcome in spec.outcomes],
        "performance": None if spec.performance is None else as_agreed(spec.performance),
        "payment": None if spec.payment is None else as_agreed(spec.payment),
        "value_map": None,
        "disclosure": {"threshold": spec.publication.disclosure.threshold},
    }
    if given is not None and spec.value_map is not None:
        stated = as_agreed(spec.value_map)
        own = {key: stated[key] for key in stated if key not in ("account", "draws")}
        own |= {
            "outcomes": [as_agreed(row) for row in given.outcomes],
            "inputs": [as_agreed(row) for row in given.inputs],
            "uncertainty": [as_agreed(figure) for figure in given.uncertainty],
        }
        parts["value_map"] = own
    decisive = _decisive(parts)
    assert isinstance(decisive, dict)
    return decisive


def fingerprint(parts: Mapping[str, Any]) -> str:
    """SHA-256 of the agreed part, written the same way whatever file it came from."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def registered(spec: EvaluationSpec, files: InputFiles) -> EvaluationSpec | None:
    """The evaluation as it was registered; None without a protocol that keeps it.

    Raises SpecError when the kept file is not of this evaluation, or not what the fingerprint was
    made of.
    """
    protocol = spec.protocol
    if protocol is None or protocol.file is None:
        return None
    kept = files.read(spec.path(protocol.file), load_evaluation)
    if kept.id != spec.id:
        raise SpecError(
            f"{spec.id}: protocol.file {protocol.file} is of {kept.id}. Name the file of this "
            "evaluation as it was registered."
        )
    made = fingerprint(agreed_parts(kept, files))
    if protocol.fingerprint is not None and made != protocol.fingerprint:
        raise SpecError(
            f"{spec.id}: protocol.file {protocol.file} has the fingerprint {made}, but "
            f"{protocol.fingerprint} was registered. What was agreed must not be changed: restore "
            "the file."
        )
    return kept


def deviations_of(spec: EvaluationSpec, files: InputFiles) -> tuple[Deviation, ...]:
    """Every agreed part that was not kept, with its reason where one is given.

    Raises SpecError for a reason that explains nothing that differs, and, in a final edition, for
    a deviation without a reason.
    """
    agreed = registered(spec, files)
    if agreed is None or spec.protocol is None:
        return ()
    reasons = {deviation.of: deviation.reason for deviation in spec.protocol.deviations}
    deviations = [
        Deviation(of=of, agreed=_text(before), done=_text(after), reason=_reason(of, reasons))
        for of, before, after in _differences(
            agreed_parts(agreed, files), agreed_parts(spec, files)
        )
    ]
    places = [deviation.of for deviation in deviations]
    for named in reasons:
        if not any(_covers(named, of) for of in places):
            raise SpecError(
                f"{spec.id}: protocol.deviations gives a reason for {named!r}, which does not "
                f"differ from what was agreed ({first_few(places) or 'nothing does'})."
                f"{did_you_mean(named, places)}"
            )
    bare = [deviation.of for deviation in deviations if not deviation.reason]
    if bare and spec.status == "final":
        raise SpecError(
            f"{spec.id}: {first_few(bare)} differ{'s' if len(bare) == 1 else ''} from what was "
            "agreed, without a reason. Add it under protocol.deviations (of, reason), keep to what "
            "was agreed, or set status to provisional."
        )
    return tuple(deviations)


def _reason(of: str, reasons: Mapping[str, str]) -> str:
    return next((text for named, text in reasons.items() if _covers(named, of)), "")


def _covers(named: str, of: str) -> bool:
    """Is the part that is named this one, or one that holds it?"""
    return of == named or of.startswith(f"{named}.")


def _decisive(value: Any) -> Any:
    """Without words that decide nothing; lists of things with ids as mappings by id."""
    if isinstance(value, dict):
        return {key: _decisive(part) for key, part in value.items() if key not in _WORDS_ONLY}
    if isinstance(value, list):
        named = [_name(part) for part in value]
        if value and all(named) and len(set(named)) == len(named):
            return {str(name): _decisive(part) for name, part in zip(named, value, strict=True)}
        return [_decisive(part) for part in value]
    return value


def _name(part: Any) -> str | None:
    """What a member of a list is known by: its id, else the figure or person it is about."""
    if not isinstance(part, dict):
        return None
    if part.get("id"):
        return str(part["id"])
    keys = [str(part[k]) for k in ("row", "input", "stakeholder", "description") if part.get(k)]
    return " ".join(keys) or None


def _differences(
    before: Any, after: Any, path: tuple[str, ...] = ()
) -> Iterable[tuple[str, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _differences(before.get(key), after.get(key), (*path, key))
    elif before != after:
        yield ".".join(path), before, after


def _text(value: Any) -> str:
    """A value in words: 'never treated', '0.05, 0.08', 'from 0.05, pay 150000'."""
    if value is None or value in ([], {}, ""):
        return _NOT_THERE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(_text(part) for part in value)
    if isinstance(value, dict):
        if value.get("id"):
            return f"there, as {value['id']}"
        return ", ".join(f"{key} {_text(part)}" for key, part in value.items() if part is not None)
    return str(value).replace("_", " ")
