"""The tables of a matched or weighted sample: who is in it, who is not, how alike groups are."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks.balance import light
from pbc_eval.evaluation import tables
from pbc_eval.evaluation.comparison_groups import Sample
from pbc_eval.evaluation.few_apart import (
    hides_the_unmatched,
    people_of,
    profile_of,
    shares_of_balance,
    shares_of_unmatched,
    tells_those_not_compared,
)
from pbc_eval.evaluation.ratios_of_counts import tells_few
from pbc_eval.evaluation.record import Kind, OutputTable
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.messages.sentence import Part, Sentence
from pbc_eval.messages.values import Name, Units
from pbc_eval.results import AttEstimate, CheckResult


def counts_table(
    spec: EvaluationSpec, outcome: Outcome, sample: Sample | EngineSample
) -> OutputTable:
    """How many were submitted, set aside, matched and left out. The effective number is left out
    where it would tell of few."""
    words = {
        "all": "Submitted, with the covariates",
        "discarded": "Set aside: outside the range of the other group",
        "matched": "Matched: in the analysis",
        "weighted": "Weighted: in the analysis",
        "effective": "Effective number in the analysis",
        "unmatched": "Not matched",
        "trimmed": "Set aside: hardly anybody in the other group is like them",
    }
    if tells_few(spec, sample):
        del words["effective"]
    counts = sample.counts().reindex([row for row in words if row in sample.counts().index])
    keys = tuple(map(str, counts.index))
    frame = counts.rename(index=words).rename_axis("group").reset_index()
    units = spec.data.unit_name[1] if spec.data else "units"
    return OutputTable(
        name=f"{outcome.id}-groups",
        caption=f"{units.capitalize()} submitted, matched and left out",
        frame=frame,
        kinds={"group": "text", "treated": "count", "comparison": "count"},
        headers={"group": "Step", "treated": "In the programme", "comparison": "Comparison"},
        governed_by={"treated": (), "comparison": ()},
        adds_up="to_the_first",
        keys=keys,
        not_people=frozenset({"effective"}),
    )


def balance_table(
    spec: EvaluationSpec, outcome: Outcome, sample: Sample | EngineSample
) -> OutputTable:
    """Means and differences before and after matching.

    When the few who found no match must not be shown, nor may anything from which their averages
    follow: the programme group's mean before matching, or the comparison group's, which gives it
    away together with the standardised differences.
    """
    frame = sample.balance()
    if tells_few(spec, sample):
        frame = frame[frame["covariate"] != "score"].reset_index(drop=True)
    by_name = frame.copy()
    frame["covariate"] = [
        "Propensity score" if name == "score" else label_of(spec, name)
        for name in frame["covariate"]
    ]
    columns: dict[str, tuple[str, Kind]] = {
        "covariate": ("Characteristic", "text"),
        "mean_treated_before": ("In the programme", "number"),
        "mean_comparison_before": ("Comparison, before", "number"),
        "mean_treated_after": ("In the programme, matched", "number"),
        "mean_comparison_after": ("Comparison, matched", "number"),
        "std_diff_before": ("Difference before", "share"),
        "std_diff_after": ("Difference after", "share"),
    }
    if hides_the_unmatched(spec, sample) or tells_those_not_compared(spec, sample):
        del columns["mean_treated_before"], columns["mean_comparison_before"]
    else:
        # gaps of a number's distribution need every value, which stay in an engine
        apart = () if isinstance(sample, EngineSample) else ("ecdf",)
        further = ("variance_ratio", *apart)
        columns |= {
            name: (name.replace("_", " ").capitalize(), "number")
            for name in frame.columns
            if name.startswith(further)
        }
    shown = {name: kind for name, (_, kind) in columns.items() if "_ratio" not in name}
    return OutputTable(
        name=f"{outcome.id}-balance",
        caption="How alike the groups are, before and after matching",
        frame=frame[list(columns)],
        kinds={name: kind for name, kind in shown.items() if not name.startswith("ecdf")},
        headers={name: header for name, (header, _) in columns.items()},
        shares=shares_of_balance(spec, sample, by_name, list(columns)),
        keys=tuple(map(str, by_name["covariate"])),
        notes=(
            "Differences are in standard deviations of the programme group, as percentages: up to "
            "5% is good, up to 10% acceptable. Zero is alike.",
        ),
    )


def without_what_tells(
    spec: EvaluationSpec, sample: Sample | EngineSample, checks: tuple[CheckResult, ...]
) -> tuple[CheckResult, ...]:
    """The checks without figures that are fitted to everybody, where these would tell of few."""
    if not tells_few(spec, sample):
        return checks
    return tuple(
        replace(check, table=None) if check.name == "hidden_bias" else check for check in checks
    )


def label_of(spec: EvaluationSpec, name: str) -> str:
    """The plain words for a column, as the data roles give them."""
    return spec.data.labels.get(name, name) if spec.data else name


def unmatched_table(
    spec: EvaluationSpec, outcome: Outcome, sample: Sample | EngineSample
) -> OutputTable:
    frame = profile_of(sample).copy()
    keys = tuple(map(str, frame["covariate"]))
    shares = shares_of_unmatched(spec, sample)
    people = people_of(sample)
    sizes = {
        "ATT": people.size("mean_treated_before"),
        "ATC": people.size("mean_comparison_before"),
    }
    n_target = sizes.get(sample.settings.estimand, sum(sizes.values()))
    n_matched = n_target - people.n_lost
    frame["covariate"] = [label_of(spec, name) for name in frame["covariate"]]
    return OutputTable(
        name=f"{outcome.id}-unmatched",
        caption="Who in the programme found no match, and how they differ from those who did",
        frame=frame,
        kinds={
            "covariate": "text",
            "mean_matched": "number",
            "mean_unmatched": "number",
            "std_diff": "share",
        },
        headers={
            "covariate": "Characteristic",
            "mean_matched": Sentence("Matched ({units})", units=Units(n_matched)),
            "mean_unmatched": Sentence("Not matched ({units})", units=Units(people.n_lost)),
            "std_diff": "Difference (standard deviations)",
        },
        shares=shares,
        keys=keys,
        notes=("The estimate is for those who were matched.",),
    )


_LIGHT_WORDS = {"green": "alike", "amber": "nearly alike", "red": "too far apart"}


def methods_table(
    spec: EvaluationSpec,
    outcome: Outcome,
    ways: Sequence[tuple[str, Sample | EngineSample, AttEstimate]],
) -> OutputTable:
    """Each way to build the comparison group, run on the same people: who it used, how alike the
    groups then are, and what it estimates."""
    rows = []
    for name, sample, estimate in ways:
        balance = sample.balance()
        gaps = balance.loc[balance["covariate"] != "score", "std_diff_after"].abs()
        counts = sample.counts()
        used = counts.loc["weighted" if "weighted" in counts.index else "matched"]
        rows.append(
            {
                "name": name,
                "method": _what_was_done(spec, sample),
                "treated": used["treated"],
                "comparison": used["comparison"],
                "effective": math.nan
                if tells_few(spec, sample)
                else counts.loc["effective", "comparison"],
                "largest": gaps.max(skipna=False),
                "verdict": _LIGHT_WORDS[light(float(gaps.max(skipna=False)))],
                "estimate": estimate.estimate,
                "conf_low": estimate.conf_low,
                "conf_high": estimate.conf_high,
            }
        )
    governs = ("effective", "largest", "verdict", "estimate", "conf_low", "conf_high")
    effect = tables.effect_kind(outcome)
    return OutputTable(
        name=f"{outcome.id}-methods",
        caption="Other ways to build the comparison group, each on the same people",
        frame=pd.DataFrame(rows),
        kinds={
            "name": "text",
            "method": "text",
            "treated": "count",
            "comparison": "count",
            "effective": "count",
            "largest": "share",
            "verdict": "text",
            "estimate": effect,
            "conf_low": effect,
            "conf_high": effect,
        },
        headers={
            "name": "Way",
            "method": "What was done",
            "treated": "In the programme",
            "comparison": "Comparison",
            "effective": "Effective comparison",
            "largest": "Largest difference left",
            "verdict": "The groups are",
            "estimate": "Effect",
            "conf_low": "Interval from",
            "conf_high": "to",
        },
        governed_by={"treated": governs, "comparison": governs},
        largest_of={
            "largest": tuple(
                (balance_table(spec, outcome, sample), "std_diff_after") for _, sample, _ in ways
            )
        },
        adds_up="not",
        notes=(
            "Every way was given the same people and characteristics. The largest difference left "
            "is in standard deviations of the programme group: up to 5% alike, up to 10% nearly.",
        ),
        decimals=outcome.decimals,
        scale=tables.scale_of(outcome),
    )


def _what_was_done(spec: EvaluationSpec, sample: Sample | EngineSample) -> str:
    """One sentence; columns by their labels, and the population where it is another one."""
    words = sample.settings.in_words
    paired = () if isinstance(sample, EngineSample) else sample.design.exact
    exact = [label_of(spec, name) for name in paired]
    if exact:
        words += f"; alike in {', '.join(exact)}"
    if sample.settings.estimand == "ATO":
        words += "; the effect is for people who could have been in either group"
    return f"{words[:1].upper()}{words[1:]}."


def check_in_plain_words(spec: EvaluationSpec, check: CheckResult) -> CheckResult:
    """A check whose sentence names columns by their labels."""

    def labelled(part: Part) -> Part:
        return Name(label_of(spec, part.text)) if isinstance(part, Name) else part

    return replace(check, sentence=check.sentence.changed(labelled))
