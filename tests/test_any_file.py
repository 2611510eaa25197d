"""Files with one or two things wrong at random: accepted, or refused in words of this package."""

import copy
import datetime as dt
import json
import random
import re

import pytest
import yaml
from evaluations import DATA

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.payment_terms import payment_terms_from
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import PbcError
from pbc_eval.parameters.bank import read_bank

PLAIN = [
    *(None, "", " ", 0, -1, 1.5, 0.005, 1e308, 10**30, float("nan"), float("inf"), True, False),
    *([], {}, [None], [1, [2]], {"a": 1}, {"x": {"y": None}}, "x" * 300, "ä\u200b"),
    *("2024-02-30", "2024-13-01", "01/04/2024", "2024", "2024-25", "1,5", "£5", "12%", "1.200,5"),
    *("−5", "5 ", "1e3", "0x1F", "NaN", "true", "__class__", "several", "qualification"),
]
FOREIGN_WORDS = re.compile(
    r"Input should|validation error|pydantic|object at 0x|Value error|NoneType|<class|type=|"
    r"Extra inputs|Field required|unhashable"
)


def places(whole, at=()):
    """The way to each value inside."""
    if not isinstance(whole, dict | list):
        return
    for key, value in whole.items() if isinstance(whole, dict) else enumerate(whole):
        yield (*at, key)
        yield from places(value, (*at, key))


def spoilt(whole, drawn):
    """A copy in which one thing is another, is gone, is there twice, or goes by another name."""
    whole = copy.deepcopy(whole)
    *way, last = drawn.choice([*places(whole)])
    parent = whole
    for key in way:
        parent = parent[key]
    how = drawn.random()
    if how < 0.7:
        parent[last] = copy.deepcopy(drawn.choice(PLAIN))
    elif how < 0.8:
        del parent[last]
    elif isinstance(parent, list):
        parent.append(copy.deepcopy(parent[last]))
    else:
        parent[f"{last}s"] = parent.pop(last)
    return whole


def refused_in_foreign_words(read, whole, times, seed):
    """What was refused otherwise than by an error of this package that explains itself."""
    drawn, strange, refused = random.Random(seed), [], 0
    for _ in range(times):
        file = spoilt(whole, drawn)
        if drawn.random() < 0.3 and [*places(file)]:
            file = spoilt(file, drawn)
        try:
            read(file)
        except PbcError as problem:
            refused += 1
            if FOREIGN_WORDS.search(str(problem)):
                strange.append(str(problem))
        except Exception as problem:
            strange.append(f"{type(problem).__name__}: {problem}")
    assert refused > times / 3
    return strange


def coaching():
    return read_yaml(DATA / "coaching-contract/evaluation.yaml").data


@pytest.mark.slow
def test_terms_over_time_are_refused_in_our_words():
    """Plans, variations, rate cards by year, corrections. Before: a list among the clauses that a
    clause rests on ended in a TypeError."""
    whole = coaching()["payment"]
    assert refused_in_foreign_words(payment_terms_from, whole, 300, 1) == []
    whole["clauses"][6]["of"] = [[], "qualification"]
    with pytest.raises(PbcError, match="of"):
        payment_terms_from(whole)


BANK = {
    "parameters": [
        {
            "name": "uk_gdp_deflator",
            "title": "UK GDP deflator, calendar years",
            "unit": "index, 2024 = 100",
            "rows": [
                {
                    "valid_from": dt.date(year, 1, 1),
                    "valid_to": dt.date(year, 12, 31),
                    **{"value": value, "status": "RECALLED", "source": "Mine"},
                }
                for year, value in ((2025, 104), (2026, 106))
            ],
        }
    ]
}


@pytest.mark.slow
def test_a_value_bank_that_continues_the_deflator_is_refused_in_our_words(tmp_path):
    def read(bank):
        file = tmp_path / "bank.yaml"
        file.write_text(yaml.safe_dump(bank), encoding="utf-8")
        read_bank(file)

    assert refused_in_foreign_words(read, BANK, 300, 9) == []


def counted_from_rows():
    """An evaluation with starts at random and measures counted from rows."""
    whole = read_yaml(DATA / "hospital-readmissions/evaluation.yaml").data
    kept = ("id", "title", "edition", "status", "contract", "design", "data", "outcomes")
    whole = {name: whole[name] for name in (*kept, "publication")}
    whole["design"] |= {
        "estimator": "efficient_rollout",
        "control_group": "not_yet_treated",
        "starts_at_random": "Drawn by lot by the board on 1 March 2024",
    }
    counts = {"every": {}, "timely": {"where": {"days": {"at_most": 2}}}, "hours": {"sum": "hours"}}
    kpi = {"id": "timely", "type": "proportion", "label": "Timely", "reference": "1"}
    kpi |= {"met": "timely", "among": "every", "better": "higher", "target": 0.9, "source": "I"}
    hours = kpi | {"id": "hours", "type": "rate", "events": "every", "exposure": "hours"}
    hours = {name: value for name, value in hours.items() if name not in ("met", "among")}
    whole["performance"] = {
        **{"period": "on", "every": "month", "first": "2025-01", "last": "2025-06"},
        "rows": {"file": "visits.csv", "counts": counts},
        "kpis": [kpi, hours],
    }
    return whole


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "whole"),
    [("coaching-contract", coaching), ("hospital-readmissions", counted_from_rows)],
)
def test_whole_files_are_refused_in_our_words(tmp_path, name, whole):
    folder = tmp_path / name
    folder.mkdir()

    def read(file):
        text = json.dumps(file, default=str)
        (folder / "evaluation.yaml").write_text(text, encoding="utf-8")
        load_evaluation(folder)

    good = json.loads(json.dumps(whole(), default=str))
    read(good)  # or every refusal would be of something else
    assert refused_in_foreign_words(read, good, 300, 5) == []
