"""Is a table one that stands beside an evaluation: inputs, uncertainties, claims, a portfolio?

Known by its headings; what is drafted says where it stands and which heading is which column.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.agreement.yaml_file import yaml_text
from pbc_eval.intake.cell_table import normal_header
from pbc_eval.intake.inspection.block import GUESS, indented, notation_of, stated_keys
from pbc_eval.intake.inspection.profile import ColumnProfile
from pbc_eval.intake.inspection.value_columns import bare_name
from pbc_eval.intake.portfolio_table import NUMBERS, TEXTS
from pbc_eval.intake.value_map_kinds import INPUTS, UNCERTAINTY

OtherKind = Literal["inputs", "uncertainty", "portfolio", "claims"]


class OtherTable(NamedTuple):
    """What kind of table it is, and each of its columns with the heading that it has."""

    kind: OtherKind
    columns: dict[str, str]


_COLUMNS: Mapping[OtherKind, tuple[str, ...]] = MappingProxyType(
    {
        "inputs": INPUTS.columns,
        "uncertainty": UNCERTAINTY.columns,
        "portfolio": (*TEXTS, *NUMBERS),
        "claims": (
            *("claims_of", "units", "claim", "person", "people"),
            *("achieved_on", "state", "corrects", "paid"),
        ),
    }
)
_NEEDED: Mapping[OtherKind, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {  # one of each
        "inputs": (("stakeholder",), ("description",), ("value",)),
        "uncertainty": (("row",), ("input",), ("type",)),
        "portfolio": (("label",), ("source",), ("estimate", "paid")),
        "claims": (("claims_of",), ("claim", "units"), ("person", "people", "achieved_on", "paid")),
    }
)
_SYNONYMS: Mapping[OtherKind, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "inputs": {
            "stakeholder": ("who", "who_pays", "funder", "contributor", "rhanddeiliad"),
            "description": ("input", "what", "contribution", "disgrifiad"),
            "value": ("amount", "cost", "money", "gwerth", "cost_value"),
        },
        "uncertainty": {"type": ("distribution",), "low": ("minimum",), "high": ("maximum",)},
        "portfolio": {
            "label": ("contract", "contract_name", "project"),
            "estimate": ("effect",),
            "std_error": ("standard_error", "se"),
            "spend": ("total_spend",),
        },
        "claims": {
            "claims_of": ("metric", "outcome_metric", "price", "payment_trigger", "rate",
                          "what_is_claimed", "what", "outcome_claimed", "outcome_achieved",
                          "claim_for", "claim_type", "milestone"),
            "units": ("claims", "number_of_claims", "how_many", "count"),
            "claim": ("claim_id", "claim_reference", "claim_number", "claim_no", "claim_ref",
                      "reference"),
            "person": ("person_id", "participant", "participant_id", "client", "client_id",
                       "client_ref"),
            "people": ("number_of_people", "participants"),
            "achieved_on": ("achieved", "date", "day", "date_achieved", "achievement_date"),
            "state": ("status", "claim_status"),
            "corrects": ("corrects_claim", "correction_of"),
            "paid": ("paid_amount", "amount_paid"),
        },
    }
)  # fmt: skip


def other_table(headings: Sequence[str]) -> OtherTable | None:
    """The kind that the headings are of, if they are of one."""
    for kind, known in _COLUMNS.items():
        columns: dict[str, str] = {}
        for heading in headings:
            if (name := normal_header(heading)) in known:
                columns.setdefault(name, heading)
        for heading in headings:
            name = bare_name(heading)
            meant = next((c for c, words in _SYNONYMS[kind].items() if name in words), None)
            if meant is not None and heading not in columns.values():
                columns.setdefault(meant, heading)
        if all(any(name in columns for name in one_of) for one_of in _NEEDED[kind]):
            return OtherTable(kind, columns)
    return None


def other_block(
    path: Path, layout: TableLayout, columns: Sequence[ColumnProfile], other: OtherTable
) -> str:
    """The draft of what is said of such a table, in evaluation.yaml or portfolio.yaml."""
    of_it = [column for column in columns if column.heading in other.columns.values()]
    if other.kind == "claims":
        return _of_claims(path, layout, of_it, other.columns)
    renamed = {name: heading for name, heading in other.columns.items() if name != heading}
    where: dict[str, Any] = {**stated_keys(layout), **({"columns": renamed} if renamed else {})}
    notation = notation_of(of_it)
    numbers = {"numbers": notation} if notation else {}
    if other.kind == "portfolio":
        text = yaml_text({"file": path.name, **where, **numbers})
        return f"{text.rstrip()}\n# outcomes:\n#   - id: a-short-name   what the results are of\n"
    beside = {f"{other.kind}_layout": where} if where else {}
    lines = indented({f"{other.kind}_file": path.name, **beside, **numbers})
    return "\n".join(["value_map:", *lines]) + "\n"


def _of_claims(
    path: Path, layout: TableLayout, of_it: Sequence[ColumnProfile], roles: Mapping[str, str]
) -> str:
    names = {column.heading: column.name for column in of_it}
    renamed = {column.name: column.heading for column in of_it if column.name != column.heading}
    keys: dict[str, Any] = {"file": path.name, **stated_keys(layout)}
    keys |= {"columns": renamed} if renamed else {}
    notation = notation_of(of_it)
    keys |= {"numbers": notation} if notation else {}
    lines = ["claims:", *indented(keys)]
    lines += [f"  {role}: {names[heading]}{GUESS}" for role, heading in roles.items()]
    lines.append("  # source: who verified the claims, and where it is recorded")
    lines.append("  # status: READ     seen in the source itself; INVENTED: an example")
    return "\n".join(lines) + "\n"
