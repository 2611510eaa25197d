"""The parts of results.json: frozen records, each with nothing in it that is not declared."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["improved", "worsened", "uncertain", "no_interval", "reported"]


class ResultsPart(BaseModel):
    """The base of every part: frozen, and nothing in it that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Summary(ResultsPart):
    """What a list of reports shows of one edition."""

    id: str
    title: str
    edition: str
    report: Literal["impact_report", "sroi_report", "design_note", "portfolio"] = "impact_report"
    status: Literal["draft", "provisional", "final"]
    contract: str = Field(description="The contract in a sentence.")
    released: dt.date
    release_date: str = Field(description="The same day in words: 31 March 2026.")
    data_status: Literal["real", "reported", "recalled", "synthetic"]
    data_badge: str = Field(default="", description="The status of the data in words.")
    illustrative: bool = Field(default=False, description="Is any amount made up to show a rule?")
    headlines: tuple[str, ...] = ()


class Estimate(ResultsPart):
    """One estimate, in the outcome's own unit, signed as measured."""

    term: str = ""
    estimate: float
    std_error: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    n_treated: int | None = Field(default=None, description="Units in the programme behind it.")
    n_comparison: int | None = Field(default=None, description="Units for comparison behind it.")
    reason: str = Field(default="", description="Why there is no standard error.")
    level: float = 0.95


class OutcomeResult(Estimate):
    """One outcome: its headline estimate, its checks and the other estimates."""

    id: str
    label: str
    unit: str
    direction: Literal["lower_is_better", "higher_is_better"]
    primary: bool = False
    shown_as: Literal["number", "percentage_points", "money"] = "number"
    decimals: int = 1
    relative: bool = Field(
        default=False, description="Is it a share of the comparison group's level?"
    )
    promised: float | None = Field(default=None, description="As an improvement.")
    checks: dict[str, Literal["pass", "review", "fail", "not_applicable"]] = {}
    alternatives: tuple[Estimate, ...] = ()


class AgreementFacts(ResultsPart):
    """Between whom, and what it is worth at most."""

    commissioner: str = ""
    provider: str = ""
    currency: str
    value: float | None = None


class ClaimedChange(ResultsPart):
    """A part of a change that the contract claims in its value map."""

    change: str
    row: str
    share: float


class PaymentLine(ResultsPart):
    """One clause of the statement; the amount is an exact decimal number."""

    clause: str
    formula: str
    amount: str


class PaymentAdjustment(ResultsPart):
    """A limit over several clauses, or what earlier years paid."""

    name: str
    formula: str
    amount: str


class PricedClaims(ResultsPart):
    """The claims of one price in the year that is paid for; numbers are exact decimals."""

    clause: str
    label: str
    cohort: str = ""
    price: str
    claims: str
    people: int | None = None
    amount: str
    paid: str | None = None  # as recorded elsewhere


class PaymentYearResult(ResultsPart):
    """One payment year; ``accrued`` and ``forecast`` are no part of what is due."""

    year: str
    start: dt.date | None = None
    end: dt.date | None = None
    claims: str
    due: str
    paid_before: str | None = None
    to_pay: str
    accrued: str
    forecast: str
    planned: str | None = None


class PaymentAccount(ResultsPart):
    """Of a contract that pays for claims: its years and prices."""

    years: tuple[PaymentYearResult, ...] = ()
    claims: tuple[PricedClaims, ...] = ()


class PaymentResult(ResultsPart):
    """The payment that is due, as an exact decimal number."""

    currency: str
    total: str
    illustrative: bool = False
    expected: tuple[str, ...] = ()  # what it rests on that is a forecast: nothing is due
    recorded_as_paid: str | None = None
    lines: tuple[PaymentLine, ...] = ()
    adjustments: tuple[PaymentAdjustment, ...] = ()
    account: PaymentAccount | None = None


class SocialReturn(ResultsPart):
    """The social return, in money of the year of valuation."""

    currency: str = ""
    present_value: float | None = None
    investment: float | None = None
    net_present_value: float | None = None
    ratio: float | None
    ratio_is: str = "present value / investment"


class RiskScenario(ResultsPart):
    """What the payment rule pays by chance, if the true effects are these."""

    scenario: str
    effects: dict[str, float] = Field(description="True effect of each outcome, by its id.")
    known: float
    expected: float
    low: float
    high: float
    chance_of_more: float
    chance_of_less: float


