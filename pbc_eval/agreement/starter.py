"""The files that `pbc-eval new` writes, and the JSON Schemas that editors check them by."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pbc_eval._validate import check_choice
from pbc_eval.agreement.base import Slug
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.portfolio import PORTFOLIO_FILE, PortfolioSpec
from pbc_eval.agreement.schema_words import WORDS
from pbc_eval.errors import SpecError

SCHEMA_FILE = "evaluation.schema.json"
PORTFOLIO_SCHEMA_FILE = "portfolio.schema.json"
STARTER = Path(__file__).parent / "starter.yaml"
STARTERS = Path(__file__).parent / "starters"  # what differs from it, by method
NOTHING: Mapping[str, str] = MappingProxyType({})
METHODS = (
    "difference_in_differences",
    "matching",
    "randomised",
    "synthetic_difference_in_differences",
    "reported",
    "forecast",
    "counted",
)
UNIT_UNSAID = "in which it is measured"  # what a draft says where no heading tells
UNITS_UNSAID = ("unit", "units")
OF_BODIES = ("difference_in_differences", "synthetic_difference_in_differences")  # areas, schools
PORTFOLIO_STARTER = Path(__file__).parent / "starter_portfolio.yaml"
PORTFOLIO = "portfolio"  # asked for as a method is, where it starts from a file
PORTFOLIO_RESULTS = "results.csv"
PORTFOLIO_TABLE = (
    "label,estimate,std_error,promised,agreed,paid,people,source\n"
    "First area,2.1,0.9,3,100000,70000,210,Where this row comes from\n"
    "Second area,0.4,1.2,3,100000,13000,150,Where this row comes from\n"
)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of evaluation.yaml (draft 2020-12); every key says what it is for."""
    schema = EvaluationSpec.model_json_schema(by_alias=True)
    for model, words in WORDS.items():
        properties = schema["$defs"][model]["properties"]
        for key, text in words.items():
            properties[key].setdefault("description", text)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "evaluation.yaml of pbc_eval",
    }


def schema_text() -> str:
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def portfolio_schema_text() -> str:
    """The JSON Schema of portfolio.yaml, as it stands in docs/."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **PortfolioSpec.model_json_schema(by_alias=True),
        "title": "portfolio.yaml of pbc_eval",
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def write_starter(
    folder: Path, method: str = METHODS[0], parts: Mapping[str, str] = NOTHING
) -> Path:
    """Make ``folder`` with evaluation.yaml for a method, its schema and a SOURCE.md to fill in.

    ``parts`` are other texts for top-level parts of the file: a ``data`` block that was drafted.
    Raises SpecError when the folder is there already, its name cannot be an id, or the method is
    not known.
    """
    check_choice("new", "method", method, METHODS, SpecError)
    name = _fresh_folder(folder)
    (folder / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8", newline="\n")
    target = folder / "evaluation.yaml"
    target.write_text(
        starter_text(method, parts).replace("my-evaluation", name), "utf-8", newline="\n"
    )
    return target


def starter_text(method: str, parts: Mapping[str, str] = NOTHING) -> str:
    """The starter for a method: the common file, with the parts that are the method's own."""
    other = STARTERS / f"{method}.yaml"
    own = _parts(other.read_text(encoding="utf-8")) if other.is_file() else {}
    common = STARTER.read_text(encoding="utf-8")
    if method not in OF_BODIES:
        common = common.replace("counts: bodies", "counts: people")
    texts = {**_parts(common), **own, **parts}
    order = list(_parts(common))
    at = order.index("payment") + 1
    order[at:at] = [key for key in texts if key not in order]
    made, before = "", ""
    for text in (texts[key].rstrip() for key in order if texts[key].strip() != f"{key}:"):
        together = "\n" not in text and ("\n" not in before or before.startswith("#"))
        made += ("" if not made else "\n" if together else "\n\n") + text
        before = text
    return made + "\n"


def _parts(text: str) -> dict[str, str]:
    """The top-level parts of a file by their key, comments above the first key among them."""
    parts: dict[str, list[str]] = {"": []}
    key = ""
    for line in text.splitlines():
        if match := re.match(r"(?:# )?([a-z_]+):(?:\s|$)", line):
            key = match[1]
        parts.setdefault(key, []).append(line)
    return {key: "\n".join(lines).strip("\n") for key, lines in parts.items() if any(lines)}


def write_portfolio_starter(folder: Path) -> Path:
    """The same for a portfolio: portfolio.yaml, its schema, a table of two rows and a SOURCE.md."""
    name = _fresh_folder(folder)
    (folder / PORTFOLIO_SCHEMA_FILE).write_text(
        portfolio_schema_text(), encoding="utf-8", newline="\n"
    )
    (folder / PORTFOLIO_RESULTS).write_text(PORTFOLIO_TABLE, encoding="utf-8", newline="\n")
    target = folder / PORTFOLIO_FILE
    text = PORTFOLIO_STARTER.read_text(encoding="utf-8")
    target.write_text(text.replace("my-portfolio", name), encoding="utf-8", newline="\n")
    return target


def _fresh_folder(folder: Path) -> str:
    """Make the folder with a SOURCE.md; its name, which is the id of what is in it."""
    if folder.exists():
        raise SpecError(f"{folder}: is there already. Name a folder that does not exist yet.")
    name = folder.name
    try:
        TypeAdapter(Slug).validate_python(name)
    except ValidationError:
        raise SpecError(
            f"{name}: must be lower-case letters, digits and single hyphens, since it names the "
            "evaluation too. For example: pbc-eval new data/winter-shelter"
        ) from None
    folder.mkdir(parents=True)
    (folder / "SOURCE.md").write_text(
        f"# {name}: where the data come from\n\nReal or synthetic, origin, licence, and what each "
        "column is.\n",
        encoding="utf-8",
        newline="\n",
    )
    return name
