"""The line of a portfolio: members and table read, put on one footing, pooled where they may be.

    PortfolioSpec ─ editions, table ▶ ContractResult … ─ one scale? ─┬ pooled_effect
                                                                    └ league
Effects of different kinds are never averaged, ranked or drawn on one axis in their own units.
"""

from pathlib import Path

import numpy as np

from pbc_eval import provenance
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.agreement.portfolio import PortfolioSpec
from pbc_eval.agreement.portfolio_claims import Claim, claims_by_change
from pbc_eval.evaluation.portfolio.members import read_member
from pbc_eval.evaluation.portfolio.record import ContractResult, Portfolio, Scale
from pbc_eval.intake.portfolio_plans import read_plans
from pbc_eval.intake.portfolio_table import ReportedResult, read_portfolio_table
from pbc_eval.messages.values import as_typed
from pbc_eval.portfolio.plans import PlannedContract, PlansAndPayments
from pbc_eval.portfolio.pooling import PooledEffect, pooled_effect
from pbc_eval.portfolio.ranks import LEAST, League, league
from pbc_eval.results import AttEstimate, Method


def portfolio_of(spec: PortfolioSpec, reports: str | Path) -> Portfolio:
    """Read every contract of the portfolio and say what they show together.

    ``reports`` is where its members' editions are published. Raises SpecError for members that
    are not there and tables that cannot be used, and ValueMapError when contracts together claim
    more than the whole of a change.
    """
    contracts: list[ContractResult] = []
    claims: list[Claim] = []
    source = spec.folder / spec.source_file
    inputs = {spec.source_file: provenance.sha256(source)}
    for member in spec.members:
        contract, claimed, file = read_member(
            member, Path(reports), in_a_draft=spec.status == "draft"
        )
        contracts.append(contract)
        claims += claimed
        inputs[f"{member.evaluation}/{member.edition}/results.json"] = provenance.sha256(file)
    claims_by_change(claims)
    if spec.file:
        table = spec.path(spec.file)
        inputs[spec.file] = provenance.sha256(Path(str(table).partition("::")[0]))
        known = {outcome.id: outcome for outcome in spec.outcomes}
        contracts += [
            _reported(row, known[row.outcome], spec.currency)
            for row in read_portfolio_table(table, spec.outcomes, spec.numbers, spec.layout)
        ]
    plans = _plans(spec, inputs)
    if plans is not None:
        there = {contract.label for contract in contracts}
        contracts += [
            ContractResult(
                label=planned.label,
                source=planned.source,
                paid=planned.paid,
                currency=spec.currency,
            )
            for planned in plans.contracts
            if planned.label not in there
        ]
    scale = _scale(contracts)
    seed = provenance.seed_of(spec.id, spec.edition)
    pooled, ranked, why_not_pooled, why_no_league = _together(contracts, scale, seed)
    return Portfolio(
        spec=spec,
        contracts=tuple(contracts),
        scale=scale,
        pooled=pooled,
        league=ranked,
        why_not_pooled=why_not_pooled,
        why_no_league=why_no_league,
        inputs=inputs,
        seed=seed,
        plans=plans,
    )


def _plans(spec: PortfolioSpec, inputs: dict[str, str]) -> PlansAndPayments | None:
    """What contracts were planned to pay and paid; the hash of the table is added to ``inputs``."""
    stated = spec.plans
    if stated is None:
        return None
    table = spec.path(stated.file)
    inputs[stated.file] = provenance.sha256(Path(str(table).partition("::")[0]))
    return PlansAndPayments(
        labels=tuple(planned.label for planned in stated.planned),
        contracts=tuple(
            PlannedContract(label=label, planned=planned, paid=paid, source=stated.source)
            for label, planned, paid in read_plans(table, stated, spec.numbers)
        ),
        currency=spec.currency,
    )


def _reported(row: ReportedResult, outcome: Outcome, currency: str) -> ContractResult:
    error = row.error
    effect = None if row.estimate is None else outcome.sign * row.estimate
    low = high = None
    if row.conf_low is not None and row.conf_high is not None:
        low, high = sorted((outcome.sign * row.conf_low, outcome.sign * row.conf_high))
    elif effect is not None and error is not None:
        stated = AttEstimate(
            term=row.label,
            estimate=effect,
            std_error=error,
            n_treated=row.people or 0,
            n_comparison=0,
            method=Method(estimator="as reported", comparison_group=as_typed(row.source)),
            level=row.level,
        )
        low, high = stated.conf_low, stated.conf_high
    return ContractResult(
        label=row.label,
        source=row.source,
        outcome=outcome,
        effect=effect,
        std_error=error,
        conf_low=low,
        conf_high=high,
        promised=row.promised,
        agreed=row.agreed,
        paid=row.paid,
        spend=row.spend,
        people=row.people,
        currency=currency,
    )


def _scale(contracts: list[ContractResult]) -> Scale:
    measured = [contract for contract in contracts if contract.effect is not None]
    if len({contract.kind for contract in measured}) == 1:
        return "own_unit"
    return "share_of_promise" if any(contract.promised for contract in measured) else "none"


def _together(
    contracts: list[ContractResult], scale: Scale, seed: int
) -> tuple[PooledEffect | None, League | None, str, str]:
    """The mean over contracts and their league; and why there is none."""
    if scale != "own_unit":
        kinds = len({contract.kind for contract in contracts if contract.kind is not None})
        why = (
            f"The contracts have {kinds} kinds of outcome. An average over different kinds would "
            "be of nothing, so none is given."
            if kinds
            else "No contract has a measured effect."
        )
        return None, None, why, "Contracts with different kinds of outcome are not ranked."
    known = [
        contract
        for contract in contracts
        if contract.effect is not None and contract.std_error is not None
    ]
    if len(known) < 2:
        few = "Fewer than two contracts have a standard error, so there is nothing to pool."
        return None, None, few, few
    effects = np.array([float(contract.effect or 0.0) for contract in known])
    variances = np.array([float(contract.std_error or 0.0) for contract in known]) ** 2
    pooled = pooled_effect(effects, variances)
    if len(known) < LEAST:
        why = f"A league needs {LEAST} or more contracts of one kind with a standard error."
        return pooled, None, "", why
    return pooled, league(effects, variances, seed=seed), "", ""
