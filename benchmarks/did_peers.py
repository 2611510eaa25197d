"""One row of benchmarks/did.py: another package, in its own environment. Prints JSON."""

import contextlib
import io
import json
import resource
import sys
import time

import numpy as np
import pandas as pd


def run(job: str, path: str) -> tuple[float, float, float]:
    """Seconds to read, seconds from there to the event study, its overall effect."""
    start = time.perf_counter()
    data = pd.read_parquet(path)
    read = time.perf_counter()
    if job.startswith("diff-diff"):
        effect = diff_diff(data, covariates=" dr" in job, bands="bands" in job)
    elif job == "csdid":
        effect = csdid(data)
    else:
        effect = pyfixest(data)
    return read - start, time.perf_counter() - read, effect


def diff_diff(data: pd.DataFrame, *, covariates: bool, bands: bool) -> float:
    from diff_diff import CallawaySantAnna

    model = CallawaySantAnna(estimation_method="dr", n_bootstrap=999 if bands else 0, seed=1)
    fitted = model.fit(
        data,
        outcome="outcome",
        unit="unit",
        time="year",
        first_treat="cohort",
        covariates=["age", "income"] if covariates else None,
    )
    effects = fitted.aggregate("event_study").to_dataframe()
    after = effects["relative_time" if "relative_time" in effects else effects.columns[0]] >= 0
    return float(effects.loc[after, "effect" if "effect" in effects else "att"].mean())


def csdid(data: pd.DataFrame) -> float:
    from csdid.att_gt import ATTgt

    model = ATTgt(
        yname="outcome",
        tname="year",
        idname="unit",
        gname="cohort",
        data=data,
        control_group=["nevertreated"],
        xformla="outcome ~ 1",
        cband=True,
    )
    with contextlib.redirect_stdout(io.StringIO()):
        found = model.fit(est_method="dr").aggte("dynamic")
    return float(np.squeeze(found.atte["overall_att"]))


def pyfixest(data: pd.DataFrame) -> float:
    import pyfixest as pf

    treated = data["cohort"] > 0
    data["since"] = (data["year"] - data["cohort"]).where(treated, -1).astype(int)
    fitted = pf.feols("outcome ~ i(since, ref=-1) | unit + year", data, vcov={"CRV1": "unit"})
    table = fitted.tidy()["Estimate"]
    time_of = table.index.str.extract(r"(-?\d+)\]?$")[0].astype(int).to_numpy()
    return float(table[time_of >= 0].mean())


def main() -> None:
    job, warm, real = sys.argv[1:]
    run(job, warm)
    read, rest, effect = run(job, real)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"read": read, "rest": rest, "effect": effect, "peak": peak}))


if __name__ == "__main__":
    main()
