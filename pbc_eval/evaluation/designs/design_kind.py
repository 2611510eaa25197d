"""What a design is to the rest of the house: one row, with its words for a reader.

    its own file ─ DESIGN_KIND ─▶ designs/__init__.py ─▶ findings, design note, grading, headline

What a design asks of the evaluation file is said by its model (``agreement.design.DesignModel``).
"""

from collections.abc import Callable
from dataclasses import dataclass

from pbc_eval.agreement.design import DESIGNS_OF_FILES, DesignModel
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.did.expected_error import ExpectedInference
from pbc_eval.evaluation.record import Finding
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Floats, Ints

Facts = tuple[tuple[str, str], ...]  # term and text


THAN_EXPECTED = Sentence("than the change in the comparison group would lead one to expect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the grade of the evidence depends on beside the design."""

    n_treated: tuple[int, ...]  # units in the programme, one number an outcome
    a_check_failed: bool  # and was waived, for other failures stop the evaluation
    starts_at_random: bool = False  # does the headline rest on starts as good as random?
    by_eligibility: bool = False  # of triple differences
    in_doubt: bool = False  # a check asks to be looked at, or other ways to estimate disagree


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignKind:
    """One design. ``find`` estimates every outcome, in their order, with a seed for its draws, and
    raises DataError for data that do not fit and DesignError for what cannot be identified."""

    model: type[DesignModel]
    label: str  # in lists of reports
    find: Callable[[EvaluationSpec, InputFiles, int], tuple[Finding, ...]]
    planned: Callable[[EvaluationSpec], Facts]  # how it will be done, for a design note
    strength: Callable[[Evidence], Sentence]  # Maryland scale, with its reason
    plain_words: Callable[[EvaluationSpec], str] | None = None  # what was done, in one sentence
    reads: tuple[Callable[[EvaluationSpec, InputFiles], object], ...] = ()  # the data, no more
    # outcomes (n, P) before the start, positions of starts (n,), periods in all, and the clusters
    # and weights (n,) where there are some
    expected_inference: (
        Callable[
            [EvaluationSpec, Floats, Floats, int, tuple[Ints | None, Floats | None]],
            ExpectedInference | None,
        ]
        | None
    ) = None
    than_if_a_check_failed: Sentence = THAN_EXPECTED
    registry_codes: tuple[str, ...] = ()  # its design types in the UK Evaluation Registry
    gives_estimates: bool = True  # of its own: sections on sample, checks and estimates
    reported_by_others: bool = False  # headlines repeat what others found

    @property
    def method(self) -> str:
        return DESIGNS_OF_FILES.word_of(self.model)
