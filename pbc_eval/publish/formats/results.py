"""results.json of each kind of report: what the page states, in full, by the one model of it."""

import math
from collections.abc import Sequence
from typing import Any

from pbc_eval import provenance
from pbc_eval.agreement.portfolio_claims import claims_of
from pbc_eval.disclosure import (
    ReleasedDesignNote,
    ReleasedEvaluation,
    ReleasedFinding,
    ReleasedPortfolio,
)
from pbc_eval.evaluation.measured_outcome import SHARE_OF_COMPARISON
from pbc_eval.evaluation.portfolio.tables import contracts_frame
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.number_formats import long_date
from pbc_eval.numerics.published import published
from pbc_eval.payment.risk import PaymentRisk
from pbc_eval.publish.formats.paid import payment_result
from pbc_eval.publish.formats.particulars import evaluation_particulars
from pbc_eval.report.page import Page, Released
from pbc_eval.report.words import facts, prose
from pbc_eval.report.words.portfolio_words import (
    contracts,
    headline_sentences,
    money_sentence,
    pooled_sentences,
)
from pbc_eval.results import AttEstimate
from pbc_eval.results_file import (
    AgreementFacts,
    ClaimedChange,
    Estimate,
    ExpectedEffect,
    InputWorth,
    KpiRating,
    OutcomeResult,
    PageFile,
    PooledResult,
    PortfolioContract,
    Provenance,
    ResultsFile,
    RevisedFigure,
    RevisionResult,
    RiskScenario,
    SocialReturn,
    Summary,
    UncertaintyResult,
)
from pbc_eval.sroi.present_value import SroiResult


def results(page: Page, released: Released) -> ResultsFile:
    """Everything that the page states in numbers, with the files of its tables and figures."""
    if isinstance(released, ReleasedEvaluation):
        made = _of_evaluation(page, released)
    elif isinstance(released, ReleasedDesignNote):
        made = _of_note(page, released)
    else:
        made = _of_portfolio(page, released)
    # intervals and the like are worked out from published numbers, and are published to as many
    # digits as those
    content = published(made.model_dump() | {"files": _page_files(page)})
    return ResultsFile.model_validate(content)


def _page_files(page: Page) -> tuple[PageFile, ...]:
    files: list[PageFile] = []
    for section in page:
        files += [
            PageFile(
                file=f"{table.name}.csv",
                kind="table",
                caption=str(table.caption),
                section=section.name,
                about=table.about,
            )
            for table in section.tables
        ]
        files += [
            PageFile(
                file=f"{figure.name}.csv",
                kind="figure",
                caption=str(figure.caption),
                section=section.name,
                about=figure.about,
            )
            for figure in section.figures
        ]
    return tuple(files)


def _of_evaluation(page: Page, released: ReleasedEvaluation) -> ResultsFile:
    spec, payment, sroi = released.spec, released.payment, released.sroi
    primary = released.primary
    ordered = sorted(released.findings, key=lambda finding: finding is not primary)
    headlines = [str(prose.headline(finding, released).sentence) for finding in ordered]
    headlines += [payment.sentence] if payment is not None else []
    headlines += [sroi.sentence] if sroi is not None else []
    return ResultsFile(
        summary=_summary(
            page,
            released,
            contract=spec.contract.summary,
            illustrative=facts.is_illustrative(released),
            headlines=headlines,
        ),
        outcomes=tuple(_outcome(finding, released) for finding in released.findings),
        agreement=AgreementFacts(
            commissioner=spec.contract.commissioner,
            provider=spec.contract.provider,
            currency=spec.contract.currency,
            value=_number(spec.contract.value),
        ),
        claims=tuple(
            ClaimedChange(change=claim.change, row=claim.row, share=claim.share)
            for claim in claims_of(spec.id, () if sroi is None else sroi.outcomes)
        ),
        payment=None if payment is None else payment_result(payment, released.account),
        social_return=None if sroi is None else _social_return(sroi),
        payment_risk=None if released.payment_risk is None else _risk(released.payment_risk),
        performance=_performance(released),
        uncertainty=_uncertainty(released),
        revision=_revision(released),
        particulars=evaluation_particulars(released),
        provenance=_provenance(released),
    )


