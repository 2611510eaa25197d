"""The sample ledger: every row that came in, and why any of them went out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.results import frame_with_sentences

LAID_OUT = Sentence("the table in the file")
AS_TEXT = Sentence("numbers as text")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStep:
    """One step from the data to the sample. Rows are unit-period observations."""

    what: Sentence  # "read", "treated in the first period", ...
    rows_in: int
    rows_dropped: int = 0
    units_dropped: int = 0
    why: Sentence = EMPTY
    units: tuple[str, ...] = ()  # the first few of the units dropped, sorted

    @property
    def rows_left(self) -> int:
        return self.rows_in - self.rows_dropped


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Ledger(Displayed):
    """What was read, what was dropped and why, and who is left.

    ``units_per_cohort`` and ``rows_per_period`` describe the sample after the last step, as
    (label, count) pairs in order; the cohort 0 is the never treated.
    """

    source: str
    steps: tuple[LedgerStep, ...]
    units_per_cohort: tuple[tuple[int, int], ...] = ()
    rows_per_period: tuple[tuple[int, int], ...] = ()
    notes: tuple[Sentence, ...] = ()

    @property
    def rows(self) -> int:
        """Rows in the sample."""
        return self.steps[-1].rows_left

    @property
    def units(self) -> int:
        """Units in the sample."""
        return sum(count for _, count in self.units_per_cohort)

    @property
    def units_dropped(self) -> int:
        return sum(step.units_dropped for step in self.steps)

    def with_reading(self, laid_out: Sequence[Sentence], numbers: Sequence[Sentence]) -> "Ledger":
        """The same with a step for what of the file was no data, and for each column of text that
        was read as numbers, behind the first: none of them drops a row."""
        first, *rest = self.steps
        read = (
            LedgerStep(what=what, rows_in=first.rows_left, why=note)
            for what, notes in ((LAID_OUT, laid_out), (AS_TEXT, numbers))
            for note in notes
        )
        return replace(self, steps=(first, *read, *rest))

    def to_frame(self) -> pd.DataFrame:
        """One row a step: what, rows_in, rows_dropped, rows_left, units_dropped, why, units."""
        return frame_with_sentences(
            [
                {
                    "what": step.what,
                    "rows_in": step.rows_in,
                    "rows_dropped": step.rows_dropped,
                    "rows_left": step.rows_left,
                    "units_dropped": step.units_dropped,
                    "why": step.why,
                    "units": ", ".join(step.units),
                }
                for step in self.steps
            ],
            ("what", "why"),
        )

    def noting(self, what: Sentence, why: Sentence) -> "Ledger":
        """This ledger with a step that drops no row, on what an estimator did with some."""
        step = LedgerStep(what=what, rows_in=self.rows, why=why)
        return replace(self, steps=(*self.steps, step))

    def cohorts_frame(self) -> pd.DataFrame:
        """One row a cohort: cohort (0 = never treated), units."""
        return pd.DataFrame(self.units_per_cohort, columns=["cohort", "units"])

    def periods_frame(self) -> pd.DataFrame:
        """One row a period: time, rows."""
        return pd.DataFrame(self.rows_per_period, columns=["time", "rows"])

    def __str__(self) -> str:
        lines = [f"Sample ledger: {self.source}"]
        for step in self.steps:
            line = f"  {step.what}: {step.rows_in:,} rows"
            if step.rows_dropped or step.units_dropped:
                line += f", dropped {step.rows_dropped:,} rows of {step.units_dropped:,} units"
            if step.why:
                line += f" ({step.why})"
            if step.units:
                line += f": {', '.join(step.units)}" + ", ..." * (
                    step.units_dropped > len(step.units)
                )
            lines.append(line)
        lines.append(f"  sample: {self.rows:,} rows of {self.units:,} units")
        cohorts = [
            f"{'never' if cohort == 0 else cohort}: {count:,}"
            for cohort, count in self.units_per_cohort
        ]
        lines.append(f"  units per cohort: {'; '.join(cohorts)}")
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)
