"""The sample ledger of a match: who came in, who went out, and why."""

from dataclasses import dataclass

import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import by_arm

__all__ = ["LedgerStep", "SampleLedger", "by_arm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStep:
    """One step from the data to the matched sample. A row is a unit: matching has one each."""

    what: Sentence  # "read", "complete cases", "match"
    rows_in: int
    rows_dropped: int = 0
    why: Sentence = EMPTY

    @property
    def rows_left(self) -> int:
        return self.rows_in - self.rows_dropped


@dataclass(frozen=True, slots=True, repr=False)
class SampleLedger(Displayed):
    """The steps in order; each begins with the rows the one before it left."""

    steps: tuple[LedgerStep, ...]

    @property
    def rows(self) -> int:
        """Rows in the sample after the last step."""
        return self.steps[-1].rows_left

    def then(self, what: Sentence, dropped: int, why: Sentence) -> "SampleLedger":
        """This ledger with one more step."""
        step = LedgerStep(what=what, rows_in=self.rows, rows_dropped=dropped, why=why)
        return SampleLedger((*self.steps, step))

    def to_frame(self) -> pd.DataFrame:
        """One row a step: what, rows_in, rows_dropped, rows_left, why."""
        frame = pd.DataFrame(
            [(step.rows_in, step.rows_dropped, step.rows_left) for step in self.steps],
            columns=["rows_in", "rows_dropped", "rows_left"],
        )
        frame.insert(0, "what", pd.Series([step.what for step in self.steps], dtype=object))
        return frame.assign(why=pd.Series([step.why for step in self.steps], dtype=object))
