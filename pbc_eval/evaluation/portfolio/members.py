"""A published edition as a member of a portfolio: read from its results.json, after its hashes."""

import json
from pathlib import Path
from typing import Any

from pbc_eval import provenance
from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.agreement.portfolio import Member
from pbc_eval.agreement.portfolio_claims import Claim
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.portfolio.record import ContractResult

RESULTS = Path("downloads") / "results.json"
PER_CENT = "per cent of the comparison group's level"
REPORTS = ("impact_report", "sroi_report")  # the kinds that have results of a contract


def read_member(member: Member, reports: Path) -> tuple[ContractResult, tuple[Claim, ...], Path]:
    """The contract's result, what it claims of changes, and the file that says so.

    Raises SpecError when the edition is not published under ``reports``, was changed since, or is
    of a kind without results.
    """
    folder = reports / member.evaluation / member.edition
    name = f"{member.evaluation}, edition {member.edition}"
    file = folder / RESULTS
    if not (folder / provenance.MANIFEST).is_file() or not file.is_file():
        there = sorted(p.parent.name for p in (reports / member.evaluation).glob("*/manifest.json"))
        raise SpecError(
            f"{name}: is not published under {reports.name}/ (editions there: "
            f"{first_few(there) or 'none'}).{did_you_mean(member.edition, there)} Run the "
            "evaluation first, or `pbc-eval batch` on the folder of both."
        )
    if changed := provenance.changed_files(folder):
        raise SpecError(
            f"{name}: {first_few(changed)} since it was published. Run the evaluation again."
        )
    found = json.loads(file.read_text(encoding="utf-8"))
    if "agreement" not in found:
        raise SpecError(
            f"{name}: was published by a version of this program that did not state what a "
            "portfolio needs. Run the evaluation again."
        )
    summary = found["summary"]
    if summary.get("report", REPORTS[0]) not in REPORTS:
        raise SpecError(
            f"{name}: is a {summary['report'].replace('_', ' ')} and has no results. Name the "
            "edition of the report."
        )
    claims = tuple(
        Claim(one["change"], member.evaluation, one["row"], one["share"])
        for one in found.get("claims", ())
    )
    return _contract(member, summary, found), claims, file


def _contract(member: Member, summary: dict[str, Any], found: dict[str, Any]) -> ContractResult:
    agreement, payment, value = found["agreement"], found["payment"], found["social_return"]
    remarks = [summary["data_badge"]] if summary["data_status"] != "real" else []
    remarks += ["amounts illustrative"] if summary["illustrative"] else []
    measured = next((one for one in found["outcomes"] if one["primary"]), None)
    return ContractResult(
        label=member.label or summary["title"],
        source=f"{summary['title']}, edition {summary['edition']}",
        agreed=agreement["value"],
        paid=None if payment is None else float(payment["total"]),
        spend=None if value is None else value["investment"],
        currency=agreement["currency"],
        made_up=payment is not None and payment["illustrative"],
        illustrative=bool(summary["illustrative"]),
        link=f"../../{member.evaluation}/{member.edition}/index.html",
        remarks=tuple(remarks),
        **({} if measured is None else _effect(member, measured)),
    )


def _effect(member: Member, measured: dict[str, Any]) -> dict[str, Any]:
    """The effect of the headline, turned so that an improvement is positive."""
    keys = ("id", "label", "unit", "direction", "shown_as", "decimals")
    outcome = Outcome(**{key: measured[key] for key in keys})
    scale = 1.0
    if measured.get("relative"):  # a reduction reported without levels
        scale = 100.0
        decimals = max(1, outcome.decimals)
        outcome = outcome.model_copy(update={"unit": PER_CENT, "decimals": decimals})
    ends = [measured["conf_low"], measured["conf_high"]]
    low, high = ends if outcome.sign > 0 else [None if e is None else -e for e in reversed(ends)]
    promise = member.promised.effect if member.promised else measured["promised"]
    figures = {
        "effect": outcome.sign * measured["estimate"],
        "std_error": measured["std_error"],
        "conf_low": low,
        "conf_high": high,
        "promised": promise,
    }
    return {
        "outcome": outcome,
        "people": measured["n_treated"] or None,
        **{name: None if value is None else scale * value for name, value in figures.items()},
    }