def _of_note(page: Page, released: ReleasedDesignNote) -> ResultsFile:
    """There is no result in it."""
    spec, protocol = released.spec, released.spec.protocol
    headlines = ["What will be done, written before outcomes were seen; no result."]
    lead = next((e for e in released.expected if e.outcome is spec.primary), None)
    if lead is not None and lead.smallest is not None:
        smallest = fmt.size(lead.smallest, lead.outcome, spec.contract.currency)
        headlines.append(
            f"{lead.outcome.label}: effects of {smallest} or more could be told apart."
        )
    summary = _summary(
        page,
        released,
        contract=spec.contract.summary,
        illustrative=bool(spec.payment and spec.payment.illustrative),
        headlines=headlines,
    )
    if protocol is not None:
        day = protocol.registered_on
        summary = summary.model_copy(update={"released": day, "release_date": long_date(day)})
    return ResultsFile(
        summary=summary,
        fingerprint=released.fingerprint,
        expected=tuple(
            ExpectedEffect(
                outcome=expected.outcome.id,
                unit=expected.outcome.unit,
                std_error=_number(expected.std_error),
                smallest_effect=_number(expected.smallest),
                promised=_number(expected.promised),
                rests_on=expected.rests_on,
            )
            for expected in released.expected
        ),
        provenance=_provenance(released),
    )


def _of_portfolio(page: Page, released: ReleasedPortfolio) -> ResultsFile:
    spec = released.spec
    headlines = [
        f"{contracts(len(released.contracts))} of {spec.year}.",
        headline_sentences(released)[0],
        money_sentence(released),
    ]
    if released.pooled is not None:
        headlines.append(pooled_sentences(released)[0])
    rows = contracts_frame(released.contracts).to_dict("records")
    return ResultsFile(
        summary=_summary(
            page,
            released,
            contract=spec.summary,
            illustrative=any(contract.illustrative for contract in released.contracts),
            headlines=[str(sentence) for sentence in headlines],
        ),
        year=spec.year,
        scale=released.scale,
        contracts=tuple(
            PortfolioContract(**{str(key): _plain(value) for key, value in row.items()})
            for row in rows
        ),
        pooled=_pooled(released),
        why_not_pooled=released.why_not_pooled,
        provenance=_provenance(released),
    )


def _summary(
    page: Page,
    released: Released,
    *,
    contract: str,
    illustrative: bool,
    headlines: Sequence[str],
) -> Summary:
    spec, publication = released.spec, released.spec.publication
    return Summary(
        id=spec.id,
        title=spec.title,
        edition=spec.edition,
        report=page.kind,
        status=spec.status,
        contract=contract,
        released=publication.release_date,
        release_date=long_date(publication.release_date),
        data_status=publication.data_status,
        data_badge=str(facts.DATA_BADGES[publication.data_status]),
        illustrative=illustrative,
        headlines=tuple(headlines),
    )


def _outcome(finding: ReleasedFinding, released: ReleasedEvaluation) -> OutcomeResult:
    outcome, terms = finding.outcome, released.spec.payment
    promised = dict(terms.promised_effects) if terms else {}
    return OutcomeResult(
        id=outcome.id,
        label=outcome.label,
        unit=outcome.unit,
        direction=outcome.direction,
        primary=finding is released.primary,
        shown_as=outcome.shown_as,
        decimals=outcome.decimals,
        relative=finding.measured.unit == SHARE_OF_COMPARISON,
        promised=_number(promised.get(outcome.id)),
        **_estimate(finding.headline).model_dump(),
        checks={check.name: check.status for check in finding.checks},
        alternatives=tuple(_estimate(estimate) for estimate in finding.alternatives[1:]),
    )


def _estimate(estimate: AttEstimate) -> Estimate:
    row = {key: _plain(value) for key, value in estimate.to_row().items()}
    return Estimate(**(row | {"reason": str(row["reason"])}), level=estimate.level)


