"""Write docs/refused-releases.md: releases that are refused or altered, and what is said of them.

    python tools/make_refused_releases.py

Each is one change to a finding of data/hospital-readmissions, or to an edition published before.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import SUPPRESSED, ReleasedTable, release, release_table
from pbc_eval.disclosure.editions import refuse_differencing
from pbc_eval.disclosure.sentences import released_sentence
from pbc_eval.errors import PbcError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.record import Evaluation, OutputTable
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Units

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "refused-releases.md"
HEAD = """# Refused and altered releases

What happens to outputs that would tell about few people. Nothing is published when a release is
refused; an altered one holds `[c]` where a number is held back. Made by
`python tools/make_refused_releases.py`.
"""
RULE = DisclosureRule()


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    what: str
    shown: Callable[[Evaluation], str]


def groups(counts: list[int], **changes: Any) -> OutputTable:
    frame = pd.DataFrame({"area": ["North", "East", "South", "West"][: len(counts)]})
    frame["people"] = counts
    settings: dict[str, Any] = {
        "name": "areas",
        "caption": "People by area",
        "frame": frame,
        "kinds": {"area": "text", "people": "count"},
        "headers": {"area": "Area", "people": "People"},
        "governed_by": {"people": ()},
    }
    return OutputTable(**{**settings, **changes})


def _as_text(told: ReleasedTable) -> str:
    return told.frame.to_string(index=False)


def _refusal(run: Callable[[], object]) -> str:
    try:
        run()
    except PbcError as problem:
        return f"{type(problem).__name__}: {problem}"
    raise SystemExit("this was to be refused, and was not")


def _released(evaluation: Evaluation, **changes: Any) -> Callable[[], object]:
    """Releasing the evaluation with its finding, its rule or its status changed."""
    publication = evaluation.spec.publication
    published = publication.model_copy(update={"disclosure": changes.pop("rule", RULE)})
    status = changes.pop("status", evaluation.spec.status)
    words = changes.pop("words", ())  # as if its units were people; the file says nothing of few
    published = published.model_copy(update={"limitations": words})
    contract = evaluation.spec.contract.model_copy(update={"summary": "Support after discharge."})
    changed = {"publication": published, "status": status, "protocol": None, "contract": contract}
    spec = evaluation.spec.model_copy(update=changed)
    finding = evaluation.findings[0]
    extra = changes.pop("extra", ())
    finding = replace(finding, tables=(*finding.tables, *extra), **changes)
    return lambda: release(replace(evaluation, spec=spec, findings=(finding,)))


def _few(evaluation: Evaluation) -> str:
    headline = replace(evaluation.findings[0].headline, n_treated=8)
    return _refusal(_released(evaluation, headline=headline))


def _words(evaluation: Evaluation) -> str:
    return _refusal(_released(evaluation, words=("Three patients could not be asked.",)))


def _extreme(evaluation: Evaluation) -> str:
    frame = groups([40, 50]).frame.assign(max_income=[81_000.0, 94_500.0])
    return _refusal(_released(evaluation, extra=(groups([40, 50], frame=frame),)))


def _quantile(evaluation: Evaluation) -> str:
    frame = groups([40, 50]).frame.assign(median=[1.5, 2.5])
    table = groups([40, 50], frame=frame)
    return _refusal(_released(evaluation, extra=(table,), status="final"))


def _rule(text: dict[str, Any]) -> str:
    try:
        DisclosureRule.model_validate(text)
    except ValidationError as error:
        said = [str(e["msg"]) for e in error.errors()]
        return "\n".join(words.removeprefix("Value error, ") for words in said)
    raise SystemExit("this was to be refused, and was not")


def _edition(folder: Path, name: str, counts: list[object]) -> Path:
    downloads = folder / name / "downloads"
    downloads.mkdir(parents=True)
    (folder / name / "manifest.json").write_text("{}", encoding="utf-8")
    frame = groups([1] * len(counts)).frame.assign(people=counts)
    frame.to_csv(downloads / "areas.csv", index=False)
    shape = {"labels": ["area"], "counts": ["people"], "totals": {}}
    record = {"edition": name, "base": 1, "tables": {"areas": shape}}
    (downloads / "disclosure-review.json").write_text(json.dumps(record), encoding="utf-8")
    return folder / name


def _beside(before: list[object], now: list[object]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        _edition(Path(folder) / "published", "2025", before)
        new = _edition(Path(folder) / "made", "2026", now)
        return _refusal(lambda: refuse_differencing(new, Path(folder) / "published", RULE))


def _two_way_text() -> str:
    frame = pd.DataFrame(
        {
            "what": ["Read", "No outcome", "No match"],
            "rows_in": [500, 500, 497],
            "rows_dropped": [0, 3, 97],
            "rows_left": [500, 497, 400],
        }
    )
    kinds = {"what": "text", **dict.fromkeys(frame.columns[1:], "count")}
    ledger = groups([1], frame=frame, kinds=kinds, headers={}, adds_up="in_steps",
                    governed_by={"rows_dropped": ()})  # fmt: skip
    return _as_text(release_table(ledger, RULE))


def _sentence() -> str:
    sentence = Sentence(
        "{treated} treated and {compared} comparison hospitals, {total} in all; {late} report "
        "late.",
        treated=Units(8),
        compared=Units(40),
        total=Units(48),
        late=Units(2, of=40, share_decimals=1),
    )
    return f"before: {sentence}\nafter:  {released_sentence(sentence, RULE)}"


def _rounded() -> str:
    frame = groups([113, 58]).frame.assign(among=[151, 77])
    frame["share"] = frame["people"] / frame["among"]
    kinds = {"area": "text", "people": "count", "among": "count", "share": "share"}
    table = groups([1], frame=frame, kinds=kinds, ratios={"share": ("people", "among")},
                   adds_up="not",
                   governed_by={"people": ("share",), "among": ("share",)})  # fmt: skip
    return _as_text(release_table(table, DisclosureRule(rounding=5)))


def _dominated() -> str:
    paid = ([20.0] * 10, [300.0, 10.0, 10.0], [30.0] * 9, [2.0] * 30)
    frame = groups([40, 30, 20, 60]).frame.drop(columns="people")
    frame["paid"] = [sum(parts) for parts in paid]
    table = groups([1], frame=frame, kinds={"area": "text", "paid": "money"}, governed_by={},
                   contributions={"paid": tuple(tuple(parts) for parts in paid)})  # fmt: skip
    return _as_text(release_table(table, RULE))


CASES = (
    Case("headline-on-few", "The headline rests on 8 people.", _few),
    Case("words-of-few", "A limitation tells of three people in words.", _words),
    Case("largest-value", "A table holds the largest income of each area.", _extreme),
    Case(
        "median-in-a-final-edition",
        "A table holds medians, the edition is final, and nobody answers for them.",
        _quantile,
    ),
    Case(
        "low-threshold",
        "The threshold is lowered without a reason.",
        lambda _: _rule({"threshold": 5}),
    ),
    Case(
        "dominance-off",
        "The dominance rule is switched off without a reason.",
        lambda _: _rule({"dominance": None}),
    ),
    Case(
        "rounding-too-wide",
        "Counts are rounded to more than the threshold.",
        lambda _: _rule({"threshold": 5, "rounding": 10, "reason": "public"}),
    ),
    Case(
        "told-in-another-edition",
        "A group that is held back now was published in 2025.",
        lambda _: _beside([25, 40, 60], [25, SUPPRESSED, SUPPRESSED]),
    ),
    Case(
        "few-who-came",
        "Since the edition of 2025 four people came to one area.",
        lambda _: _beside([25, 40, 60], [25, 44, 60]),
    ),
    Case(
        "small-count-and-its-cover",
        "9 people in the North: the next smallest area goes with them, since the total stands "
        "elsewhere.",
        lambda _: _as_text(release_table(groups([9, 30, 20, 12]), RULE)),
    ),
    Case(
        "step-of-the-ledger",
        "3 rows without an outcome: they and the next step are 100 together, in whatever parts.",
        lambda _: _two_way_text(),
    ),
    Case("sentence", "A sentence tells small counts, in several ways.", lambda _: _sentence()),
    Case("rounded", "Counts are rounded to 5, and shares made from them.", lambda _: _rounded()),
    Case(
        "one-large-contributor",
        "In the East one provider had 300 of 320: the total goes, with the least that covers it.",
        lambda _: _dominated(),
    ),
)


def screens() -> dict[str, str]:
    """What is said or shown in each case."""
    evaluation = evaluate(load_evaluation(DOCS.parent / "data" / "hospital-readmissions"))
    return {case.name: case.shown(evaluation) for case in CASES}


def page(found: dict[str, str]) -> str:
    return HEAD + "".join(_sections(found))


def _sections(found: dict[str, str]) -> Iterator[str]:
    for number, case in enumerate(CASES, start=1):
        yield f"\n## {number}. {case.what}\n\n```\n{found[case.name]}\n```\n"


def main() -> None:
    PAGE.write_text(page(screens()), encoding="utf-8")


if __name__ == "__main__":
    main()
