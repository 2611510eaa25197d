"""How a test of an average effect shows itself: one row, one line."""

from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval._display import DIGITS, Displayed, interval_in_short

FIRST = ("estimate", "std_error", "conf_low", "conf_high", "level", "p_value")


class TestedAverage(Displayed):
    """A data class with an ``estimate`` in the outcome's unit, a two-sided ``p_value`` of the null
    that there is no effect, and an interval (``conf_low``, ``conf_high`` at ``level``; infinite
    where no value on that side is rejected, without a level where none was asked for)."""

    __test__ = False  # for test runners: no test of this project
    __slots__ = ()
    estimate: float
    p_value: float
    conf_low: float
    conf_high: float

    def to_frame(self) -> pd.DataFrame:
        """One row. Columns: the estimate with its error, interval, level and p-value where it has
        them, then what the test was made of, as the class names it."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        order = [
            *(name for name in FIRST if name in values),
            *(n for n in values if n not in FIRST),
        ]
        return pd.DataFrame([{name: values[name] for name in order}])

    def summary(self) -> str:
        """The estimate with its interval, and the p-value."""
        level: Any = getattr(self, "level", None)
        if level is None:
            words = f"{self.estimate:.{DIGITS}g}"
        elif np.isinf(self.conf_low) and np.isinf(self.conf_high):
            words = f"{self.estimate:.{DIGITS}g}, with an interval without ends"
        else:
            words = interval_in_short(self.estimate, self.conf_low, self.conf_high, level)
        return f"{words}, p = {self.p_value:.{DIGITS}g}"
