"""The evaluation as a workbook with live formulas: payment and social return worked out again.

    Inputs ─▶ Value map ─▶ Discounting ─▶ Results ◀─ Payment

Numbers that were agreed, estimated or stated are typed in; everything after them is a formula, so
that a reader can follow each figure and change each assumption. Names of people and things are
text cells and never part of a formula.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pbc_eval.disclosure import ReleasedEvaluation
from pbc_eval.errors import PublicationError
from pbc_eval.intake.workbook_file import Formula, Sheet, Value, workbook_bytes
from pbc_eval.parameters.discounting import annual_rates, discount_factors
from pbc_eval.payment.spreadsheet import SpreadsheetLine, spreadsheet_lines
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.sroi.assumption_names import outcome_words
from pbc_eval.sroi.present_value import LEAD, SroiResult

MONEY, NUMBER, SHARE, RATE = "#,##0.00", "#,##0.######", "0.0%", "0.00%"
LEAST_YEARS = 10  # so that a longer duration can be tried
FUNCTIONS = {"ROUND", "ROUNDDOWN", "MIN", "MAX", "IF", "ABS", "INT", "AND", "OR"}
MAP_COLUMNS = (
    "Id", "Stakeholder", "Outcome", "Quantity", "Value each", "Deadweight", "Displacement",
    "Attribution", "Leakage", "Other adjustments", "Drop-off", "Duration (years)", "Start",
    "Impact, first year", "Present value",
)  # fmt: skip


def workbook(released: ReleasedEvaluation) -> bytes:
    """The .xlsx file; the same results give the same bytes.

    Raises PublicationError when there is neither a payment nor a value map.
    """
    payment, sroi = released.payment, released.sroi
    if payment is None and sroi is None:
        raise PublicationError(f"{released.spec.id}: there is nothing to put in a workbook.")
    sheets: list[Sheet] = []
    made = _Results([["Result", "Worked out here", "As published", "Difference"]])
    total = None
    if payment is not None:
        sheet, total = _payment_sheet(payment)
        sheets.append(sheet)
        made.add(_payment_words(payment), total, float(payment.total))
    if sroi is not None:
        sheets += _value_sheets(released, sroi, total, made)
    front = Sheet(title="Results", rows=made.rows, widths=[34, 20, 20, 14],
                  formats=dict.fromkeys((2, 3), "#,##0.00####") | {4: "0.000000"})  # fmt: skip
    return workbook_bytes([_about(released), front, *sheets])


@dataclass(frozen=True, slots=True)
class _Results:
    """Rows of the results sheet, in the order in which they are worked out."""

    rows: list[list[Value]]

    def add(self, name: str, formula: str, published: float) -> None:
        row = len(self.rows) + 1
        gap = Formula(f"ROUND(B{row},2)-ROUND(C{row},2)", 0.0)  # what is paid has two decimals
        self.rows.append([name, Formula(formula, published), published, gap])


def _about(released: ReleasedEvaluation) -> Sheet:
    spec = released.spec
    rows: list[list[Value]] = [
        ["What this is", ""],
        ["Title", spec.title],
        ["Evaluation", spec.id],
        ["Edition", spec.edition],
        ["Currency", spec.contract.currency],
        ["How to read it", "Results are formulas. Change a typed number and they follow; the "
         "column 'As published' stays."],
        ["Seed", str(released.seed)],
    ]  # fmt: skip
    if released.sroi is not None:
        rows += [["Note", caveat] for caveat in released.sroi.caveats]
    return Sheet(title="About", rows=rows, widths=[18, 100])


def _payment_sheet(payment: PaymentStatement) -> tuple[Sheet, str]:
    """The statement as formulas, and a reference to its total."""
    rows: list[list[Value]] = [["Clause", "Number", "What it is", "Contract"]]
    bold: list[int] = []
    amounts: dict[str, str] = {}
    for line in spreadsheet_lines(payment):
        cells = {name: amounts[other] for name, other in line.lines}
        for name, number in line.inputs:
            rows.append(["", float(number), name.replace("_", " "), ""])
            cells[name] = f"$B${len(rows)}"
        worked_out = Formula(_with_cells(line, cells), float(line.amount))
        rows.append([line.label or line.line, worked_out, "amount", line.reference])
        bold.append(len(rows))
        amounts[line.line] = f"$B${len(rows)}"
    total = "+".join(amounts.values())
    due = Formula(total, float(payment.total))
    rows.append([_payment_words(payment), due, "sum of the amounts", ""])
    bold.append(len(rows))
    sheet = Sheet(
        title="Payment",
        rows=rows,
        bold=bold,
        widths=[38, 18, 34, 30],
        formats={2: "#,##0.00####"},
    )
    return sheet, f"Payment!$B${len(rows)}"


def _payment_words(payment: PaymentStatement) -> str:
    return "Payment expected, not due" if payment.is_forecast else "Payment due"


def _with_cells(line: SpreadsheetLine, cells: dict[str, str]) -> str:
    """The formula with each name replaced by its cell. Anything else in it is refused."""
    unknown = set(re.findall(r"[A-Za-z_]\w*", line.formula)) - cells.keys() - FUNCTIONS
    if unknown or '"' in line.formula:
        raise PublicationError(f"{line.line}: its formula holds {sorted(unknown)[:3]}, no name.")
    return re.sub(r"\b[a-z_]\w*", lambda name: cells[name[0]], line.formula)


def _value_sheets(
    released: ReleasedEvaluation, sroi: SroiResult, payment: str | None, made: _Results
) -> list[Sheet]:
    inputs, places = _inputs_sheet(released, sroi, payment)
    later = max((year for year, _ in sroi.later_inputs), default=0)
    years = max(len(sroi.factors) - 1, later, LEAST_YEARS)
    value_map = _map_sheet(sroi, places, years)
    last = len(sroi.outcomes) + 1
    present = f"SUM('Value map'!O2:O{last})"
    made.add("Present value", present, sroi.present_value)
    row = len(made.rows)
    made.add("Investment", places["investment"], sroi.investment)
    made.add("Net present value", f"B{row}-B{row + 1}", sroi.net_present_value)
    made.add("Social return ratio", f"B{row}/B{row + 1}", sroi.ratio)
    return [inputs, value_map, _discount_sheet(sroi, places, years)]


def _inputs_sheet(
    released: ReleasedEvaluation, sroi: SroiResult, payment: str | None
) -> tuple[Sheet, dict[str, str]]:
    """What was invested, the rate, the convention, the estimates; and where each stands."""
    rows: list[list[Value]] = [["Input", "Number", "Note"]]
    first = len(rows) + 1
    for part in released.investment:
        amount: Value = part.value
        if payment and part.is_payment:
            amount = Formula(payment, part.value)
        if part.stated is not None:
            amount = Formula(f"{part.stated!r}*Discounting!$C${part.year + 2}", part.value)
        rows.append([part.label, amount, "invested"])
    places = {"investment": f"Inputs!$B${len(rows) + 1}"}
    total: Value = sroi.investment
    if len(rows) >= first:
        total = Formula(f"SUM(B{first}:B{len(rows)})", sroi.investment)
    rows.append(["Investment", total, "sum"])
    bold = [len(rows)]
    lead = LEAD[sroi.start_convention]
    rows.append(["Years before the first outcome year", lead, "1: it is discounted once; 0: not"])
    places["lead"] = f"Inputs!$B${len(rows)}"
    if isinstance(sroi.discount, float):
        rows.append(["Discount rate", sroi.discount, "a year"])
        places["rate"] = f"Inputs!$B${len(rows)}"
    for name in dict.fromkeys(row.quantity_from for row in sroi.outcomes if row.quantity_from):
        measured = next(f.measured for f in released.findings if f.outcome.id == name)
        rows.append([f"{name}: effect", measured.effect, "estimated; positive is an improvement"])
        rows.append([f"{name}: scale", measured.total_scale, "from effect to total"])
        places[name] = f"Inputs!$B${len(rows) - 1}*Inputs!$B${len(rows)}"
    sheet = Sheet(title="Inputs", rows=rows, bold=bold, widths=[60, 18, 40],
                  formats={2: NUMBER})  # fmt: skip
    return sheet, places


def _map_sheet(sroi: SroiResult, places: dict[str, str], years: int) -> Sheet:
    given = sroi.assumptions
    rows: list[Sequence[Value]] = [MAP_COLUMNS]
    for i, row in enumerate(sroi.outcomes):
        at, column = len(rows) + 1, _column(i)
        quantity: Value = float(given.quantity[i])
        if row.quantity_from is not None:
            quantity = Formula(places[row.quantity_from], float(given.quantity[i]))
        shares = [float(getattr(given, name)[i]) for name in
                  ("deadweight", "displacement", "attribution", "leakage")]  # fmt: skip
        impact = f"D{at}*E{at}*(1-F{at})*(1-G{at})*(1-H{at})*(1-I{at})*J{at}"
        present = (
            f"SUMPRODUCT(Discounting!$C$2:$C${years + 2},"
            f"Discounting!{column}$2:{column}${years + 2})"
        )
        rows.append(
            [row.id, row.stakeholder, outcome_words(row), quantity,
             float(given.proxy_value[i]), *shares, float(given.multiplier[i]),
             float(given.drop_off[i]), int(given.duration[i]), int(given.start[i]),
             Formula(impact, float(given.impact[i])),
             Formula(present, sroi.by_outcome[i].present_value)]
        )  # fmt: skip
    formats = {4: NUMBER, 5: MONEY, 10: "0.####", 14: MONEY, 15: MONEY}
    formats |= dict.fromkeys((6, 7, 8, 9, 11), SHARE)
    return Sheet(title="Value map", rows=rows, widths=[18, 24, 44, *[13.0] * 12], formats=formats)


def _discount_sheet(sroi: SroiResult, places: dict[str, str], years: int) -> Sheet:
    """One row a year: its rate, its factor, and the value of each outcome, undiscounted."""
    names = [row.id for row in sroi.outcomes]
    rates = annual_rates(sroi.discount, years, sroi.date).tolist()
    factors = discount_factors(sroi.discount, years, sroi.date).tolist()
    rows: list[Sequence[Value]] = [["Year", "Rate", "Factor", *names]]
    for year in range(years + 1):
        at = year + 2
        rate: Value = None
        factor: Value = 1
        if year:
            rate = float(rates[year - 1])
            if "rate" in places:
                rate = Formula(places["rate"], float(rates[year - 1]))
            factor = Formula(f"C{at - 1}/(1+B{at})", float(factors[year]))
        values = [_value_in_year(sroi, i, year, places["lead"]) for i in range(len(names))]
        rows.append([year, rate, factor, *values])
    formats = {2: RATE, 3: "0.000000"} | dict.fromkeys(range(4, 4 + len(names)), MONEY)
    return Sheet(title="Discounting", rows=rows, widths=[8, 10, 12, *[16.0] * len(names)],
                 formats=formats)  # fmt: skip


def _value_in_year(sroi: SroiResult, i: int, year: int, lead: str) -> Formula:
    """Value of outcome ``i`` in a year, undiscounted; its row of the map is two further down."""
    at, row = year + 2, i + 2
    since = f"($A{at}-{lead}-'Value map'!$M${row}+1)"
    kept = f"IF({since}=0,1,(1-'Value map'!$K${row})^{since})"
    runs = f"AND({since}>=0,{since}<'Value map'!$L${row})"
    last = float(sroi.assumptions.last_year[i])
    part = f"*IF({since}='Value map'!$L${row}-1,{last!r},1)" if last < 1 else ""
    known = float(sroi.values[i, year]) if year < sroi.values.shape[1] else 0.0
    return Formula(f"IF({runs},'Value map'!$N${row}*{kept}{part},0)", known)


def _column(i: int) -> str:
    """Letters of the column of outcome ``i`` in the discounting sheet: D, E, ..., AA."""
    letters, number = "", i + 4
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