def _social_return(sroi: SroiResult) -> SocialReturn:
    return SocialReturn(
        currency=sroi.currency,
        present_value=_number(sroi.present_value),
        investment=_number(sroi.investment),
        net_present_value=_number(sroi.net_present_value),
        ratio=_number(sroi.ratio),
    )


def _risk(risk: PaymentRisk) -> tuple[RiskScenario, ...]:
    """What the rule pays by chance, one entry a scenario."""
    return tuple(
        RiskScenario(
            scenario=scenario.name,
            effects=dict(scenario.effects),
            known=scenario.known,
            expected=scenario.expected,
            low=scenario.low,
            high=scenario.high,
            chance_of_more=scenario.chance_of_more,
            chance_of_less=scenario.chance_of_less,
        )
        for scenario in risk.scenarios
    )


def _performance(released: ReleasedEvaluation) -> tuple[KpiRating, ...] | None:
    """Each KPI's rating and what was not reported; its values are in the tables."""
    if not released.kpis:
        return None
    return tuple(
        KpiRating(
            id=measure.kpi.id,
            label=measure.kpi.label,
            target=measure.kpi.target,
            overall=_number(measure.overall_value),
            rating=measure.rating,
            not_reported=measure.missing,
        )
        for measure in released.kpis
    )


def _uncertainty(released: ReleasedEvaluation) -> UncertaintyResult | None:
    """Intervals, chances and seed of what was simulated; null where nothing was."""
    simulation = released.simulation
    if simulation is None:
        return None
    returns, information = simulation.returns, simulation.information
    spread = {} if returns is None else returns.spread
    intervals = {
        f"{name}_interval_95": spread[name].interval
        for name in ("present_value", "net_present_value", "ratio")
        if name in spread
    }
    return UncertaintyResult(
        draws=simulation.draws,
        seed=simulation.seed,
        present_value_interval_95=intervals.get("present_value_interval_95"),
        net_present_value_interval_95=intervals.get("net_present_value_interval_95"),
        ratio_interval_95=intervals.get("ratio_interval_95"),
        chance_ratio_above_one=returns.chance_ratio_above_one if returns else None,
        chance_net_present_value_above_zero=returns.chance_npv_above_zero if returns else None,
        value_of_perfect_information=information.perfect if information else None,
        value_of_information=tuple(InputWorth(**entry._asdict()) for entry in information.inputs)
        if information
        else None,
    )


def _revision(released: ReleasedEvaluation) -> RevisionResult | None:
    split = released.revision
    if split is None:
        return None
    return RevisionResult(
        earlier_edition=split.earlier_edition,
        changed=split.changed,
        figures=tuple(
            RevisedFigure(
                figure=change.figure,
                earlier=change.earlier,
                later=change.later,
                steps={step: _number(value) for step, value in change.steps.items()},
            )
            for change in split.figures
        ),
    )


def _pooled(released: ReleasedPortfolio) -> PooledResult | None:
    pooled = released.pooled
    if pooled is None:
        return None
    spread = pooled.heterogeneity
    return PooledResult(
        contracts=pooled.contracts,
        mean=_number(pooled.mean),
        std_error=_number(pooled.std_error),
        conf_low=_number(pooled.conf_low),
        conf_high=_number(pooled.conf_high),
        level=pooled.level,
        prediction=pooled.prediction,
        q=_number(spread.q),
        p_value=_number(spread.p_value),
        i_squared=_number(spread.i_squared),
        tau2=_number(spread.tau2),
        tau2_low=_number(spread.tau2_low),
        tau2_high=_number(spread.tau2_high),
        tau2_dersimonian_laird=_number(spread.tau2_dersimonian_laird),
        tau2_reml=_number(spread.tau2_reml),
    )


def _provenance(released: Released) -> Provenance:
    spec = released.spec
    return Provenance(
        **provenance.manifest(
            evaluation_id=spec.id,
            edition=spec.edition,
            inputs=released.inputs,
            seed=released.seed,
        )
    )


def _number(value: float | None) -> float | None:
    """A number that JSON can hold: missing is null."""
    return None if value is None or not math.isfinite(value) else float(value)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
