"""How much one evaluation may hold: so much is tried, fits a page, and ends in minutes.

Each bound is refused in one sentence that names the key, how much there is, the most there can be
and what to do instead. ``docs/scale.md`` has the measurements behind them.
"""

from collections.abc import Iterable, Mapping, Sized
from typing import Any

LONGEST_NAME = 300  # characters of what stands in headings, tables and figures
LONGEST_TEXT = 5_000  # of any other value: two pages
NAMES = frozenset(
    {
        *("id", "label", "unit", "unit_name", "time_name", "title", "name", "column", "file"),
        *("reference", "currency", "commissioner", "provider", "price_base", "edition"),
        *(
            "stakeholder",
            "outcome",
            "indicator",
            "proxy",
            "agency",
            "input",
            "output",
            "claimed_as",
        ),
        *("labels", "categories", "covariates", "cluster", "weight", "cohort", "time", "treatment"),
        "eligible",
    }
)
MOST_OUTCOMES = 100
MOST_CLAUSES = 500
FEWER_CLAUSES = "One clause may pay for a total, or pool several outcomes"
MOST_VALUE_ROWS = 1_000
MOST_KPIS = 100


def too_long(key: str, value: Any) -> str:
    """What is wrong with a text that is longer than its place bears; empty when nothing is."""
    most = LONGEST_NAME if key in NAMES else LONGEST_TEXT
    longest = max((len(text) for text in _texts(value)), default=0)
    if longest <= most:
        return ""
    return (
        f"has {longest:,} characters, of which it may have {most:,}. Shorten it; what is longer "
        "belongs into a document that it names"
    )


def too_many(key: str, entries: Sized, most: int, instead: str) -> str:
    """What is wrong with a list of more entries than a report bears; empty when nothing is."""
    if len(entries) <= most:
        return ""
    return (
        f"{key} has {len(entries):,} entries, of which one evaluation may have {most:,}. {instead}"
    )


def _texts(value: Any) -> Iterable[str]:
    """The texts at a key itself: its value, the entries of its list, the pairs of its mapping."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for pair in value.items() for text in pair if isinstance(text, str))
    elif isinstance(value, list | tuple):
        yield from (text for text in value if isinstance(text, str))
