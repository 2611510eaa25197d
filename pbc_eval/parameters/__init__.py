"""Dated, sourced parameters: the name says which, the date selects the row."""

from pbc_eval.parameters.bank import read_bank
from pbc_eval.parameters.discounting import annual_rates, discount_factors, reprice
from pbc_eval.parameters.lookup import (
    ParameterValue,
    parameter_names,
    schedule_at,
    schedule_names,
    table_at,
    value_at,
)

__all__ = [
    "ParameterValue",
    "annual_rates",
    "discount_factors",
    "parameter_names",
    "read_bank",
    "reprice",
    "schedule_at",
    "schedule_names",
    "table_at",
    "value_at",
]
