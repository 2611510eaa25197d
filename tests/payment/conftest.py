"""Clauses with the words every clause needs, so that a test names only what it varies."""

import json
from pathlib import Path

import pytest

from pbc_eval.agreement.payment_terms import payment_terms_from
from pbc_eval.results import MeasuredOutcome

GOLDEN = Path(__file__).parents[1] / "golden" / "payment"


@pytest.fixture
def golden():
    return lambda name: json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def make_clause(kind: str, **fields) -> dict:
    words = {"id": kind.replace("_", "-"), "label": kind, "reference": "para 1", "source": "test"}
    where = {} if kind == "fixed_fee" else {"outcome": "jobs", "measure": "total"}
    return words | where | {"type": kind} | fields


def make_terms(*clauses, **fields):
    return payment_terms_from({"currency": "GBP", "clauses": list(clauses)} | fields)


def make_outcome(**fields) -> MeasuredOutcome:
    return MeasuredOutcome(**{"outcome": "jobs", "source": "estimated"} | fields)


@pytest.fixture
def clause():
    return make_clause


@pytest.fixture
def terms():
    return make_terms


@pytest.fixture
def outcome():
    return make_outcome
