"""What a site makes of its editions, for registers and machines, tells nothing that they do not."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from attacker import invented
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from pbc_eval import cli
from pbc_eval.agreement.yaml_file import read_yaml, yaml_text
from pbc_eval.provenance import open_doubts

pytestmark = pytest.mark.soak  # editions are made
NUMBER = re.compile(r"\d[\d,]*\.?\d*")
# Hashes, days and addresses are no numbers; 0.95 is the level of every interval.
NO_NUMBERS = re.compile(r"[0-9a-f]{20,}|\d{4}-\d\d-\d\d(T[\d:+Z-]+)?|https?://\S+|\b0\.95\b")
SITE = "address: https://example.org/reports/\nocds_prefix: ocds-000000\n"


def numbers_in(text: str) -> np.ndarray:
    plain = NUMBER.findall(NO_NUMBERS.sub(" ", text))
    return np.array(sorted({float(number.replace(",", "")) for number in plain}))


def not_among(told: np.ndarray, numbers: np.ndarray) -> list[float]:
    """Numbers that are none of those told, to six digits, as they are, in per cent or as shares."""
    near = [np.isclose(told[:, None] * by, numbers, rtol=5e-6, atol=0) for by in (1, 100, 0.01)]
    return list(numbers[~np.logical_or.reduce(near).any(axis=0)])


def answer_for(file: Path, outputs: Iterable[str]) -> None:
    """Have somebody answer for what the disclosure review of an edition doubts."""
    whole = read_yaml(file).data
    answers = [
        {"output": output, "by": "A. Reviewer", "date": "2026-06-01", "reason": "Asked"}
        for output in outputs
    ]
    whole["publication"].setdefault("disclosure", {})["reviewed"] = answers
    file.write_text(yaml_text(whole), encoding="utf-8", newline="\n")


def test_registers_catalogues_and_feeds_hold_no_number_that_pages_and_tables_do_not(tmp_path):
    data = tmp_path / "data"
    invented.counted_evaluation(data / "a", invented.visits([3, 200, 250], [300, 300, 300]))
    invented.people_evaluation(data / "b", invented.people(2, n=600, seed=3))
    invented.panel_evaluation(data / "c", invented.panel({3: 4, 5: 40, 6: 30}))
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "site.yaml").write_text(SITE, encoding="utf-8", newline="\n")
    words = ["batch", str(data), "--reports", str(reports)]
    made = CliRunner().invoke(cli.app, words)
    assert made.exit_code == 1, made.output  # one is in doubt, and listed nowhere
    answer_for(data / "c" / "evaluation.yaml", open_doubts(reports / "groups" / "2026-1"))
    made = CliRunner().invoke(cli.app, words)
    assert made.exit_code == 0, made.output
    assert len([*reports.glob("*/*/downloads/results.json")]) == 3
    texts = []
    for page in reports.rglob("*.html"):
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        texts += soup.find_all(string=True)
        texts += [str(value) for tag in soup.find_all(True) for value in tag.attrs.values()]
    for table in reports.glob("*/*/downloads/*.csv"):
        texts.append(table.read_text(encoding="utf-8"))
    told = numbers_in(" ".join(texts))
    made = [file for file in reports.rglob("*.*") if file.suffix in (".json", ".jsonld", ".xml")]
    made = [file for file in made if len(file.relative_to(reports).parts) < 3]
    names = {file.name for file in made}
    assert {"ocds.json", "indigo.json", "catalog.jsonld", "feed.xml"} <= names
    for file in made:
        new = not_among(told, numbers_in(file.read_text(encoding="utf-8")))
        assert not new, (file.relative_to(reports), new)
