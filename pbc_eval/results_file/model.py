"""results.json as one frozen and versioned model."""

import datetime as dt
import json
from typing import Annotated, Any, Literal

from pydantic import Field

from pbc_eval.results_file.parts import (
    AgreementFacts,
    ClaimedChange,
    ExpectedEffect,
    KpiRating,
    OutcomeResult,
    PageFile,
    Particulars,
    PaymentResult,
    PlansResult,
    PooledResult,
    PortfolioContract,
    Provenance,
    ResultsPart,
    RevisionResult,
    RiskScenario,
    SocialReturn,
    Summary,
    UncertaintyResult,
)

FORMAT: Literal["pbc-eval-results"] = "pbc-eval-results"
VERSION: Literal[1] = 1
REPORTS = {  # of every kind, as readers know them
    "impact_report": "Impact report",
    "design_note": "Design note",
    "sroi_report": "Social return report",
    "portfolio": "Portfolio",
}


class ResultsFile(ResultsPart):
    """One edition's results. Parts that its kind of report does not have are null or empty."""

    format: Literal["pbc-eval-results"] = FORMAT
    version: Literal[1] = VERSION
    summary: Summary
    outcomes: tuple[OutcomeResult, ...] = ()
    agreement: AgreementFacts | None = None
    claims: tuple[ClaimedChange, ...] = ()
    payment: PaymentResult | None = None
    social_return: SocialReturn | None = None
    payment_risk: tuple[RiskScenario, ...] | None = None
    performance: tuple[KpiRating, ...] | None = None
    uncertainty: UncertaintyResult | None = None
    revision: RevisionResult | None = None
    fingerprint: Annotated[str, Field(description="Of what a design note says was agreed.")] = ""
    expected: tuple[ExpectedEffect, ...] = ()
    year: int | None = None
    scale: str = ""
    contracts: tuple[PortfolioContract, ...] = ()
    plans: PlansResult | None = None
    pooled: PooledResult | None = None
    why_not_pooled: str = ""
    files: tuple[PageFile, ...] = ()
    particulars: Particulars = Particulars()
    provenance: Provenance | None = None

    @property
    def released(self) -> dt.date:
        """The day of release."""
        return self.particulars.publication.release_date or self.summary.released

    @property
    def report_label(self) -> str:
        """The kind of report, as readers know it."""
        return REPORTS[self.summary.report]

    def to_json(self) -> str:
        """The text of the file."""
        content = self.model_dump(mode="json")
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def results_schema() -> dict[str, Any]:
    """The JSON Schema of results.json."""
    schema = ResultsFile.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
