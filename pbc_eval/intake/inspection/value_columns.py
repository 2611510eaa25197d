"""Is a table a value map? Its columns by the headings that people give them, English and Welsh."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.intake.cell_table import normal_header

ENOUGH = 4  # columns of a value map, one of them the value of a proxy: it is one
SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "stakeholder": ("stakeholder_group", "who", "who_changes", "beneficiary", "beneficiaries",
                        "rhanddeiliad", "buddiolwr"),
        "outcome": ("outcome_description", "change", "changes", "what_changes", "canlyniad",
                    "newid"),
        "indicator": ("outcome_indicator", "how_measured", "measure", "evidence",
                      "indicator_and_source", "dangosydd"),
        "number_in_group": ("group_size", "size_of_group", "how_many_in_group"),
        "quantity": ("no._experiencing_outcome", "no_experiencing_outcome", "number", "no.",
                     "number_experiencing_outcome", "how_many", "amount_of_change", "scale",
                     "number_of_people", "nifer"),
        "duration": ("duration_yrs", "duration_years", "years", "how_long", "how_long_it_lasts",
                     "how_long_does_it_last", "lasts", "lasts_years", "length", "hyd", "parhad"),
        "proxy": ("financial_proxy", "proxy_description", "procsi", "procsi_ariannol"),
        "proxy_value": ("value_of_proxy", "proxy_value", "value", "unit_value", "financial_value",
                        "unit_cost", "value_per_unit", "gwerth", "gwerth_y_procsi"),
        "proxy_source": ("source", "source_of_proxy", "proxy_source", "source_of_value",
                         "value_source", "reference", "ffynhonnell"),
        "deadweight": ("dead_weight", "what_would_have_happened_anyway",
                       "would_have_happened_anyway", "happened_anyway", "pwysau_marw"),
        "displacement": ("displaced", "dadleoli"),
        "attribution": ("attribution_to_others", "who_else", "others_contributed", "due_to_others",
                        "contribution_of_others", "priodoli"),
        "drop_off": ("dropoff", "drop", "decay", "gostyngiad"),
        "price_year": ("year_of_price", "year_of_prices", "blwyddyn_pris"),
    }
)  # fmt: skip


def bare_name(heading: str) -> str:
    """A heading as it is compared: without case, brackets and signs of money ("Value £")."""
    return re.sub(r"_+", "_", normal_header(re.sub(r"[£€$]", " ", heading)))


def value_columns(headings: Sequence[str]) -> dict[str, str]:
    """Each column of a value map with the heading that it has; empty where it is no value map."""
    known = set(ValuedOutcome.model_fields)
    columns: dict[str, str] = {}
    for heading in headings:
        name = normal_header(heading)
        if name in known:
            columns.setdefault(name, heading)
    for heading in headings:
        if heading in columns.values():
            continue
        name = bare_name(heading)
        column = next((c for c, words in SYNONYMS.items() if name in words), None)
        if column is not None:
            columns.setdefault(column, heading)
    if "proxy_source" not in columns and "source" in columns:
        columns["proxy_source"] = columns.pop("source")  # the one source of a row is its value's
    is_map = len(columns) >= ENOUGH and "proxy_value" in columns
    return columns if is_map else {}


def says_otherwise(columns: Mapping[str, str]) -> dict[str, str]:
    """The columns whose headings the reader of value maps does not know by itself."""
    return {name: heading for name, heading in columns.items() if normal_header(heading) != name}
