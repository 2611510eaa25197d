"""pbc_eval: performance-based contracts, evaluated, valued, paid and published.

The public names load when they are first used, so that importing the package stays light.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pbc_eval.agreement.adjustment import Adjustment as Adjustment
    from pbc_eval.agreement.evaluation import load_evaluation as load_evaluation
    from pbc_eval.agreement.payment_terms import payment_terms_from as payment_terms_from
    from pbc_eval.agreement.portfolio import load_portfolio as load_portfolio
    from pbc_eval.agreement.portfolio_claims import portfolio_claims as portfolio_claims
    from pbc_eval.did.bacon import bacon_decomposition as bacon_decomposition
    from pbc_eval.did.compare import compare_estimators as compare_estimators
    from pbc_eval.did.extended_two_way import extended_two_way as extended_two_way
    from pbc_eval.did.group_time import att_gt as att_gt
    from pbc_eval.did.imputation import imputation as imputation
    from pbc_eval.did.interaction_weighted import interaction_weighted as interaction_weighted
    from pbc_eval.did.multiplier import multiplier_bootstrap as multiplier_bootstrap
    from pbc_eval.did.synthetic import synthetic_did as synthetic_did
    from pbc_eval.did.triple_difference import triple_difference as triple_difference
    from pbc_eval.did.two_way import two_way as two_way
    from pbc_eval.did.two_way_event_study import two_way_event_study as two_way_event_study
    from pbc_eval.did.two_way_weights import two_way_weights as two_way_weights
    from pbc_eval.did.wild import wild_cluster_bootstrap as wild_cluster_bootstrap
    from pbc_eval.disclosure import release as release
    from pbc_eval.disclosure import release_note as release_note
    from pbc_eval.disclosure import release_portfolio as release_portfolio
    from pbc_eval.errors import PbcError as PbcError
    from pbc_eval.evaluation.evaluate import evaluate as evaluate
    from pbc_eval.evaluation.matched_changes import match_then_did as match_then_did
    from pbc_eval.evaluation.note.design_note import design_note as design_note
    from pbc_eval.evaluation.portfolio.assemble import portfolio_of as portfolio_of
    from pbc_eval.intake.value_table import read_value_map as read_value_map
    from pbc_eval.intake.value_table import write_value_map as write_value_map
    from pbc_eval.kpi.measure import measure_performance as measure_performance
    from pbc_eval.matching.match import match as match
    from pbc_eval.matching.weight import weight as weight
    from pbc_eval.panel.panel import Panel as Panel
    from pbc_eval.parameters.lookup import value_at as value_at
    from pbc_eval.payment.due import payment_due as payment_due
    from pbc_eval.payment.risk import payment_risk as payment_risk
    from pbc_eval.payment.schedule import schedule_of as schedule_of
    from pbc_eval.results import MeasuredOutcome as MeasuredOutcome
    from pbc_eval.sroi.global_sensitivity import sobol_indices as sobol_indices
    from pbc_eval.sroi.present_value import social_return as social_return
    from pbc_eval.sroi.simulate import simulate as simulate
    from pbc_eval.sroi.value_of_information import value_of_information as value_of_information

__version__ = "0.1.0"

_HOMES = {
    "Panel": "panel.panel",
    "att_gt": "did.group_time",
    "two_way": "did.two_way",
    "two_way_event_study": "did.two_way_event_study",
    "two_way_weights": "did.two_way_weights",
    "bacon_decomposition": "did.bacon",
    "imputation": "did.imputation",
    "interaction_weighted": "did.interaction_weighted",
    "extended_two_way": "did.extended_two_way",
    "synthetic_did": "did.synthetic",
    "triple_difference": "did.triple_difference",
    "wild_cluster_bootstrap": "did.wild",
    "multiplier_bootstrap": "did.multiplier",
    "compare_estimators": "did.compare",
    "match": "matching.match",
    "match_then_did": "evaluation.matched_changes",
    "Adjustment": "agreement.adjustment",
    "social_return": "sroi.present_value",
    "payment_due": "payment.due",
    "payment_risk": "payment.risk",
    "schedule_of": "payment.schedule",
    "measure_performance": "kpi.measure",
    "load_evaluation": "agreement.evaluation",
    "evaluate": "evaluation.evaluate",
    "release": "disclosure",
    "design_note": "evaluation.note.design_note",
    "release_note": "disclosure",
    "load_portfolio": "agreement.portfolio",
    "portfolio_of": "evaluation.portfolio.assemble",
    "release_portfolio": "disclosure",
    "value_at": "parameters.lookup",
    "weight": "matching.weight",
    "PbcError": "errors",
    "MeasuredOutcome": "results",
    "payment_terms_from": "agreement.payment_terms",
    "read_value_map": "intake.value_table",
    "write_value_map": "intake.value_table",
    "portfolio_claims": "agreement.portfolio_claims",
    "simulate": "sroi.simulate",
    "value_of_information": "sroi.value_of_information",
    "sobol_indices": "sroi.global_sensitivity",
}

__all__ = [
    "Adjustment",
    "MeasuredOutcome",
    "Panel",
    "PbcError",
    "att_gt",
    "bacon_decomposition",
    "compare_estimators",
    "design_note",
    "evaluate",
    "extended_two_way",
    "imputation",
    "interaction_weighted",
    "load_evaluation",
    "load_portfolio",
    "match",
    "match_then_did",
    "measure_performance",
    "multiplier_bootstrap",
    "payment_due",
    "payment_risk",
    "payment_terms_from",
    "portfolio_claims",
    "portfolio_of",
    "read_value_map",
    "release",
    "release_note",
    "release_portfolio",
    "schedule_of",
    "simulate",
    "sobol_indices",
    "social_return",
    "synthetic_did",
    "triple_difference",
    "two_way",
    "two_way_event_study",
    "two_way_weights",
    "value_at",
    "value_of_information",
    "weight",
    "wild_cluster_bootstrap",
    "write_value_map",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pbc_eval' has no attribute {name!r}")
    return getattr(importlib.import_module(f"pbc_eval.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
