"""An evaluation as large as they come: many outcomes, clauses and rows of a value map, made up."""

from pathlib import Path

import numpy as np
import pandas as pd

from pbc_eval.agreement.yaml_file import read_yaml, yaml_text
from pbc_eval.batch.synthetic import write_synthetic


def heavy(folder: Path, *, outcomes: int, value_rows: int, clauses: int) -> Path:
    """One made-up evaluation of areas over time, with more of everything."""
    (file,) = write_synthetic(folder, 1)
    plain = read_yaml(file).data
    areas = pd.read_csv(file.parent / "areas.csv")
    rng = np.random.default_rng(16)
    noise = rng.normal(0, 1, (len(areas), outcomes)).round(3)
    columns = pd.DataFrame(noise, columns=[f"y{n}" for n in range(outcomes)])
    pd.concat([areas, columns], axis=1).to_csv(file.parent / "areas.csv", index=False)
    plain["outcomes"] = [
        {"id": f"outcome-{n}", "label": f"Made-up outcome {n}", "unit": "points", "column": f"y{n}",
         "direction": "higher_is_better"}
        for n in range(outcomes)
    ]  # fmt: skip
    (clause,) = plain["payment"]["clauses"]
    plain["payment"]["clauses"] = [
        clause | {"id": f"clause-{n}", "outcome": f"outcome-{n % outcomes}", "label": f"Part {n}"}
        for n in range(clauses)
    ]
    plain["value_map"] = {
        "file": "value_map.csv", "discount": 0.035, "valued_on": "2024-04-01",
        "price_base": "2023/24 prices", "status": "synthetic", "draws": 2_000,
        "inputs": [{"stakeholder": "Funder", "description": "Made up", "value": 50_000}],
    }  # fmt: skip
    k = np.arange(value_rows)
    rows = pd.DataFrame(
        {"id": [f"row-{n}" for n in k], "stakeholder": [f"Group {n % 7}" for n in k],
         "outcome": [f"Made-up change {n} in the lives of people" for n in k],
         "quantity": 10 + k, "duration": 1 + k % 4, "proxy": [f"Made-up price {n}" for n in k],
         "proxy_value": 20 + k % 90, "proxy_source": "Synthetic", "deadweight": 0.1 + k % 30 / 100}
    )  # fmt: skip
    rows.to_csv(file.parent / "value_map.csv", index=False)
    file.write_text(yaml_text(plain), encoding="utf-8")
    return file
