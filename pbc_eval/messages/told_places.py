"""Where a page shows a count that sentences repeat: ``Units.cell``, if it is the same number."""

HEADLINE_TREATED = "headline//n_treated"
HEADLINE_COMPARISON = "headline//n_comparison"
NEVER_TREATED = "groups/0/units"
TREATED_AND_NEVER = f"{HEADLINE_TREATED} + {NEVER_TREATED}"
