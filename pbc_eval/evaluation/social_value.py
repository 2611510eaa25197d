"""The value map of an evaluation: read and checked before anything runs, then set against what was
invested and, where it says what is uncertain, simulated together with the payment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.problems import problems_in_words
from pbc_eval.agreement.table_layout import AS_IT_IS, TableLayout
from pbc_eval.agreement.uncertainty import Correlation, Uncertain
from pbc_eval.agreement.valuation import Valuation
from pbc_eval.agreement.value_map import StakeholderInput, ValuedOutcome, ValueMap
from pbc_eval.errors import ValueMapError
from pbc_eval.evaluation.record import InvestmentPart
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.intake.value_table import read_uncertainty, read_value_map
from pbc_eval.messages.written_numbers import Notation
from pbc_eval.parameters.bank import read_bank
from pbc_eval.parameters.discounting import discount_factors
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.basis import ValueBasis, costs_with_optimism
from pbc_eval.sroi.distributions import copula_of
from pbc_eval.sroi.present_value import SroiResult, social_return


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueInputs:
    """All that the value map and its files say, checked."""

    outcomes: tuple[ValuedOutcome, ...]
    inputs: tuple[StakeholderInput, ...]  # costs raised for optimism, where that is asked for
    uncertainty: tuple[Uncertain, ...]
    correlations: tuple[Correlation, ...]
    basis: ValueBasis
    caveats: tuple[str, ...]  # of the costs


def read_value_inputs(spec: EvaluationSpec, files: InputFiles) -> ValueInputs | None:
    """Read and check the value map, its files and the value bank. None without a value map.

    Raises SpecError, ValueMapError or ParameterError for what they say that cannot be.
    """
    valuation = spec.value_map
    if valuation is None:
        return None
    read = _value_map(spec, valuation, files)
    copula_of(read.uncertainty, read.correlations)
    inputs, caveats = costs_with_optimism(
        read.inputs, valuation.valued_on, by_grade=valuation.optimism_bias
    )
    if valuation.numbers and valuation.file:
        caveats = (
            *caveats,
            f"Numbers that are text in the value map are read as written like {valuation.numbers}.",
        )
    caveats = (*caveats, *_left_out(valuation))
    return ValueInputs(
        outcomes=read.outcomes,
        inputs=inputs,
        uncertainty=read.uncertainty,
        correlations=read.correlations,
        basis=ValueBasis(
            price_year=valuation.price_year,
            optimism_bias=valuation.optimism_bias,
            median_income=valuation.median_income,
            bank=files.read(spec.path(valuation.value_bank), read_bank)
            if valuation.value_bank
            else {},
        ),
        caveats=caveats,
    )


def _left_out(valuation: Valuation) -> tuple[str, ...]:
    """Rows of the tables that are stated to be none of theirs."""
    tables = (
        (valuation.file, valuation),
        (valuation.inputs_file or valuation.file, valuation.inputs_layout),
        (valuation.uncertainty_file or valuation.file, valuation.uncertainty_layout),
    )
    return tuple(words for file, layout in tables for words in layout.left_out(file))


def _map_and_inputs(
    path: Path,
    inputs: Path | None,
    numbers: Notation | None,
    layout: TableLayout,
    *of_others: TableLayout,
) -> ValueMap:
    spent, varied = of_others
    return read_value_map(
        path,
        inputs=inputs,
        numbers=numbers,
        layout=layout,
        inputs_layout=spent,
        uncertainty_layout=varied,
    )


def _uncertainty(
    path: Path, numbers: Notation | None, layout: TableLayout
) -> tuple[Uncertain, ...]:
    return read_uncertainty(path, numbers=numbers, layout=layout)


def _value_map(spec: EvaluationSpec, valuation: Valuation, files: InputFiles) -> ValueMap:
    """One map from the file and from evaluation.yaml, checked as a whole."""
    if valuation.file is None:
        value_map = ValueMap(outcomes=valuation.outcomes, inputs=valuation.inputs)
    else:
        beside = spec.path(valuation.inputs_file) if valuation.inputs_file else None
        value_map = files.read(
            spec.path(valuation.file),
            _map_and_inputs,
            beside,
            valuation.numbers,
            valuation.layout,
            valuation.inputs_layout,
            AS_IT_IS if valuation.uncertainty_file else valuation.uncertainty_layout,
        )
    stated = (
        files.read(
            spec.path(valuation.uncertainty_file),
            _uncertainty,
            valuation.numbers,
            valuation.uncertainty_layout,
        )
        if valuation.uncertainty_file
        else valuation.uncertainty
    )
    if stated and value_map.uncertainty:
        raise ValueMapError(
            f"{spec.id}: uncertainty is stated in {valuation.file} and again in the evaluation. "
            "Keep one."
        )
    inputs = value_map.inputs if valuation.file is None else (*value_map.inputs, *valuation.inputs)
    try:
        return ValueMap(
            outcomes=value_map.outcomes,
            inputs=inputs,
            uncertainty=stated or value_map.uncertainty,
            correlations=valuation.correlations or value_map.correlations,
        )
    except ValidationError as error:
        problems = [s.removeprefix("as a whole: ") for s in problems_in_words(error, {})]
        raise ValueMapError(f"{spec.id}: " + "\n".join(problems)) from error


def investment_parts(
    spec: EvaluationSpec, payment: PaymentStatement | None, given: ValueInputs
) -> tuple[InvestmentPart, ...]:
    """What was put in, part by part; the payment due first."""
    parts = [_part(spec, entry) for entry in given.inputs]
    if paid := payment_invested(spec, payment):
        payer = spec.contract.commissioner
        what = "payment expected" if payment is not None and payment.is_forecast else "payment due"
        parts.insert(0, InvestmentPart(who=payer, what=what, value=paid, is_payment=True))
    return tuple(parts)


def _part(spec: EvaluationSpec, entry: StakeholderInput) -> InvestmentPart:
    """What one stakeholder puts in, worth now: later years are discounted as outcomes are."""
    worth, valuation = 1.0, spec.value_map
    if entry.year and valuation is not None:
        factors = discount_factors(valuation.discount, entry.year, valuation.valued_on)
        worth = float(factors[entry.year])
    return InvestmentPart(
        who=entry.stakeholder,
        what=entry.description if not entry.year else f"{entry.description}, year {entry.year}",
        value=entry.value * worth,
        year=entry.year,
        stated=entry.value if entry.year else None,
    )


def _later_inputs(parts: Sequence[InvestmentPart]) -> dict[int, float]:
    """Money put in by later year, before discounting."""
    later: dict[int, float] = {}
    for part in parts:
        if part.stated is not None:
            later[part.year] = later.get(part.year, 0.0) + part.stated
    return later


def payment_invested(spec: EvaluationSpec, payment: PaymentStatement | None) -> float:
    """The payment due as part of the investment; 0 when it is not part of it."""
    counted = spec.value_map is not None and spec.value_map.payment_is_invested
    return float(payment.total) if payment is not None and counted else 0.0


def value_found(
    spec: EvaluationSpec,
    given: ValueInputs,
    parts: Sequence[InvestmentPart],
    results: Mapping[str, MeasuredOutcome],
) -> SroiResult:
    """The social return of the evaluation on the basis that it states."""
    valuation = spec.value_map
    if valuation is None:
        raise ValueMapError(f"{spec.id}: has no value map.")
    result = social_return(
        given.outcomes,
        investment=sum(part.value for part in parts if part.stated is None),
        later_inputs=_later_inputs(parts),
        discount=valuation.discount,
        date=valuation.valued_on,
        start_convention="after_activity" if valuation.first_year_discounted else "in_activity",
        results=results,
        currency=spec.contract.currency,
        basis=given.basis,
    )
    return replace(result, caveats=(*result.caveats, *given.caveats))
