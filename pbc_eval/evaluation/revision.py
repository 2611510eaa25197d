"""What changed between two editions, and how much of each figure's change is due to what.

    data         the data file and its roles, reported results, verified counts, KPIs
    method       the design, and the outcomes as they are measured
    parameters   the payment terms, the value map, the contract

Both editions, and those in between with some of the changes, are run by the present software. What
a change adds depends on which others came first (a threshold passed thanks to new data is worth
nothing under a lower price), so it is averaged over every order in which they could have come: the
Shapley value, the only division that adds up, treats alike what acts alike, and gives nothing to
what changes nothing.

Source: Shorrocks (2013), "Decomposition procedures for distributional analysis: a unified framework
based on the Shapley value", Journal of Economic Inequality 11.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from pbc_eval.agreement.evaluation import EvaluationSpec, load_evaluation
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.errors import PbcError, SpecError
from pbc_eval.evaluation.core_results import CoreResults, core_results
from pbc_eval.evaluation.record import FigureChange, RevisionSplit
from pbc_eval.intake.input_files import InputFiles

PARTS = ("data", "method", "parameters")
_MEASURED = ("column", "reported")  # of an outcome: what the data say, not how it is measured
_FIGURES = (
    "headline",
    "conf_low",
    "conf_high",
    "payment",
    "present_value",
    "investment",
    "net_present_value",
    "ratio",
)
_FILE_FIELDS = ("file", "inputs_file", "uncertainty_file", "value_bank")
Parts = frozenset[str]


def earlier_spec(spec: EvaluationSpec, files: InputFiles) -> EvaluationSpec | None:
    """The evaluation of the edition before, where ``revisions`` names its file.

    Raises SpecError when the file is not that of an earlier edition of the same evaluation.
    """
    named = [
        revision.earlier
        for revision in spec.revisions
        if revision.edition == spec.edition and revision.earlier
    ]
    if not named:
        return None
    earlier = files.read(spec.path(named[0]), load_evaluation)
    if earlier.id != spec.id or earlier.edition == spec.edition:
        raise SpecError(
            f"{spec.id}: revisions names {named[0]} as the edition before, but it is "
            f"{earlier.id}, edition {earlier.edition}. Name an earlier edition of {spec.id}."
        )
    return earlier


def revision_of(spec: EvaluationSpec, now: CoreResults, files: InputFiles) -> RevisionSplit | None:
    """The split of the difference from the edition before; None where ``spec`` names none.

    Raises what running the earlier edition raises.
    """
    before = earlier_spec(spec, files)
    if before is None:
        return None
    moved = _moved(before, spec)
    changed = tuple(
        part for part in PARTS if _content(before, part, files) != _content(spec, part, files)
    )
    known = {frozenset(changed): now}
    known[frozenset()] = core_results(between(before=moved, after=spec, changed=()), files)
    groups, why = [frozenset({part}) for part in changed], ""
    try:
        values = _values(groups, known, moved, spec, files)
    except (PbcError, ValidationError) as problem:
        groups, why = _joined(groups, known, moved, spec, files), str(problem).splitlines()[0]
        values = _values(groups, known, moved, spec, files)
    first, last = values[frozenset()], values[frozenset(changed)]
    both = [name for name in _FIGURES if name in first and name in last]
    return RevisionSplit(
        earlier_edition=before.edition,
        changed=changed,
        figures=tuple(
            FigureChange(
                figure=name,
                earlier=first[name],
                later=last[name],
                steps=shapley(groups, {key: value.get(name) for key, value in values.items()}),
            )
            for name in both
        ),
        dropped=tuple(name for name in _FIGURES if (name in first) != (name in last)),
        inseparable=why,
    )


def figures_of(line: CoreResults) -> dict[str, float]:
    """The figures that a page leads with; those that the evaluation does not have are absent."""
    figures: dict[str, float | None] = {}
    lead = next((f for f in line.findings if f.outcome.primary), next(iter(line.findings), None))
    if lead is not None:
        estimate = lead.headline
        figures |= {
            "headline": estimate.estimate,
            "conf_low": estimate.conf_low,
            "conf_high": estimate.conf_high,
        }
    if line.payment is not None:
        figures["payment"] = float(line.payment.total)
    if line.sroi is not None:
        figures |= {
            "present_value": line.sroi.present_value,
            "investment": line.sroi.investment,
            "net_present_value": line.sroi.net_present_value,
            "ratio": line.sroi.ratio,
        }
    return {name: value for name, value in figures.items() if value is not None}


def shapley(groups: list[Parts], values: Mapping[Parts, float | None]) -> dict[str, float]:
    """What each group of changes adds, averaged over all orders.

    ``values`` maps every union of groups to the figure, None where an edition in between does not
    have it; the shares are then not numbers.
    """
    n, shares = len(groups), {}
    for group in groups:
        others = [other for other in groups if other != group]
        total = 0.0
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for chosen in combinations(others, size):
                without = frozenset().union(*chosen)
                total += weight * (_given(values, without | group) - _given(values, without))
        shares[" and ".join(part for part in PARTS if part in group)] = total
    return shares


def _given(values: Mapping[Parts, float | None], key: Parts) -> float:
    value = values[key]
    return float("nan") if value is None else value


def _values(
    groups: list[Parts],
    known: dict[Parts, CoreResults],
    before: EvaluationSpec,
    after: EvaluationSpec,
    files: InputFiles,
) -> dict[Parts, dict[str, float]]:
    """Figures of every edition in between; those worked out are kept in ``known``."""
    figures = {}
    for size in range(len(groups) + 1):
        for chosen in combinations(groups, size):
            key = frozenset[str]().union(*chosen)
            if key not in known:
                # Estimates do not depend on the parameters, and take nearly all of the time.
                same = [line for other, line in known.items() if other ^ key <= {"parameters"}]
                findings = same[0].findings if same else None
                known[key] = core_results(between(before, after, key), files, findings)
            figures[key] = figures_of(known[key])
    return figures


def _joined(
    groups: list[Parts],
    known: dict[Parts, CoreResults],
    before: EvaluationSpec,
    after: EvaluationSpec,
    files: InputFiles,
) -> list[Parts]:
    """The finest grouping of the changes in which every edition in between can be run."""
    every = frozenset[str]().union(*groups)
    for pair in combinations(PARTS, 2):
        together = frozenset(pair) & every
        if len(together) < 2:
            continue
        tried = [group for group in groups if not group <= together] + [together]
        try:
            _values(tried, known, before, after, files)
        except (PbcError, ValidationError):
            continue
        return tried
    return [every]


def between(
    before: EvaluationSpec, after: EvaluationSpec, changed: Iterable[str]
) -> EvaluationSpec:
    """The edition ``before`` with the named parts of ``after``, checked as any evaluation is.

    ``before`` must name its files from the folder of ``after``. Raises pydantic's ValidationError
    when the parts do not go together.
    """
    parts = {part: after if part in changed else before for part in PARTS}
    data, method, parameters = (parts[part] for part in PARTS)
    measured = {outcome.id: outcome for outcome in data.outcomes}
    outcomes = [_as_measured(o, measured.get(o.id)) for o in method.outcomes]
    fields = {name: getattr(after, name) for name in EvaluationSpec.model_fields}
    fields |= {name: getattr(data, name) for name in ("data", "counts", "claims", "performance")}
    fields |= {"design": method.design, "outcomes": outcomes, "revisions": ()}
    fields |= {name: getattr(parameters, name) for name in ("payment", "value_map", "contract")}
    spec = EvaluationSpec.model_validate(fields)
    spec._folder, spec._file = after.folder, after.file
    return spec


def _as_measured(outcome: Outcome, source: Outcome | None) -> Outcome:
    if source is None:
        return outcome
    return outcome.model_copy(update={name: getattr(source, name) for name in _MEASURED})


def _content(spec: EvaluationSpec, part: str, files: InputFiles) -> Any:
    """What a part says, with the hash of each file in place of its name."""
    outcomes = [outcome.model_dump() for outcome in spec.outcomes]
    if part == "data":
        seen = [{name: outcome[name] for name in ("id", *_MEASURED)} for outcome in outcomes]
        blocks = (spec.data, spec.performance, *spec.counts, spec.claims)
        return [_plain(spec, block, files) for block in blocks], seen
    if part == "method":
        method = [{k: v for k, v in outcome.items() if k not in _MEASURED} for outcome in outcomes]
        return _plain(spec, spec.design, files), method
    money = (spec.contract.currency, spec.contract.value)
    return _plain(spec, spec.payment, files), _plain(spec, spec.value_map, files), money


def _plain(spec: EvaluationSpec, block: BaseModel | None, files: InputFiles) -> Any:
    def hashed(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: files.sha256(spec.path(part.partition("::")[0]))
                if key in _FILE_FIELDS and part
                else hashed(part)
                for key, part in value.items()
            }
        return [hashed(part) for part in value] if isinstance(value, list | tuple) else value

    return None if block is None else hashed(block.model_dump())


def _moved(spec: EvaluationSpec, into: EvaluationSpec) -> EvaluationSpec:
    """``spec`` with its files named from the folder of ``into``, in which its own folder lies."""
    below = spec.folder.resolve().relative_to(into.folder.resolve())
    moved = spec.model_copy(
        update={
            name: _renamed(getattr(spec, name), below)
            for name in ("data", "claims", "performance", "value_map", "design")
        }
    )
    moved._folder, moved._file = into.folder, into.file
    return moved


def _renamed(block: Any, below: Path) -> Any:
    """The block with its files named from a folder further up."""
    if block is None:
        return None
    update: dict[str, Any] = {
        name: (below / getattr(block, name)).as_posix()
        for name in _FILE_FIELDS
        if getattr(block, name, None)
    }
    if getattr(block, "kpis", None):
        update["kpis"] = tuple(_renamed(kpi, below) for kpi in block.kpis)
    if isinstance(getattr(block, "benchmark", None), BaseModel):
        update["benchmark"] = _renamed(block.benchmark, below)
    return block.model_copy(update=update)
