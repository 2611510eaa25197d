"""evaluation.yaml as a frozen model, read and checked before anything runs.

    evaluation.yaml ── load_evaluation ──▶ EvaluationSpec (frozen) ── evaluate ──▶ Evaluation

Everything a reader may ask of the agreement is here: the contract, the data roles, the design,
the outcomes, the payment terms, the value map, how it is published and who signed.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.base import AddedLater, Agreed, Slug
from pbc_eval.agreement.claims import Claims
from pbc_eval.agreement.contained_file import contained_file
from pbc_eval.agreement.contract import Contract, Publication, SignOff
from pbc_eval.agreement.counts import VerifiedCount
from pbc_eval.agreement.design import DESIGNS_OF_FILES, Design, DesignModel
from pbc_eval.agreement.file_problems import every_problem
from pbc_eval.agreement.outcomes import DataRoles, Outcome
from pbc_eval.agreement.payment_base import ClauseBase
from pbc_eval.agreement.payment_terms import CLAUSES_OF_FILES, PaymentTerms
from pbc_eval.agreement.performance import Performance
from pbc_eval.agreement.protocol import Planning, Protocol
from pbc_eval.agreement.sizes import MOST_OUTCOMES, too_many
from pbc_eval.agreement.valuation import Valuation
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import SpecError

_SPLIT = "Keep those that were agreed, and put others into evaluations of their own"


class Revision(Agreed):
    """What a later edition changed, and why."""

    edition: Slug = Field(description="The edition that brought the change.")
    reason: str = Field(min_length=1, description="What changed, and why; printed on the page.")
    earlier: str | None = Field(
        default=None,
        description="The evaluation file of the edition before, kept below this folder: "
        "earlier/2025-1/evaluation.yaml. The page then says what data, method and parameters "
        "each changed.",
    )


class EvaluationSpec(Agreed):
    """One evaluation of one contract, in one edition."""

    id: Slug = Field(description="Names the folder and the web address: winter-shelter.")
    title: str = Field(min_length=1, max_length=160, description="The page's main heading.")
    edition: Slug = Field(description="2026-1; a correction gets a new edition.")
    status: Literal["draft", "provisional", "final"] = Field(
        description="A draft is not listed. A final edition needs four dated signatures and never "
        "changes."
    )
    contract: Contract = Field(description="Who agreed what with whom.")
    data: DataRoles | None = Field(
        default=None, description="The data file and the part each column plays; none if reported."
    )
    design: Design = Field(description="How the effect is told from what would have happened.")
    outcomes: tuple[Outcome, ...] = Field(
        default=(), description="Every outcome that was measured, not only those that improved."
    )
    counts: tuple[VerifiedCount, ...] = Field(
        default=(), description="Numbers that were verified outside the data, for payment clauses."
    )
    claims: Annotated[Claims | None, AddedLater()] = Field(
        default=None, description="The file of claims that rate cards and their like pay for."
    )
    planning: Planning | None = Field(
        default=None, description="The question, and what is expected; for the design note."
    )
    protocol: Protocol | None = Field(
        default=None, description="The design note that was registered, and deviations from it."
    )
    performance: Performance | None = Field(
        default=None, description="KPIs by period against their targets; leave out when none."
    )
    payment: PaymentTerms | None = Field(
        default=None, description="What is paid for which result; leave out when nothing is."
    )
    value_map: Valuation | None = Field(
        default=None, description="Who gains what, and what that is worth; for social value."
    )
    publication: Publication = Field(description="Contact, licence, date, disclosure rule, limits.")
    sign_off: SignOff = Field(default=SignOff(), description="Who answers for the report.")
    revisions: tuple[Revision, ...] = Field(
        default=(), description="What this edition changed since the last, and why."
    )

    _folder: Path = PrivateAttr(default=Path())
    _file: str = PrivateAttr(default="evaluation.yaml")

    @property
    def folder(self) -> Path:
        """The folder of evaluation.yaml; data files are found beside it."""
        return self._folder

    @property
    def file(self) -> str:
        """The name of the file that this was read from, as a rule evaluation.yaml."""
        return self._file

    def path(self, file: str) -> Path:
        """A data file named by the evaluation, with the ``::table`` in it if one is named.

        Raises SpecError if it is missing or lies out of the folder, through a link or otherwise.
        """
        return contained_file(self.id, self._folder, file)

    def outcome(self, outcome_id: str) -> Outcome:
        return next(o for o in self.outcomes if o.id == outcome_id)

    @property
    def primary(self) -> Outcome | None:
        """The outcome of the headline: the one marked primary, else the first."""
        return next((o for o in self.outcomes if o.primary), next(iter(self.outcomes), None))

    @model_validator(mode="after")
    def _refuse_parts_that_contradict_each_other(self) -> Self:
        problems = (
            too_many("outcomes", self.outcomes, MOST_OUTCOMES, _SPLIT),
            self._outcome_problem(),
            self._data_problem(),
            self._claims_problem(),
            self._payment_problem(),
            self._value_problem(),
            self._planning_problem(),
            self._status_problem(),
        )
        if any(problems):
            raise ValueError("\n".join(filter(None, problems)))
        return self

    def _outcome_problem(self) -> str | None:
        ids = [o.id for o in self.outcomes]
        twice = {i for i in ids if ids.count(i) > 1}
        if twice:
            return f"outcome ids must be unique, got {first_few(sorted(twice))} more than once"
        if sum(o.primary for o in self.outcomes) > 1:
            return "only one outcome may be primary: it is the headline"
        if self.design.target != "ATT":
            for outcome in self.outcomes:
                if outcome.total is not None:
                    return (
                        f"outcome {outcome.id}: total multiplies the effect on those in the "
                        "programme by their number, but the design's effect is for others "
                        f"({self.design.target}). Remove total, or estimate the ATT"
                    )
        if self.design.needs_outcomes and not self.outcomes:
            return f"a {self.design.method} design needs at least one outcome"
        if self.design.needs_value_map and not (self.outcomes or self.value_map):
            return "a forecast needs a value_map: there would be nothing to report"
        return None

    def _data_problem(self) -> str | None:
        estimated = self.design.estimated
        if estimated and self.data is None:
            return f"a {self.design.method} design needs data: file, unit and roles"
        if self.design.on_panel and self.data:
            starts = self.data.cohort or self.data.treatment
            needed = {"time": self.data.time, "cohort": starts}
            lacking = [role for role, column in needed.items() if column is None]
            if lacking:
                return f"{self.design.method} needs data.{' and data.'.join(lacking)}"
        if self.data and (problem := self._eligibility_problem(self.data)):
            return problem
        for outcome in self.outcomes:
            if estimated and outcome.column is None:
                return f"outcome {outcome.id}: column is needed, the data column that holds it"
            if self.design.takes_reported_effects and outcome.reported is None:
                return f"outcome {outcome.id}: reported is needed, the published result"
        return None

    def _eligibility_problem(self, data: DataRoles) -> str | None:
        if self.design.needs_eligible and data.eligible is None:
            return (
                "design.estimator triple_difference needs data.eligible: the column that says whom "
                "the programme can reach where it is in force. Add it, or choose group_time"
            )
        if data.eligible is not None and not self.design.needs_eligible:
            return (
                f"data.eligible ({data.eligible!r}) is for triple differences, method "
                "difference_in_differences, alone: others would take whom the programme cannot "
                "reach for treated. Write design.estimator: triple_difference, or leave "
                "data.eligible out"
            )
        return None

    def _claims_problem(self) -> str | None:
        claimed = self.payment.claimed if self.payment else ()
        if claimed and self.claims is None:
            return (
                f"claims is missing: payment clause {claimed[0].id} pays for claims. Say under "
                "claims which file holds them"
            )
        if self.claims is not None and not claimed:
            return (
                "claims are given and no clause pays for them. Add payment.rate_cards, or name "
                "claims_of in a tariff"
            )
        return None

    def _payment_problem(self) -> str | None:
        kpis = self.performance.kpis if self.performance else ()
        measured = [*(o.id for o in self.outcomes), *(c.outcome for c in self.counts)]
        claimed = [str(c.outcome) for c in self.payment.claimed] if self.payment else []
        measured += claimed
        every = [*measured, *(kpi.id for kpi in kpis)]
        ids = [*measured, *(kpi.id for kpi in kpis if kpi.feeds)]
        if twice := sorted({name for name in every if every.count(name) > 1}):
            return (
                f"outcomes, counts and KPIs share ids, got {first_few(twice)} more than once. "
                "Rename one"
            )
        for clause in self.payment.clauses if self.payment else ():
            for wanted in clause.outcomes:
                if wanted not in ids:
                    return (
                        f"payment clause {clause.id}: outcome {wanted!r} is not among the "
                        f"outcomes, counts and KPIs ({first_few(ids)}).{did_you_mean(wanted, ids)}"
                    )
        if self.payment and self.payment.currency != self.contract.currency:
            return (
                f"payment.currency is {self.payment.currency} but contract.currency is "
                f"{self.contract.currency}; amounts are not converted, give both in one currency"
            )
        terms = self.payment
        caps = [("payment.cap", terms.cap)] if terms else []
        caps += [(change.id, change.cap) for change in terms.variations] if terms else []
        most = self.contract.value
        for whose, cap in caps:
            if cap is not None and most is not None and float(cap) > most:
                varied = "" if whose == "payment.cap" else ": cap"
                return (
                    f"{whose}{varied} {cap} is above contract.value {most:g}, the most that can be "
                    "paid; correct one of them"
                )
        return None

    def _value_problem(self) -> str | None:
        ids = [o.id for o in self.outcomes]
        for row in self.value_map.outcomes if self.value_map else ():
            if row.quantity_from is not None and row.quantity_from not in ids:
                return (
                    f"value_map outcome {row.id}: quantity_from {row.quantity_from!r} is not among "
                    f"the outcomes ({first_few(ids) or 'there are none'})."
                    f"{did_you_mean(row.quantity_from, ids)}"
                )
        return None

    def _planning_problem(self) -> str | None:
        kpis = self.performance.kpis if self.performance else ()
        named = [*(o.id for o in self.outcomes), *(c.outcome for c in self.counts)]
        known = [*named, *(kpi.id for kpi in kpis)]
        for expected in self.planning.expected if self.planning else ():
            if expected.outcome not in known:
                return (
                    f"planning.expected: {expected.outcome!r} is not among the outcomes, counts "
                    f"and KPIs ({first_few(known) or 'there are none'})."
                    f"{did_you_mean(expected.outcome, known)}"
                )
        if "uk_contract_performance" in self.publication.registers and not kpis:
            return (
                "publication.registers asks for uk_contract_performance, a notice of KPI ratings, "
                "and there are no KPIs. Add performance, or take it out"
            )
        if self.protocol and self.protocol.edition == self.edition:
            return (
                f"protocol.edition is {self.edition}, the edition of the report itself. Give the "
                "design note an edition of its own, such as design-1"
            )
        return None

    def _status_problem(self) -> str | None:
        missing = self.sign_off.missing()
        if self.status == "final" and missing:
            return (
                f"a final edition needs dated sign-offs; missing: {', '.join(missing)}. Add them "
                "under sign_off, or set status to provisional"
            )
        wanted = [role for role in missing if role in self.publication.required_sign_offs]
        if self.status == "provisional" and wanted:
            return (
                "a provisional edition of this evaluation needs the dated sign-offs that "
                f"publication.required_sign_offs names; missing: {', '.join(wanted)}. Add them "
                "under sign_off, or set status to draft"
            )
        return None


def load_evaluation(path: str | Path) -> EvaluationSpec:
    """Read evaluation.yaml (or the folder that holds it) into a frozen EvaluationSpec.

    Raises SpecError that lists every problem found, each with its line, its place in the file,
    the value, the rule and, where it can be told, the remedy. No data are read.
    """
    given = Path(path)
    file = given / "evaluation.yaml" if given.is_dir() else given
    document = read_yaml(file)
    try:
        spec = EvaluationSpec.model_validate(document.data)
    except ValidationError as invalid:
        raise SpecError(every_problem(invalid, document, "evaluation")) from None
    spec._folder = file.parent
    spec._file = file.name
    return spec


def add_design_model(model: type[DesignModel]) -> None:
    """Let files ask for one more design. Raises SpecError for a method that there is already."""
    DESIGNS_OF_FILES.add(model)
    EvaluationSpec.model_rebuild(force=True)


def add_clause_model(model: type[ClauseBase]) -> None:
    """Let payment terms hold one more kind of clause. Raises SpecError for a type that there is."""
    CLAUSES_OF_FILES.add(model)
    PaymentTerms.model_rebuild(force=True)
    EvaluationSpec.model_rebuild(force=True)
