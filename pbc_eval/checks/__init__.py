"""Does the design hold? One file a check, one row here.

``register_check`` adds one from outside the package: it is then run for its designs, planned in
their design notes, may be waived by its name, and is shown on the page with its table.
"""

from pbc_eval.checks import (
    attrition,
    balance,
    composition,
    diverging_trends,
    few_cluster_inference,
    few_clusters,
    hidden_bias,
    identifiers,
    leave_out,
    lots,
    overlap,
    parts,
    placebo,
    placebo_in_time,
    pretrends,
    random_starts,
    scale,
    synthetic,
    unseen_slope,
)
from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.results import CheckResult

__all__ = ["CHECKS", "CheckKind", "Examined", "checks_for", "register_check", "run_checks"]

CHECKS: list[CheckKind] = [
    pretrends.CHECK,
    unseen_slope.CHECK,
    diverging_trends.CHECK,
    random_starts.CHECK,
    scale.CHECK,
    leave_out.CHECK,
    placebo_in_time.CHECK,
    composition.CHECK,
    parts.DOSE_CHECK,
    parts.SPILLOVER_CHECK,
    parts.SUBGROUPS_CHECK,
    parts.CONTROLS_CHECK,
    few_clusters.CHECK,
    few_cluster_inference.CHECK,
    attrition.CHECK,
    identifiers.CHECK,
    placebo.CHECK,
    synthetic.FIT_CHECK,
    synthetic.PLACEBO_CHECK,
    balance.CHECK,
    overlap.CHECK,
    hidden_bias.CHECK,
    lots.CHECK,
]


def checks_for(method: str) -> tuple[CheckKind, ...]:
    """The checks of a design, in the order in which pages show them."""
    return tuple(row for row in CHECKS if method in row.designs)


def run_checks(method: str, examined: Examined) -> tuple[CheckResult, ...]:
    """Every check of a design that has something to say."""
    triple = examined.panel is not None and examined.panel.roles.eligible is not None
    results = (
        _left_out(row) if triple and row.of_two_groups else row.run(examined)
        for row in checks_for(method)
    )
    return tuple(result for result in results if result is not None)


def _left_out(row: CheckKind) -> CheckResult:
    return CheckResult(
        name=row.name,
        status="not_applicable",
        sentence=Sentence("Left out: it is made for two groups; triple differences have four."),
        null="",
    )


def register_check(row: CheckKind) -> None:
    """One more check. Raises DesignError for a name that one of its designs has already."""
    for method in sorted(row.designs):
        if row.name in {there.name for there in checks_for(method)}:
            raise DesignError(f"checks: {method} has one called {row.name!r} already. Rename it.")
    CHECKS.append(row)
