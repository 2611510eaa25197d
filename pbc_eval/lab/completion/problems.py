"""What is wrong with a file of keys as it was saved, line by line; no data are read."""

import re
from dataclasses import dataclass
from pathlib import Path

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.portfolio import PORTFOLIO_FILE, load_portfolio
from pbc_eval.errors import PbcError

_AT_LINE = re.compile(r"^  line (\d+): (.*)$|^.*?, line (\d+)(?:, column \d+)?: (.*)$")


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of the file, from 1, and what must be done about it."""

    line: int
    words: str


def problems_of(file: Path) -> tuple[Problem, ...]:
    """Every problem of evaluation.yaml or portfolio.yaml; those of no line are of the first."""
    try:
        if file.name == PORTFOLIO_FILE:
            load_portfolio(file)
        else:
            load_evaluation(file)
    except PbcError as problem:
        return _by_line(str(problem))
    return ()


def _by_line(text: str) -> tuple[Problem, ...]:
    lines = text.splitlines()
    placed = [(match[1] or match[3], match[2] or match[4])
              for line in lines if (match := _AT_LINE.match(line))]  # fmt: skip
    problems = [Problem(int(line), words) for line, words in placed]
    return tuple(problems) or (Problem(1, text),)
