"""More specifications held against R's MatchIt, on three data sets.

python tests/matching_more.py FOLDER     writes FOLDER/more.R; run it with Rscript in that folder,
                                         and it writes the two CSV files kept in golden/matching

MatchIt 4.5.1 (Debian 12) wrote them. That version ignores calipers and ratios in some calls of
greedy matching on a score, and does not always take the nearest; those calls are left to the
goldens of 4.7.2. What is kept here was checked: sets, strata, distances by covariates, scores.
"""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

GOLDEN = Path(__file__).parent / "golden" / "matching"
FORMULA = {
    "lalonde": ("treat", "age + educ + race + married + nodegree + re74 + re75"),
    "cattaneo2": ("mbsmoke_", "mage + medu + mmarried_ + fbaby_ + mhisp + alcohol"),
    "darfur": (
        "directlyharmed",
        "age + farmer_dar + herder_dar + pastvoted + hhsize_darfur + female",
    ),
}


class Specification(NamedTuple):
    """What R was asked, and our same call. ``alike`` says what must agree: "weights" (and balance)
    or the "scores" alone, where the greedy match is another matter."""

    data: str
    in_r: str
    ours: dict[str, Any]
    alike: str = "weights"


def _sets() -> dict[str, Specification]:
    found = {}
    for number in (4, 8):
        for estimand in ("ATT", "ATC", "ATE"):
            found[f"subclass_{number}_{estimand}"] = Specification(
                "lalonde",
                f"method='subclass', subclass={number}, estimand='{estimand}'",
                {"method": "subclass", "subclasses": number, "estimand": estimand},
            )
    for rule in ("fd", "scott", "q3", "sturges"):
        found[f"cem_{rule}"] = Specification(
            "lalonde",
            f"method='cem', cutpoints='{rule}'",
            {"method": "coarsened", "cutpoints": rule},
        )
    for estimand in ("ATC", "ATE"):
        found[f"cem_{estimand}"] = Specification(
            "lalonde",
            f"method='cem', estimand='{estimand}'",
            {"method": "coarsened", "estimand": estimand},
        )
        found[f"exact_{estimand}"] = Specification(
            "lalonde",
            f"method='exact', formula=treat~race+married+nodegree, estimand='{estimand}'",
            {
                "method": "exact",
                "covariates": ["race", "married", "nodegree"],
                "estimand": estimand,
            },
        )
    return found


