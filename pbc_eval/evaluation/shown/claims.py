"""Tables of a contract that pays for claims: its years, its prices, its plan and variations."""

import pandas as pd

from pbc_eval.evaluation.record import Kind, OutputTable
from pbc_eval.evaluation.shown.open_table import open_table
from pbc_eval.payment.account import Account

Columns = dict[str, tuple[str, Kind]]


def claim_tables(account: Account | None) -> list[OutputTable]:
    """The account by year, claims by price and by cohort, the plan; as far as there are such."""
    if account is None:
        return []
    tables = []
    if any(year.year for year in account.years):
        tables.append(_years_table(account))
    if len(account.by_cohort) > 1:
        tables.append(_cohorts_table(account))
    if account.lines:
        tables.append(_lines_table(account))
    if account.steps:
        tables.append(_plan_table(account))
    return tables


def _numbers(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    return frame.assign(**{name: pd.to_numeric(frame[name]) for name in names if name in frame})


def _years_table(account: Account) -> OutputTable:
    frame = account.to_frame()
    total = {"year": "All years", "due_in_all": account.years[-1].due_in_all}
    sums = ("claims", "due", "paid_before", "to_pay", "accrued", "forecast", "planned")
    total |= {name: sum(value for value in frame[name] if value is not None) for name in sums}
    rows = [frame, pd.DataFrame([total], dtype=object)]
    if account.contract_limits:
        bound = {"year": "The contract's own limits", "to_pay": account.contract_limits}
        rows.append(pd.DataFrame([bound], dtype=object))
    frame = _numbers(pd.concat(rows, ignore_index=True), (*sums, "due_in_all"))
    columns: Columns = {
        "year": ("Payment year", "text"),
        "claims": ("Verified claims", "measure"),
        **({"planned": ("Planned", "money")} if frame["planned"].any() else {}),
        "due": ("Due for the year", "money"),
        "due_in_all": ("Due so far", "money"),
        "paid_before": ("Paid before", "money"),
        "to_pay": ("To pay now", "money"),
        "accrued": ("Not due: achieved, not verified", "money"),
        "forecast": ("Not due: forecast", "money"),
    }
    return open_table(
        "payment-account", "Statement of account", frame, columns, decimals=account.decimals
    )


def _cohorts_table(account: Account) -> OutputTable:
    rows = [
        {"cohort": cohort or "none named", "claims": float(claims), "amount": float(amount)}
        for cohort, (claims, amount) in account.by_cohort.items()
    ]
    rows.append(
        {"cohort": "Together"}
        | {name: sum(row[name] for row in rows) for name in ("claims", "amount")}  # type: ignore[misc]
    )
    return open_table(
        "payment-cohorts",
        "Claims and payment by cohort",
        pd.DataFrame(rows),
        {
            "cohort": ("Cohort", "text"),
            "claims": ("Claims", "measure"),
            "amount": ("Amount", "money"),
        },
        decimals=account.decimals,
    )


def _lines_table(account: Account) -> OutputTable:
    names = ("price", "claims", "people", "amount", "paid", "difference")
    frame = account.lines_frame()
    total: dict[str, object] = {"clause": "", "label": "Together", "cohort": ""}
    total |= {name: frame[name].sum() for name in ("claims", "amount")}
    if account.recorded_as_paid is not None:
        total |= {name: frame[name].sum() for name in ("paid", "difference")}
    frame = pd.concat([frame, pd.DataFrame([total], dtype=object)], ignore_index=True)
    frame = _numbers(frame, names)
    columns: Columns = {
        **({"cohort": ("Cohort", "text")} if frame["cohort"].any() else {}),
        "label": ("Claim", "text"),
        "price": ("Price", "money"),
        "claims": ("Claims", "measure"),
        **({"people": ("By how many", "measure")} if frame["people"].notna().any() else {}),
        "amount": ("Claims × price, within limits", "money"),
    }
    if account.recorded:
        columns["paid"] = ("Recorded as paid", "money")
        columns["difference"] = ("Difference", "money")
    return open_table(
        "payment-claims", "Claims at their prices", frame, columns, decimals=account.decimals
    )


def _plan_table(account: Account) -> OutputTable:
    rows: list[dict[str, object]] = [
        {
            "step": step.name,
            "on": step.on,
            "reference": step.reference,
            "planned": float(step.planned),
            "moved": None if step.moved is None else float(step.moved),
            "reason": step.reason,
        }
        for step in account.steps
    ]
    last, due = account.steps[-1], account.years[-1].due_in_all
    rows.append(
        {"step": "Due so far", "on": "", "reference": "The statement of account"}
        | {"planned": float(due), "reason": ""}
        | {"moved": float(due - last.planned) if account.is_last_year else None}
    )
    frame = pd.DataFrame(rows)
    return open_table(
        "payment-plan",
        "From the first plan to what is due",
        frame.assign(moved=pd.to_numeric(frame["moved"])),
        {
            "step": ("Step", "text"),
            "on": ("In force from", "text"),
            "reference": ("Recorded in", "text"),
            "planned": ("To be paid in all", "money"),
            "moved": ("Moved by", "money"),
            "reason": ("Why", "text"),
        },
        decimals=account.decimals,
    )
