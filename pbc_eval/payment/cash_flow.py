"""What investors put in and get back, and the yearly return that this makes.

The internal rate of return is the rate at which the flows, discounted by days / 365 as
spreadsheets' XIRR does, are worth nothing together. Flows that have no such rate, or several, are
refused with the reason: a return that depends on where a search begins is not a return.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pbc_eval.agreement.payment_finance import Investment
from pbc_eval.errors import PaymentTermsError
from pbc_eval.numerics.root_finding import root_between
from pbc_eval.payment.risk import PaymentRisk

DAYS = 365.0
LOWEST, HIGHEST = -0.9999, 1e4  # rates that are searched
GRID = 4000  # points at which a change of sign is looked for


@dataclass(frozen=True, slots=True)
class Flow:
    """Money on a day: negative is put in, positive comes back."""

    on: date
    amount: float


def internal_rate_of_return(flows: Sequence[Flow]) -> float:
    """The yearly rate, as a fraction.

    Raises PaymentTermsError when nothing was put in or nothing comes back, when everything is on
    one day, and when more than one rate would do.
    """
    flows = sorted((flow for flow in flows if flow.amount), key=lambda flow: flow.on)
    amounts = np.array([flow.amount for flow in flows])
    if not (amounts < 0).any() or not (amounts > 0).any():
        what = "comes back" if not (amounts > 0).any() else "is put in"
        raise PaymentTermsError(f"no return can be given: nothing {what}.")
    years = np.array([(flow.on - flows[0].on).days / DAYS for flow in flows])
    if years[-1] == 0:
        raise PaymentTermsError("no return can be given: everything is paid on one day.")

    def worth(log_growth: float) -> float:
        return float(amounts @ np.exp(-log_growth * years))

    grid = np.linspace(np.log1p(LOWEST), np.log1p(HIGHEST), GRID)
    worths = np.array([worth(point) for point in grid])
    places = np.flatnonzero(np.sign(worths[:-1]) * np.sign(worths[1:]) <= 0)
    places = places[np.concatenate([[True], np.diff(places) > 1])] if len(places) else places
    if len(places) == 0:
        raise PaymentTermsError(
            f"no return can be given: at no yearly rate from {LOWEST:.0%} to {HIGHEST:,.0%} are "
            "the payments worth what was put in."
        )
    roots = [
        float(np.expm1(root_between(worth, grid[k], grid[k + 1], tolerance=1e-14))) for k in places
    ]
    if len(roots) > 1:
        listed = " and ".join(f"{rate:.1%}" for rate in roots)
        raise PaymentTermsError(
            f"no single return can be given: money goes in again after it came back, and {listed} "
            "would each do. Give the multiple of money put in instead."
        )
    return roots[0]


def investor_returns(investment: Investment, risk: PaymentRisk) -> pd.DataFrame:
    """What investors get back in each scenario: as expected, and for a low and a high payment.

    One row a scenario and case. Columns: scenario, case, payment (in all), received (by investors),
    multiple (of what they put in), irr (yearly, a fraction; NaN where there is none), reason.
    """
    put_in = [Flow(flow.on, -float(flow.amount)) for flow in investment.flows]
    total = -sum(flow.amount for flow in put_in)
    rows = []
    for scenario in risk.scenarios:
        for case, payment in (
            ("mean payment", scenario.expected),
            ("5 in 100 pay less", scenario.low),
            ("5 in 100 pay more", scenario.high),
        ):
            received = (
                max(payment - float(investment.first_to_provider), 0.0) * investment.passed_on
            )
            irr, reason = None, ""
            try:
                irr = internal_rate_of_return([*put_in, Flow(investment.paid_on, received)])
            except PaymentTermsError as error:
                reason = str(error)
            rows.append(
                {
                    "scenario": scenario.name,
                    "case": case,
                    "payment": payment,
                    "received": received,
                    "multiple": received / total,
                    "irr": irr,
                    "reason": reason,
                }
            )
    return pd.DataFrame(rows)


def cash_flow_table(investment: Investment, payment: float) -> pd.DataFrame:
    """Day by day: what investors put in and get back for one payment, and their balance.

    Columns: on (a date), what, amount (negative is put in), balance.
    """
    received = max(payment - float(investment.first_to_provider), 0.0) * investment.passed_on
    rows = [(flow.on, "Put in", -float(flow.amount)) for flow in investment.flows]
    rows.append((investment.paid_on, "Received from the payment", received))
    frame = pd.DataFrame(sorted(rows), columns=["on", "what", "amount"])
    return frame.assign(balance=frame["amount"].cumsum())
