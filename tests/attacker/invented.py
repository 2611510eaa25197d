"""Small evaluations with groups of 1 to 4 in each role. All invented; each is a folder of files."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

CONTRACT = {"summary": "Support for a year.", "commissioner": "A board", "provider": "A service",
            "start": "2024-04-01", "currency": "GBP"}  # fmt: skip
PUBLICATION = {"contact": "The team", "licence": "CC BY 4.0", "release_date": "2026-06-30",
               "data_status": "real", "data_open": False}  # fmt: skip


def waiver(check: str) -> dict[str, str]:
    return {"check": check, "reason": "Invented for a test of what may be told."}


def write_evaluation(folder: Path, spec: dict, **frames: pd.DataFrame) -> Path:
    """An evaluation file (JSON is YAML) with its data files beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    whole = {"contract": CONTRACT, "publication": PUBLICATION, "edition": "2026-1",
             "status": "provisional", **spec}  # fmt: skip
    (folder / "evaluation.yaml").write_text(json.dumps(whole), encoding="utf-8")
    return folder


def people(left_out=2, *, n=150, share=0.3, missing=0, rare=0, seed=1) -> pd.DataFrame:
    """People with and without a service. ``left_out`` of those with it are far from everybody else
    in need; ``rare`` of those with it have a trait; ``missing`` lack a covariate."""
    rng = np.random.default_rng(seed)
    need, area = rng.normal(size=n), rng.choice(["North", "South"], n, p=[0.6, 0.4])
    sex = rng.choice(["F", "M"], n)
    treated = (rng.random(n) < share).astype(int)
    far = np.flatnonzero(treated)[:left_out]
    need[far] = 9 + np.arange(left_out)
    health = rng.choice(["good", "fair", "poor"], n)
    if rare:
        health[health == "poor"] = "good"
        health[np.flatnonzero(treated)[left_out : left_out + rare]] = "poor"
        health[np.flatnonzero(treated == 0)[: n // 10]] = "poor"
    better = (rng.random(n) < 0.5).astype(int)
    frame = pd.DataFrame({"id": np.arange(n), "treated": treated, "need": need, "area": area,
                          "sex": sex, "health": health, "better": better})  # fmt: skip
    if missing:
        frame.loc[rng.choice(np.flatnonzero(treated == 0), missing, replace=False), "need"] = np.nan
    return frame


DESIGN = {
    "method": "matching", "rationale": "Alike people are compared.", "treatment": "treated",
    "covariates": ["need", "area", "sex", "health"], "caliper": 0.25, "agreed_on": "2024-03-01",
    "waivers": [waiver("balance"), waiver("overlap")],
}  # fmt: skip


def people_evaluation(folder: Path, frame: pd.DataFrame, **changes) -> Path:
    spec = {
        "id": "people", "title": "Support for people",
        "data": {"file": "data.csv", "unit": "id", "unit_name": ["person", "people"],
                 "missing": "complete_cases"},
        "design": DESIGN,
        "outcomes": [{"id": "better", "label": "Better after a year", "unit": "percentage points",
                      "direction": "higher_is_better", "column": "better", "primary": True,
                      "shown_as": "percentage_points",
                      "total": {"of": "units", "unit": "recoveries"}}],
        "payment": {"currency": "GBP", "clauses": [
            {"id": "tariff", "type": "tariff", "label": "Recoveries", "reference": "1",
             "outcome": "better", "measure": "total", "unit": "recovery",
             "estimate_used": "point", "price": 1000, "cap": 100000, "source": "Invented"}]},
        **changes,
    }  # fmt: skip
    return write_evaluation(folder, spec, data=frame)


def panel(sizes: dict[int, int], *, never=30, periods=8, seed=1) -> pd.DataFrame:
    """Units that start in the periods that ``sizes`` names, as many as it says."""
    rng = np.random.default_rng(seed)
    starts = [0] * never + [g for g, n in sizes.items() for _ in range(n)]
    rows = []
    for unit, start in enumerate(starts):
        base = rng.normal(20, 2)
        for t in range(1, periods + 1):
            on = start > 0 and t >= start
            rows.append((unit, t, start, base + 0.1 * t - 2 * on + rng.normal(0, 1)))
    return pd.DataFrame(rows, columns=["unit", "t", "start", "y"])


def panel_evaluation(folder: Path, frame: pd.DataFrame, **changes) -> Path:
    spec = {
        "id": "groups", "title": "Support in waves",
        "data": {"file": "data.csv", "unit": "unit", "unit_name": ["person", "people"], "time": "t",
                 "time_name": "month", "cohort": "start", "missing": "complete_units"},
        "design": {"method": "difference_in_differences", "rationale": "Waves are compared.",
                   "control_group": "never_treated", "agreed_on": "2024-03-01",
                   "waivers": [waiver("pre_trends")]},
        "outcomes": [{"id": "days", "label": "Days in hospital", "unit": "days", "column": "y",
                      "direction": "lower_is_better", "primary": True,
                      "total": {"of": "unit_periods", "unit": "days avoided"}}],
        "payment": {"currency": "GBP", "clauses": [
            {"id": "tariff", "type": "tariff", "label": "Days avoided", "reference": "1",
             "outcome": "days", "measure": "total", "unit": "day", "estimate_used": "point",
             "price": 100, "cap": 1000000, "source": "Invented"}]},
        **changes,
    }  # fmt: skip
    return write_evaluation(folder, spec, data=frame)


def measures(met: list[int], among: list[int]) -> pd.DataFrame:
    months = [f"2025-{m:02d}" for m in range(1, len(met) + 1)]
    return pd.DataFrame({"month": months, "met": met, "due": among})


def measured_evaluation(folder: Path, frame: pd.DataFrame, **changes) -> Path:
    spec = {
        "id": "measured", "title": "A service and its measures",
        "design": {"method": "reported", "rationale": "As reported by others.",
                   "source": "A report, 2025"},
        "outcomes": [{"id": "work", "label": "In work", "unit": "percentage points",
                      "direction": "higher_is_better", "primary": True,
                      "reported": {"treated": 45, "comparison": 40, "source": "A report",
                                   "status": "RECALLED"}}],
        "performance": {"file": "measures.csv", "period": "month", "every": "month",
                        "first": "2025-01", "last": frame["month"].iloc[-1], "kpis": [
            {"id": "visits", "type": "proportion", "label": "Visits on time", "reference": "2",
             "met": "met", "among": "due", "better": "higher", "target": 0.9,
             "feeds": "missed_periods", "source": "Invented"}]},
        **changes,
    }  # fmt: skip
    return write_evaluation(folder, spec, measures=frame)


def visits(met: list[int], among: list[int]) -> pd.DataFrame:
    """One row a visit: its day, how long it was waited for (at most 2 days: on time)."""
    rows = [
        (f"2025-{m:02d}-{1 + k % 28:02d}", 1.0 + k % 2 if k < yes else 3.0 + k % 5)
        for m, (yes, of) in enumerate(zip(met, among, strict=True), start=1)
        for k in range(of)
    ]
    return pd.DataFrame(rows, columns=["on", "wait"]).sample(frac=1, random_state=16)


def counted_evaluation(folder: Path, frame: pd.DataFrame, **changes) -> Path:
    """The measures of ``measured_evaluation`` and a mean, counted from one row a visit."""
    made = measured_evaluation(folder, measures([300], [400]), **changes)
    spec = json.loads((made / "evaluation.yaml").read_text(encoding="utf-8"))
    kpi = {"id": "wait", "type": "value", "label": "Days waited for a visit", "reference": "4",
           "column": "wait", "better": "lower", "target": 3, "source": "Invented"}  # fmt: skip
    block = spec["performance"]
    block["kpis"].append(kpi)
    block |= {"period": "on", "last": frame["on"].max()[:7]}
    block["rows"] = {
        "file": "visits.csv",
        "counts": {"due": {}, "met": {"where": {"wait": {"at_most": 2}}}, "wait": {"mean": "wait"}},
    }
    del block["file"]
    (made / "evaluation.yaml").write_text(json.dumps(spec), encoding="utf-8")
    frame.to_csv(made / "visits.csv", index=False)
    return made


def answers(no: list[int], asked: list[int]) -> pd.DataFrame:
    """One row a person asked, with the answer; ``no`` of them by month answered no."""
    rows = [
        (f"2025-{m:02d}", int(k >= n))
        for m, (n, of) in enumerate(zip(no, asked, strict=True), start=1)
        for k in range(of)
    ]
    return pd.DataFrame(rows, columns=["month", "satisfied"])


def survey_evaluation(folder: Path, frame: pd.DataFrame) -> Path:
    kpi = {"id": "satisfied", "type": "survey", "label": "Satisfied", "reference": "3",
           "file": "survey.csv", "answer": "satisfied", "better": "higher", "target": 0.8,
           "source": "Invented"}  # fmt: skip
    months = sorted(set(frame["month"]))
    measured = measures([300] * len(months), [400] * len(months))
    made = measured_evaluation(folder, measured)
    spec = json.loads((made / "evaluation.yaml").read_text(encoding="utf-8"))
    spec["performance"]["kpis"].append(kpi)
    (made / "evaluation.yaml").write_text(json.dumps(spec), encoding="utf-8")
    frame.to_csv(made / "survey.csv", index=False)
    return made
