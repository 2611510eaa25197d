"""pbc_eval: performance-based contracts, evaluated, valued, paid and published.

The public names load when they are first used, so that importing the package stays light.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Panel": "panel.panel",
    "att_gt": "did.group_time",
    "two_way": "did.two_way",
    "two_way_event_study": "did.two_way_event_study",
    "bacon_decomposition": "did.bacon",
    "imputation": "did.imputation",
    "interaction_weighted": "did.interaction_weighted",
    "extended_two_way": "did.extended_two_way",
    "synthetic_did": "did.synthetic",
    "wild_cluster_bootstrap": "did.wild",
    "multiplier_bootstrap": "did.multiplier",
    "compare_estimators": "did.compare",
    "match": "matching.match",
    "social_return": "sroi.present_value",
    "payment_due": "payment.due",
    "load_evaluation": "spec.evaluation",
    "evaluate": "evaluation.run",
    "release": "disclosure",
    "value_at": "parameters.lookup",
    "PbcError": "errors",
}

__all__ = [
    "Panel",
    "PbcError",
    "att_gt",
    "bacon_decomposition",
    "compare_estimators",
    "evaluate",
    "extended_two_way",
    "imputation",
    "interaction_weighted",
    "load_evaluation",
    "match",
    "multiplier_bootstrap",
    "payment_due",
    "release",
    "social_return",
    "synthetic_did",
    "two_way",
    "two_way_event_study",
    "value_at",
    "wild_cluster_bootstrap",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pbc_eval' has no attribute {name!r}")
    return getattr(importlib.import_module(f"pbc_eval.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