MAHALANOBIS = {"distance": "mahalanobis"}
SPECS: dict[str, Specification] = _sets() | {
    "subclass_discard": Specification(
        "lalonde",
        "method='subclass', subclass=5, discard='both'",
        {"method": "subclass", "subclasses": 5, "discard": "both"},
    ),
    "cem_5": Specification(
        "lalonde", "method='cem', cutpoints=5", {"method": "coarsened", "cutpoints": 5}
    ),
    "cem_groups": Specification(
        "lalonde",
        "method='cem', grouping=list(race=list(c('white','hispan'),'black')), "
        "cutpoints=list(age=5,educ=3)",
        {
            "method": "coarsened",
            "grouping": {"race": [["white", "hispan"], ["black"]]},
            "cutpoints": {"age": 5, "educ": 3},
        },
    ),
    "cem_pairs": Specification(
        "lalonde",
        "method='cem', k2k=TRUE, cutpoints=4, k2k.method='mahalanobis'",
        {"method": "coarsened", "one_to_one": True, "cutpoints": 4},
    ),
    "mahalanobis_2": Specification(
        "lalonde", "distance='mahalanobis', ratio=2", MAHALANOBIS | {"ratio": 2}
    ),
    "mahalanobis_exact": Specification(
        "lalonde", "distance='mahalanobis', exact=~race", MAHALANOBIS | {"exact": ["race"]}
    ),
    "scaled": Specification(
        "lalonde", "distance='scaled_euclidean'", {"distance": "scaled_euclidean"}
    ),
    "inside_caliper": Specification(
        "lalonde",
        "mahvars=~age+educ+re74, caliper=.3",
        MAHALANOBIS | {"distance_on": ["age", "educ", "re74"], "caliper": 0.3},
    ),
    "sampling_mahalanobis": Specification(
        "lalonde",
        "s.weights=~sw, distance='mahalanobis'",
        MAHALANOBIS | {"sampling_weights": "sw"},
    ),
    "sampling_scores": Specification(
        "lalonde", "s.weights=~sw", {"sampling_weights": "sw"}, "scores"
    ),
    "sampling_probit": Specification(
        "lalonde",
        "s.weights=~sw, link='probit'",
        {"sampling_weights": "sw", "link": "probit"},
        "scores",
    ),
    "again_both": Specification(
        "lalonde",
        "discard='both', reestimate=TRUE",
        {"discard": "both", "reestimate": True},
        "scores",
    ),
    "again_treated": Specification(
        "lalonde",
        "discard='treated', reestimate=TRUE",
        {"discard": "treated", "reestimate": True},
        "scores",
    ),
    "again_comparison": Specification(
        "lalonde",
        "discard='control', reestimate=TRUE",
        {"discard": "comparison", "reestimate": True},
        "scores",
    ),
    "linear_probit": Specification(
        "lalonde", "link='linear.probit'", {"link": "linear_probit"}, "scores"
    ),
    "births_subclass": Specification(
        "cattaneo2",
        "method='subclass', subclass=10, estimand='ATE'",
        {"method": "subclass", "subclasses": 10, "estimand": "ATE"},
    ),
    "births_cem": Specification(
        "cattaneo2",
        "method='cem', cutpoints=list(mage='q5', medu=c(8.5,12.5))",
        {"method": "coarsened", "cutpoints": {"mage": "q5", "medu": [8.5, 12.5]}},
    ),
    "darfur_subclass": Specification(
        "darfur",
        "method='subclass', subclass=5, estimand='ATC'",
        {"method": "subclass", "subclasses": 5, "estimand": "ATC"},
    ),
    "darfur_cem": Specification(
        "darfur", "method='cem', cutpoints='q4'", {"method": "coarsened", "cutpoints": "q4"}
    ),
}


def read(name: str) -> pd.DataFrame:
    """A data set with the sampling weights that R was given, and ids in the order of its rows, by
    which R breaks ties."""
    frame = pd.read_csv(GOLDEN / f"{name}.csv")
    number = pd.Series(range(1, len(frame) + 1))
    return frame.assign(id=[f"r{k:05d}" for k in number], sw=0.5 + ((number * 37) % 97) / 48)


def script() -> str:
    """The R script that writes more_rows.csv (weights and scores) and more_balance.csv."""
    lines = ["suppressMessages(library(MatchIt))", "rows <- list(); balance <- list()"]
    for name in FORMULA:
        lines += [
            f"{name} <- read.csv('{name}.csv')",
            f"{name}$sw <- 0.5 + ((seq_len(nrow({name})) * 37) %% 97) / 48",
        ]
    lines.append(
        "keep <- function(spec, data, ...) { m <- suppressWarnings(matchit(data = data, ...)); "
        "d <- if (is.null(m$distance)) NA else m$distance; "
        "rows[[spec]] <<- data.frame(spec, row = seq_len(nrow(data)), "
        "weight = signif(m$weights, 12), distance = signif(d, 12)); "
        "s <- summary(m); x <- s$sum.all; "
        "balance[[spec]] <<- data.frame(spec, sample = 'all', variable = rownames(x), x[, 1:6]); "
        "x <- s$sum.matched; if (!is.null(x)) balance[[paste(spec, 2)]] <<- data.frame(spec, "
        "sample = 'matched', variable = rownames(x), x[, 1:6]) }"
    )
    for spec, asked in SPECS.items():
        treatment, terms = FORMULA[asked.data]
        formula = "" if "formula" in asked.in_r else f"formula = {treatment} ~ {terms}, "
        lines.append(f"keep('{spec}', {asked.data}, {formula}{asked.in_r})")
    small = "lapply(names(rows), function(n) if (nrow(rows[[n]]) < 1000) rows[[n]])"
    lines += [
        f"write.csv(do.call(rbind, {small}), 'more_rows.csv', row.names = FALSE)",
        "write.csv(do.call(rbind, balance), 'more_balance.csv', row.names = FALSE)",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) / "more.R").write_text(script(), encoding="utf-8")
