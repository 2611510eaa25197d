"""Write the JSON Schemas of docs/ by which editors check evaluation.yaml and portfolio.yaml.

python tools/make_schemas.py
"""

from pathlib import Path

from pbc_eval.agreement.starter import PORTFOLIO_SCHEMA_FILE, portfolio_schema_text, schema_text

DOCS = Path(__file__).parents[1] / "docs"

if __name__ == "__main__":
    (DOCS / "evaluation.schema.json").write_text(schema_text(), encoding="utf-8")
    (DOCS / PORTFOLIO_SCHEMA_FILE).write_text(portfolio_schema_text(), encoding="utf-8")
