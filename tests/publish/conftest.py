"""The fixtures of the press: editions made without a kernel, and one made with it."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from evaluations import DATA, copy_of, made_once
from hostile import REORDERS, VALUES
from pages import without_kernels

from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.batch.jobs import find_jobs, in_stages
from pbc_eval.batch.local import run_jobs
from pbc_eval.publish.edition import publish_edition
from pbc_eval.publish.site.build import write_site

__all__ = ["every_page", "few_pages", "published", "without_kernels"]
WORDS = [value for value in VALUES if value not in REORDERS]
FIELDS = (  # every place where a person writes words that reach the page
    "title", "contract.summary", "contract.commissioner", "contract.provider",
    "contract.clauses.0.text", "data.unit_name.0", "data.unit_name.1", "data.time_name",
    "design.rationale", "outcomes.0.label", "outcomes.0.unit", "outcomes.0.total.unit",
    "payment.clauses.0.label", "payment.clauses.0.reference", "payment.clauses.0.unit",
    "payment.clauses.0.source", "payment.clauses.1.label", "payment.clauses.3.unit",
    "performance.kpis.0.label", "performance.kpis.0.reference", "performance.kpis.0.source",
    "performance.kpis.3.unit", "performance.kpis.4.label", "value_map.price_base",
    "value_map.inputs.0.stakeholder", "value_map.inputs.0.description",
    "value_map.outcomes.0.stakeholder", "value_map.outcomes.0.outcome",
    "value_map.outcomes.0.indicator", "value_map.outcomes.0.proxy",
    "value_map.outcomes.0.proxy_source", "value_map.outcomes.0.agency", "publication.contact",
    "publication.licence", "publication.data_notice", "publication.funding",
    "publication.interests",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    source: Path
    folder: Path

    @property
    def page(self) -> Path:
        return self.folder / "index.html"


@pytest.fixture(scope="session")
def every_page(tmp_path_factory) -> Path:
    """The reports of every example with their site, made once for all tests; not to be changed."""
    return made_once(tmp_path_factory, "every-page", _publish_every_example) / "reports"


@pytest.fixture(scope="session")
def few_pages(tmp_path_factory) -> Path:
    """The report of one example, for tests that need no more."""
    return made_once(tmp_path_factory, "few-pages", _publish_few_examples) / "reports"


def _publish_few_examples(folder: Path) -> None:
    copy_of("wheels-to-meals", folder / "data")
    _publish_all(folder / "data", folder)


def _publish_every_example(folder: Path) -> None:
    _publish_all(DATA, folder)


def _publish_all(data: Path, folder: Path) -> None:
    stages = in_stages(find_jobs(data, folder / "reports"))
    results = [result for stage in stages for result in run_jobs(stage, 2)]
    assert [result.problem for result in results if result.problem] == []
    write_site(folder / "reports")


@pytest.fixture(scope="session")
def published(tmp_path_factory) -> Published:
    """An evaluation that is hostile in every field, and in its data, published once."""
    folder = made_once(tmp_path_factory, "hostile", _publish)
    (page,) = folder.glob("reports/*/*/index.html")
    return Published(folder / "hospital-readmissions", page.parent)


def _publish(folder: Path) -> None:
    source = copy_of("hospital-readmissions", folder)
    data = read_yaml(source / "evaluation.yaml").data
    for position, field in enumerate(FIELDS):
        _set(data, field.split("."), WORDS[position % len(WORDS)][:150])
    data["outcomes"][0]["label"] = "$\\frac{1}{ $x^{$ <script>alert(1)</script> \\N {{ 7 * 7 }}"
    data["publication"]["limitations"] = [word for word in VALUES if word.isprintable()]
    data["publication"]["disclosure"] = {"threshold": 0, "reason": WORDS[0]}
    text = json.dumps(data, default=str, ensure_ascii=False)
    (source / "evaluation.yaml").write_text(text, encoding="utf-8")
    _make_names_of_hospitals_hostile(source / "hospitals.csv")
    publish_edition(source, folder / "reports")


def _set(data, path, value):
    for step in path[:-1]:
        data = data[int(step)] if isinstance(data, list) else data[step]
    if isinstance(data, list):
        data[int(path[-1])] = value
    else:
        data[path[-1]] = value


def _make_names_of_hospitals_hostile(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    names = {row[0]: None for row in rows[1:]}
    few = {name for name in names if sum(row[0] == name for row in rows) < 16}
    hostile = {name: f"{bad} {name}" for name, bad in zip(sorted(few), VALUES, strict=False)}
    hostile |= {name: f"{REORDERS[0]} {name}" for name in sorted(few)[:1]}
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([[hostile.get(row[0], row[0]), *row[1:]] for row in rows])
