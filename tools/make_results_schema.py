"""Write docs/results.schema.json, the JSON Schema of results.json.

    python tools/make_results_schema.py

Run it when the model in pbc_eval/results_file/ changed; a test holds the file up to date.
"""

import json
from pathlib import Path

from pbc_eval.results_file import results_schema

SCHEMA = Path(__file__).parents[1] / "docs" / "results.schema.json"


def schema_text() -> str:
    return json.dumps(results_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    print(SCHEMA.name)
