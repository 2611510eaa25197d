"""The cells of several tables in one register, with what a reader knows of them: built up cell by
cell, then handed to ``protect`` as one problem, since what one table hides another may tell."""

import math
from dataclasses import dataclass, field

import numpy as np

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.protection import SuppressionProblem
from pbc_eval.disclosure.relations import NEAR, Terms, relations_of

Name = tuple[str, int, str]  # table, position of the row in its frame, column


@dataclass(slots=True)
class _Cell:
    value: float
    cost: float
    always: bool
    never: bool
    low: float | None = None  # what a reader must be able to believe, where it is not the usual
    high: float | None = None
    told_small: bool = False  # words say "fewer than 10" of it


def is_small(value: float, rule: DisclosureRule) -> bool:
    """Is a count too small to publish? Fractions above zero are small too."""
    least_small = value >= 0 if rule.zeros == "protected" else value > 0
    return bool(least_small and value < rule.threshold)


@dataclass(slots=True)
class CellRegister:
    """Cells, which of them go together, and the equations among them."""

    rule: DisclosureRule
    names: dict[Name, int] = field(default_factory=dict)
    _cells: list[_Cell] = field(default_factory=list)
    _leader: list[int] = field(default_factory=list)
    _implied: list[tuple[int, int]] = field(default_factory=list)
    _rows: list[tuple[Terms, float]] = field(default_factory=list)

    def add(
        self,
        value: float,
        *,
        name: Name | None = None,
        cost: float | None = None,
        always: bool = False,
        never: bool = False,
    ) -> int:
        """A count. ``always``: nobody publishes it, though others may tell it; ``never`` hidden:
        it stands elsewhere."""
        price = value if cost is None else cost
        self._cells.append(_Cell(float(value), float(price), always, never))
        self._leader.append(len(self._leader))
        place = len(self._cells) - 1
        if name is not None:
            self.names[name] = place
        return place

    def same_place(self, name: Name, cell: int) -> None:
        """A place of a table that shows a count that is in the register already."""
        self.names[name] = cell

    def together(self, first: int, second: int) -> None:
        """Hide both or neither."""
        first, second = sorted((self._lead(first), self._lead(second)))
        self._leader[second] = first

    def follows(self, leading: int, following: int) -> None:
        """Whoever hides the one hides the other."""
        self._implied.append((leading, following))

    def relate(self, terms: Terms, total: float = 0.0) -> bool:
        """Note that a sum holds; False, and not noted, when it does not hold in fact."""
        summed = sum(factor * self._cells[cell].value for cell, factor in terms)
        if not abs(summed - total) < NEAR:
            return False
        self._rows.append((tuple(terms), float(total)))
        return True

    def never(self, cell: int) -> None:
        self._cells[cell].never = True

    def tell_small(self, cell: int) -> None:
        """Words tell of a small count that it is small: a reader knows that much."""
        self._cells[cell].told_small = True

    def ask(self, cell: int, low: float, high: float) -> None:
        """Protect a count although it is not small itself, over this range."""
        kept = self._cells[cell]
        kept.low = low if kept.low is None else min(kept.low, low)
        kept.high = high if kept.high is None else max(kept.high, high)

    def is_small(self, cell: int) -> bool:
        return is_small(self._cells[cell].value, self.rule)

    def value(self, cell: int) -> float:
        return self._cells[cell].value

    def suppression_problem(self) -> SuppressionProblem:
        """Everything in the register as one problem of protection."""
        cells, n = self._cells, len(self._cells)
        leaders = sorted({self._lead(cell) for cell in range(n)})
        number = {leader: at for at, leader in enumerate(leaders)}
        decision = np.array([number[self._lead(cell)] for cell in range(n)], dtype=np.int64)
        values = np.array([cell.value for cell in cells], dtype=float)
        small = np.array([is_small(cell.value, self.rule) for cell in cells], dtype=bool)
        zeros_told = self.rule.zeros == "published"
        least = np.where(zeros_told & (values > 0), np.minimum(values, 1.0), 0.0)
        low, high = least.copy(), np.full(n, float(self.rule.threshold))
        asked = np.array([cell.low is not None for cell in cells], dtype=bool)
        for at in np.flatnonzero(asked).tolist():
            low[at] = max(float(cells[at].low or 0.0), least[at])
            high[at] = float(cells[at].high or 0.0)
        most = np.full(n, np.inf)
        most[small & np.array([cell.told_small for cell in cells], dtype=bool)] = (
            self.rule.threshold - 1.0
        )
        high = np.minimum(high, most)
        last = 1.0 + float(np.nansum(values))  # zeros go last, when there is nothing else
        cost = np.zeros(len(leaders))
        for place, cell in enumerate(cells):
            price = last if cell.value == 0 and cell.cost == 0 and not cell.always else cell.cost
            cost[decision[place]] = max(cost[decision[place]], math.ceil(price))
        never, always = np.zeros(len(leaders), bool), np.zeros(len(leaders), bool)
        never[decision[[cell.never for cell in cells]]] = True
        always[decision[[cell.always for cell in cells]]] = True
        pairs = {(int(decision[a]), int(decision[b])) for a, b in self._implied}
        implied = sorted(pair for pair in pairs if pair[0] != pair[1] and not never[pair[1]])
        return SuppressionProblem(
            values=values,
            relations=relations_of(n, self._rows),
            decision=decision,
            cost=cost,
            sensitive=small | asked,
            low=low,
            high=high,
            least=least,
            most=most,
            always=always,
            never=never & ~always,
            implied=np.array(implied, dtype=np.int64).reshape(-1, 2),
        )

    def _lead(self, cell: int) -> int:
        while self._leader[cell] != cell:
            cell = self._leader[cell]
        return cell