class KpiRating(ResultsPart):
    """One KPI against its target; ``overall`` is null where it is held back."""

    id: str
    label: str
    target: float
    overall: float | None
    rating: str
    not_reported: tuple[str, ...]


class InputWorth(ResultsPart):
    """What it would be worth to know one uncertain figure exactly."""

    name: str
    value: float
    share_of_variance: float
    share_of_ratio_variance: float | None = None


Interval = tuple[float, float]


class UncertaintyResult(ResultsPart):
    """What was simulated: intervals hold the middle 95 % of the draws."""

    draws: int
    seed: int
    present_value_interval_95: Interval | None = None
    net_present_value_interval_95: Interval | None = None
    ratio_interval_95: Interval | None = None
    chance_ratio_above_one: float | None = None
    chance_net_present_value_above_zero: float | None = None
    value_of_perfect_information: float | None = None
    value_of_information: tuple[InputWorth, ...] | None = None


class RevisedFigure(ResultsPart):
    """One figure in both editions; the steps add up to the difference."""

    figure: str
    earlier: float
    later: float
    steps: dict[str, float | None]


class RevisionResult(ResultsPart):
    """What changed since the edition before."""

    earlier_edition: str
    changed: tuple[str, ...]
    figures: tuple[RevisedFigure, ...]


class HeadlineFacts(ResultsPart):
    """The primary outcome as the page shows it, and unrounded for a line over editions."""

    outcome: str
    label: str
    unit: str
    figure: str
    interval: str
    verdict: Verdict
    verdict_words: str
    estimate: float
    conf_low: float | None
    conf_high: float | None
    level: float
    shown_times: float
    decimals: int
    axis: str


class ContractFacts(ResultsPart):
    """Particulars of the contract; a kind of report that has no contract leaves them empty."""

    commissioner: str = ""
    provider: str = ""
    investors: tuple[str, ...] = ()
    start: dt.date | None = None
    end: dt.date | None = None
    value: float | None = None
    currency: str = ""
    status: str = "published"


class PublicationFacts(ResultsPart):
    """Whom to ask, and what others may do with text and data."""

    contact: str = ""
    licence: str = ""
    release_date: dt.date | None = None
    data_open: bool = False


class Signature(ResultsPart):
    """Who signed, and when."""

    name: str
    date: dt.date | None


class RevisionNote(ResultsPart):
    """Why an edition was made."""

    edition: str
    reason: str


class Particulars(ResultsPart):
    """What a list of reports, a citation and a catalogue need to know of one edition."""

    method: str = ""
    method_label: str = ""
    headline: HeadlineFacts | None = None
    contract: ContractFacts = ContractFacts()
    publication: PublicationFacts = PublicationFacts()
    sign_off: dict[str, Signature | None] = {}
    revisions: tuple[RevisionNote, ...] = ()


class ExpectedEffect(ResultsPart):
    """Of a design note: the smallest effect of an outcome that could be told apart."""

    outcome: str
    unit: str
    std_error: float | None
    smallest_effect: float | None
    promised: float | None
    rests_on: str


class PortfolioContract(ResultsPart):
    """Of a portfolio: one contract, its effects as improvements in their own unit."""

    contract: str
    outcome: str
    unit: str
    verdict: str
    effect: float | None
    std_error: float | None
    conf_low: float | None
    conf_high: float | None
    promised: float | None
    agreed: float | None
    paid: float | None
    unpaid: float | None
    spend: float | None
    people: float | None
    currency: str
    remarks: str
    source: str


class PooledResult(ResultsPart):
    """Of a portfolio: the mean over contracts of one kind, and how much true effects differ."""

    contracts: int
    mean: float | None
    std_error: float | None
    conf_low: float | None
    conf_high: float | None
    level: float
    prediction: Interval | None
    q: float | None
    p_value: float | None
    i_squared: float | None
    tau2: float | None
    tau2_low: float | None
    tau2_high: float | None
    tau2_dersimonian_laird: float | None
    tau2_reml: float | None


class Provenance(ResultsPart):
    """What went in and what ran."""

    evaluation: str
    edition: str
    inputs_sha256: dict[str, str]
    code_sha256: str
    code_commit: str
    versions: dict[str, str]
    seed: int


class PageFile(ResultsPart):
    """A table or figure of the page: its CSV file and where it stands."""

    file: str
    kind: Literal["table", "figure"]
    caption: str
    section: str
    about: str = Field(default="", description="Id of the outcome, KPI or clause that it is about.")
