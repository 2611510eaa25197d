"""What somebody may ask about in an evaluation: assumptions, terms and results, each a setting.

file, value, results ── settings_of ──▶ Setting, …   value.jobs.deadweight · payment.cap ·
                                                      result.reoffending.effect
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment.term_numbers import Place, numbers_of
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.assumption_names import plain, row_name
from pbc_eval.sroi.assumptions import SHARES
from pbc_eval.sroi.present_value import SroiResult
from pbc_eval.sroi.sensitivity import OneWay, one_way

BY_ROW = ("quantity", "proxy_value", *SHARES, "duration")
PAYMENT, RESULT, VALUE = "payment", "result", "value"
ALL_CLAUSES, PROJECT_INPUTS = "All clauses", "The whole project"
ENDS = {"conf_low": "lower end of its interval", "conf_high": "upper end of its interval"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One number that can be changed. ``agreed`` is what it is; ``least`` and ``most`` are where it
    must lie, None without an end, ``above`` that it must be more than ``least``. ``place`` is where
    it stands in the payment terms."""

    key: str
    label: str
    group: str
    agreed: float
    least: float | None = None
    most: float | None = None
    above: bool = False
    whole: bool = False
    place: Place = ()


def settings_of(
    spec: EvaluationSpec,
    value: SroiResult | None,
    results: Mapping[str, MeasuredOutcome],
    other_inputs: float,
) -> Iterator[Setting]:
    """Every setting: results first, then the value map, then the payment terms."""
    terms = spec.payment
    yield from _of_results(spec, value, results)
    if value is not None:
        yield from _of_value(value, other_inputs)
    for number in () if terms is None else numbers_of(terms):
        yield Setting(
            key=f"{PAYMENT}.{number.key}",
            label=number.label,
            group=f"Payment: {number.owner or ALL_CLAUSES}",
            agreed=float(number.value),
            least=None if number.least is None else float(number.least),
            most=None if number.most is None else float(number.most),
            above=number.above,
            place=number.place,
        )


def declared_ends(
    sroi: SroiResult, moves: Sequence[OneWay]
) -> dict[tuple[str, str], tuple[float, float]]:
    """The ends between which an assumption moves because the file says so, by row and assumption:
    those that the usual moves do not have."""
    usual = {(move.outcome, move.assumption): (move.low, move.high) for move in one_way(sroi)}
    return {
        (move.outcome, move.assumption): (move.low, move.high)
        for move in moves
        if move.how == "set to"
        and move.assumption in (*BY_ROW, "discount", "investment")
        and not _alike(usual.get((move.outcome, move.assumption)), (move.low, move.high))
    }


def _alike(usual: tuple[float, float] | None, ends: tuple[float, float]) -> bool:
    return usual is not None and all(
        abs(a - b) <= 1e-8 * max(abs(a), abs(b)) for a, b in zip(usual, ends, strict=True)
    )


def _labels_of(spec: EvaluationSpec) -> dict[str, str]:
    """What each result is called: by its outcome, count or KPI, else by the clause that pays it."""
    labels: dict[str, str] = {}
    for clause in spec.payment.clauses if spec.payment else ():
        for name in clause.outcomes:
            labels.setdefault(name, clause.label)
    kpis = spec.performance.kpis if spec.performance else ()
    labels |= {kpi.id: kpi.label for kpi in kpis}
    return labels | {outcome.id: outcome.label for outcome in spec.outcomes}


def _paid_by_person(terms: PaymentTerms | None) -> set[str]:
    """Counts of which each person's part is paid within a cap, so that their sum is not enough."""
    if terms is None:
        return set()
    within = {clause.id for clause in terms.clauses if getattr(clause, "cap_per_person", None)}
    for limit in terms.limits:
        if limit.cap_per_person is not None:
            within |= terms.members(limit)
    return {name for clause in terms.clauses if clause.id in within for name in clause.outcomes}


def _of_results(
    spec: EvaluationSpec, value: SroiResult | None, results: Mapping[str, MeasuredOutcome]
) -> Iterator[Setting]:
    terms, labels = spec.payment, _labels_of(spec)
    by_person = _paid_by_person(terms)
    paid = [name for clause in (terms.due_clauses if terms else ()) for name in clause.outcomes]
    valued = [row.quantity_from for row in (value.outcomes if value else ()) if row.quantity_from]
    for name in dict.fromkeys((*paid, *valued)):
        result = results.get(name)
        if result is None:
            continue
        group = f"Result: {labels.get(name, name)}"
        if result.source == "counted":
            if name in paid and result.count is not None and name not in by_person:
                yield Setting(
                    key=f"{RESULT}.{name}.count", label="Count", group=group,
                    agreed=float(result.count), least=float(result.claims_checked or 0),
                )  # fmt: skip
            continue
        if result.effect is None:
            continue
        unit = f"{result.unit}; " if result.unit else ""
        yield Setting(
            key=f"{RESULT}.{name}.effect", label=f"Effect ({unit}positive is better)", group=group,
            agreed=float(result.effect),
        )  # fmt: skip
        if result.conf_low is not None and result.conf_high is not None:
            for end, words in ENDS.items():
                yield Setting(
                    key=f"{RESULT}.{name}.{end}", label=words.capitalize(),
                    group=group, agreed=float(getattr(result, end)),
                )  # fmt: skip


def _of_value(value: SroiResult, other_inputs: float) -> Iterator[Setting]:
    for position, row in enumerate(value.outcomes):
        for name in BY_ROW:
            if name == "deadweight" and value.assumptions.estimated[position]:
                continue  # counted once: an estimate admits none
            share = name in SHARES
            yield Setting(
                key=f"{VALUE}.{row.id}.{name}",
                label=plain(name),
                group=f"Value: {row_name(value, row.id)}",
                agreed=float(getattr(value.assumptions, name)[position]),
                least=1.0 if name == "duration" else 0.0 if share else None,
                most=1.0 if share else None,
                whole=name == "duration",
            )
    if isinstance(value.discount, float | int):
        yield Setting(
            key=f"{VALUE}.discount", label="Discount rate", group=PROJECT_INPUTS,
            agreed=float(value.discount), least=0.0, most=1.0,
        )  # fmt: skip
    yield Setting(
        key=f"{VALUE}.other_inputs", label="Inputs other than the payment",
        group=PROJECT_INPUTS, agreed=other_inputs, least=0.0,
    )  # fmt: skip
