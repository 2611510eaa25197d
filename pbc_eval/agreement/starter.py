"""The files that `pbc-eval new` writes, and the JSON Schemas that editors check them by."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pbc_eval.agreement.base import Slug
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.portfolio import PORTFOLIO_FILE, PortfolioSpec
from pbc_eval.agreement.schema_words import WORDS
from pbc_eval.errors import SpecError

SCHEMA_FILE = "evaluation.schema.json"
PORTFOLIO_SCHEMA_FILE = "portfolio.schema.json"
STARTER = Path(__file__).parent / "starter.yaml"
PORTFOLIO_STARTER = Path(__file__).parent / "starter_portfolio.yaml"
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


def write_starter(folder: Path) -> Path:
    """Make ``folder`` with evaluation.yaml, its schema and a SOURCE.md to fill in.

    Raises SpecError when the folder is there already, or its name cannot be an id.
    """
    name = _fresh_folder(folder)
    (folder / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")
    target = folder / "evaluation.yaml"
    target.write_text(STARTER.read_text(encoding="utf-8").replace("my-evaluation", name), "utf-8")
    return target


def write_portfolio_starter(folder: Path) -> Path:
    """The same for a portfolio: portfolio.yaml, its schema, a table of two rows and a SOURCE.md."""
    name = _fresh_folder(folder)
    (folder / PORTFOLIO_SCHEMA_FILE).write_text(portfolio_schema_text(), encoding="utf-8")
    (folder / "results.csv").write_text(PORTFOLIO_TABLE, encoding="utf-8")
    target = folder / PORTFOLIO_FILE
    text = PORTFOLIO_STARTER.read_text(encoding="utf-8")
    target.write_text(text.replace("my-portfolio", name), encoding="utf-8")
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
    )
    return name
