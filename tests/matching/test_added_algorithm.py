"""An algorithm is added by one file and one row: then Python and evaluation files can name it."""

from typing import ClassVar, Literal

import numpy as np
import pytest
from evaluations import change, copy_of
from matched_samples import people
from pydantic import Field
from shown import html_of

import pbc_eval as pbc
from pbc_eval.agreement.algorithms import ALGORITHMS
from pbc_eval.agreement.matching_settings import MatchingOptions
from pbc_eval.agreement.weighting_options import WeightingOptions
from pbc_eval.errors import DesignError, SpecError
from pbc_eval.matching import methods, weighting
from pbc_eval.matching.greedy import Pairs
from pbc_eval.matching.methods import MatchMethod
from pbc_eval.matching.weighting import Weighting, WeightingMethod

pytestmark = pytest.mark.slow  # seconds, together

# --- one file: the options, with their plain words, and the function that carries them out ---


class Alphabetical(MatchingOptions):
    """The first ``people`` of each group in the order of the rows, side by side."""

    plain_words: ClassVar[str] = "People were paired in the order in which they stand in the data."

    algorithm: Literal["alphabetical"] = "alphabetical"
    people: int = Field(default=50, ge=1, description="How many pairs are made.")

    @property
    def in_words(self) -> str:
        return f"pairing in row order, {self.people} pairs"


def side_by_side(problem, by):
    focal, other = np.flatnonzero(problem.focal), np.flatnonzero(~problem.focal)
    n = min(by.people, len(focal), len(other))
    return Pairs(focal[:n], np.ones(n, dtype=np.int64), other[:n], np.zeros(n))


class Alike(WeightingOptions):
    """Everybody weighs the same."""

    plain_words: ClassVar[str] = "Everybody counts the same."

    algorithm: Literal["alike"] = "alike"

    @property
    def in_words(self) -> str:
        return "equal weights"


def all_alike(problem):
    return Weighting(
        np.ones(len(problem.treated)), problem.treated * 1.0, (), None, np.empty((0, 1)), ()
    )


@pytest.fixture
def added():
    """The one row of each, taken back afterwards."""
    methods.add_algorithm(MatchMethod(Alphabetical, side_by_side))
    weighting.add_algorithm(WeightingMethod(Alike, all_alike))
    yield
    for name in ("alphabetical", "alike"):
        ALGORITHMS.pop(name)
    methods.METHODS.pop("alphabetical")
    weighting.WEIGHTINGS.pop("alike")


@pytest.mark.usefixtures("added")
def test_python_calls_an_added_algorithm_as_any_other():
    asked = {"treatment": "treated", "covariates": ["age", "income"], "unit": "id"}
    sample = pbc.match(people(), by=Alphabetical(people=20), **asked)
    assert len(sample.pairs) == 20
    effect = sample.effect("outcome", "difference")
    assert "after pairing in row order, 20 pairs" in effect.method.estimator
    assert pbc.match(people(), method="alphabetical", **asked).settings.by == Alphabetical()
    weights = pbc.weight(people(), by=Alike(), **asked).weights
    assert (weights == 1).all()
    with pytest.raises(DesignError, match="people must be greater than or equal to 1, got 0"):
        Alphabetical(people=0)


@pytest.mark.usefixtures("added")
def test_an_evaluation_file_names_an_added_algorithm_and_its_settings(tmp_path):
    folder = copy_of("supported-work", tmp_path)
    file = folder / "evaluation.yaml"
    text = file.read_text(encoding="utf-8")
    start, end = text.index("  alternatives:\n"), text.index("  benchmark:\n")
    file.write_text(
        text[:start]
        + "  alternatives:\n    - {name: In row order, algorithm: alphabetical, people: 30}\n"
        + text[end:],
        encoding="utf-8",
    )
    spec = pbc.load_evaluation(folder)
    assert spec.design.alternatives[0].by == Alphabetical(people=30)
    evaluation = pbc.evaluate(spec)
    table = evaluation.primary.table("methods").frame
    assert 30 in set(table["treated"])
    assert "In row order" in html_of(pbc.release(evaluation), "estimates")
    change(file, "people: 30", "people: few")
    with pytest.raises(SpecError, match=r"alternatives\[1\]\.people: must be a plain number"):
        pbc.load_evaluation(folder)


def test_an_algorithm_that_was_not_added_is_unknown(tmp_path):
    folder = copy_of("supported-work", tmp_path)
    change(folder / "evaluation.yaml", "algorithm: entropy", "algorithm: alphabetical")
    with pytest.raises(SpecError, match=r"must be 'nearest', .* got 'alphabetical'"):
        pbc.load_evaluation(folder)


def test_two_algorithms_of_one_name_are_refused():
    class Again(MatchingOptions):
        algorithm: Literal["full"] = "full"

    with pytest.raises(DesignError, match="'full' is Full already"):
        methods.add_algorithm(MatchMethod(Again, side_by_side))
