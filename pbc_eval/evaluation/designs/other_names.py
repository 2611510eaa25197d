"""Estimators by the names that other software and papers give them: what to write here.

A stacked regression with its weights is no estimator of its own: tests/did/test_stacked.py.
"""

_BESIDE = "group_time; the two-way coefficient stands beside it as a cross-check"
_STACKED = (
    "group_time; a stacked regression with its weights is its average by event time (headline: "
    "event)"
)
_AT_RANDOM = (
    "efficient_rollout, with starts_at_random and control_group: not_yet_treated, if starts were "
    "dealt out at random, as that estimator needs; otherwise group_time"
)
_SWITCHING = "group_time; for treatment that goes on and off, data.treatment with data.switching"
KNOWN_AS = {
    **dict.fromkeys(
        ("did", "att_gt", "attgt", "csdid", "callaway_santanna", "callaway_sant_anna", "cs"),
        "group_time",
    ),
    **dict.fromkeys(
        ("did_imputation", "didimputation", "borusyak", "bjs", "did2s", "gardner", "two_stage"),
        "imputation",
    ),
    **dict.fromkeys(("etwfe", "jwdid", "wooldridge", "mundlak"), "extended_two_way"),
    **dict.fromkeys(
        ("sunab", "sun_abraham", "sun_and_abraham", "eventstudyinteract"), "interaction_weighted"
    ),
    **dict.fromkeys(("ddd", "triplediff", "triple_differences", "triple"), "triple_difference"),
    **dict.fromkeys(("twfe", "two_way", "two_way_fixed_effects", "fe", "xtreg"), _BESIDE),
    **dict.fromkeys(("stacked", "stackedev", "stacked_did", "stacked_regression"), _STACKED),
    **dict.fromkeys(("efficient", "staggered", "roth_santanna", "roth_sant_anna"), _AT_RANDOM),
    **dict.fromkeys(("did_multiplegt", "did_multiplegt_dyn", "dcdh"), _SWITCHING),
}


def written_here(name: str) -> str:
    """' Write imputation.' for the name of an estimator elsewhere; nothing for other words."""
    plain = "_".join(name.casefold().replace("-", " ").replace("_", " ").split())
    return f" Write {KNOWN_AS[plain]}." if plain in KNOWN_AS else ""
