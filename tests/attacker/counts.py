"""A reader's system of equations among whole numbers of people, and what follows of each."""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

MOST = 1e7


@dataclass
class Counts:
    """Unknown whole numbers by name, and sums of them that are known."""

    names: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[dict[str, float], float, float]] = field(default_factory=list)
    least: dict[str, float] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)

    def place(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))

    def know(self, terms: dict[str, float], low: float, high: float | None = None) -> None:
        """``terms`` add up to ``low``, or to anything from ``low`` to ``high``."""
        for name in terms:
            self.place(name)
        self.rows.append((dict(terms), low, low if high is None else high))

    def tell(self, name: str, value: float) -> None:
        self.know({name: 1.0}, value)

    def bounds(self, name: str) -> tuple[float, float]:
        """The smallest and largest whole number that fits; raises if nothing does."""
        at = self.place(name)
        return self._end(at, 1.0), self._end(at, -1.0)

    def _end(self, at: int, sign: float) -> float:
        n = len(self.names)
        objective = np.zeros(n)
        objective[at] = sign
        matrix = np.zeros((len(self.rows), n))
        low, high = np.empty(len(self.rows)), np.empty(len(self.rows))
        for row, (terms, least, most) in enumerate(self.rows):
            for name, factor in terms.items():
                matrix[row, self.names[name]] += factor
            low[row], high[row] = least - 1e-6, most + 1e-6
        bottom = np.array([self.least.get(name, 0.0) for name in self.names])
        top = np.array([self.most.get(name, MOST) for name in self.names])
        kept = LinearConstraint(matrix, low, high) if len(self.rows) else None
        solved = milp(objective, integrality=np.ones(n), bounds=Bounds(bottom, top),
                      constraints=kept)  # fmt: skip
        if solved.x is None:
            raise ArithmeticError(f"nothing fits what is published ({solved.message})")
        return float(round(solved.x[at]))
