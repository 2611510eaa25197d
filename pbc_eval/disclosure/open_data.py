"""May a data file be passed on in the archive of an edition?

Rows about bodies, and totals, may. Rows about people are passed on never by default: only synthetic
ones, ones that are public already, and ones without an identifier in which every combination of the
declared quasi-identifiers is shared by as many people as the rule asks for (k-anonymity).

Source: Sweeney (2002), "k-anonymity: a model for protecting privacy", International Journal of
Uncertainty, Fuzziness and Knowledge-based Systems 10, 557-570.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pbc_eval.agreement.contract import DataRows
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.performance import SurveyKpi
from pbc_eval.disclosure.stated import is_word_for_people
from pbc_eval.errors import DataError, DisclosureError, SpecError
from pbc_eval.panel.source import read_frame

_IDENTIFIERS = re.compile(
    r"(^|[^a-z])(names?|surname|forename|e-?mail|phone|telephone|mobile|address|post-?code|zip|"
    r"nhs|nino|ssn|upn|uln|passport|dob|birth|id|identifier|reference|ref)($|[^a-z])"
)
FEWEST = 3  # people that share a combination, whatever the threshold


def open_files(spec: EvaluationSpec) -> tuple[str, ...]:
    """The files of an evaluation that go into its archive.

    Raises DisclosureError with every file that may not, and every one of which nothing is said;
    SpecError if the data file is missing: what its rows are is then not the question.
    """
    publication = spec.publication
    if not publication.data_open:
        return ()
    if spec.data is not None and spec.data.file:
        spec.path(spec.data.file)
    problems = []
    if spec.data is not None and not spec.data.file:
        problems.append(
            f"publication.data_open: the data stay in {spec.data.place}, and an archive holds "
            "files. Set data_open to false."
        )
    elif spec.data is not None and spec.data.file not in publication.data_rows:
        problems.append(
            f"publication.data_open: nothing says what the rows of {spec.data.file} are. Add "
            f"data_rows: {{{spec.data.file}: {{are: people}}}} (or bodies, or totals), or set "
            "data_open to false."
        )
    for name, rows in publication.data_rows.items():
        problems += [
            f"publication.data_rows.{name}: {problem}" for problem in _problems(spec, name, rows)
        ]
    if problems:
        raise DisclosureError("\n".join(f"{spec.id}: {problem}" for problem in problems))
    return tuple(publication.data_rows)


def _problems(spec: EvaluationSpec, name: str, rows: DataRows) -> list[str]:
    try:
        path = spec.path(name)
    except SpecError as problem:
        return [str(problem)]
    if rows.published_at or spec.publication.data_status == "synthetic":
        return []
    if rows.are != "people":
        return [
            f"{why}, and data_rows says {rows.are}. Say are: people, and what keeps them unknown; "
            "or leave the file out of data_rows."
            for why in _said_to_be_people(spec, name)
        ]
    if not rows.quasi_identifiers:
        return [
            "its rows are people, and are not passed on as they are. Name the quasi_identifiers, "
            "or where they are published_at already; or leave the file out of data_rows."
        ]
    least = max(spec.publication.disclosure.threshold, FEWEST)
    return _people_problems(path, rows, _own_identifier(spec, name), least)


def _said_to_be_people(spec: EvaluationSpec, name: str) -> Iterator[str]:
    """Why the rows of a file are about people, by what the evaluation itself says of it."""
    data, claims = spec.data, spec.claims
    if data is not None and data.file == name and is_word_for_people(data.unit_name[1]):
        yield f"its rows are about {data.unit_name[1]} (data.unit_name)"
    if claims is not None and claims.file == name and claims.person is not None:
        yield f"its rows name people (claims.person: {claims.person})"
    rows = spec.performance.rows if spec.performance else None
    if rows is not None and rows.file.partition("::")[0] == name:
        yield "it has one row a visit, job or person (performance.rows)"
    for kpi in spec.performance.kpis if spec.performance else ():
        if isinstance(kpi, SurveyKpi) and kpi.file == name:
            yield f"it has one row a person asked (performance.kpis.{kpi.id})"


def _own_identifier(spec: EvaluationSpec, name: str) -> str | None:
    return spec.data.unit if spec.data is not None and spec.data.file == name else None


def _people_problems(path: Path, rows: DataRows, identifier: str | None, least: int) -> list[str]:
    try:
        frame = read_frame(path)
    except DataError as problem:
        return [str(problem)]
    if unknown := [column for column in rows.quasi_identifiers if column not in frame]:
        return [f"quasi_identifiers name no column: {', '.join(unknown)}. Correct the names."]
    problems = []
    telling = [
        str(column)
        for column in frame
        if column == identifier
        or _IDENTIFIERS.search(str(column).lower().replace("_", " "))
        or (column not in rows.quasi_identifiers and _tells_each_apart(frame[column]))
    ]
    if telling:
        problems.append(
            f"{', '.join(telling)} may tell who a person is. Pass on a file without such columns, "
            "or leave this one out of data_rows."
        )
    sizes = frame.groupby(list(rows.quasi_identifiers), dropna=False, observed=True).size()
    few = int((sizes < least).sum())
    if few:
        problems.append(
            f"{few} of {len(sizes)} combinations of {', '.join(rows.quasi_identifiers)} are shared "
            f"by fewer than {least} rows. Make them coarser, or leave the file out of data_rows."
        )
    return problems


def _tells_each_apart(column: pd.Series) -> bool:
    """A column of texts, or whole numbers, that hardly two rows share."""
    known = column.dropna()
    if len(known) < FEWEST or pd.api.types.is_float_dtype(known):
        return False
    return known.nunique() > 0.9 * len(known)
