"""A run reads each file once, whoever asks for it and however often."""

from collections import Counter

import pandas as pd
import pytest
from evaluations import DATA, copy_of

import pbc_eval as pbc
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.evaluation.outcome_panel import read_panel
from pbc_eval.intake import input_files
from pbc_eval.intake.input_files import InputFiles

pytestmark = pytest.mark.slow  # seconds, together


@pytest.fixture
def counted(monkeypatch) -> Counter:
    """How often each file is handed to each of the readers."""
    calls: Counter = Counter()
    for name in ("sha256", "open_table"):
        plain = getattr(input_files, name)

        def reader(path, *rest, plain=plain, name=name, **options):
            calls[name, path.name] += 1
            return plain(path, *rest, **options)

        reader.__qualname__ = name
        monkeypatch.setattr(input_files, name, reader)
    return calls


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "school-attendance",
        pytest.param("hospital-readmissions", marks=pytest.mark.soak),
        pytest.param("supported-work", marks=pytest.mark.soak),
    ],
)
def test_an_evaluation_reads_and_hashes_each_file_once(counted, name):
    pbc.evaluate(pbc.load_evaluation(DATA / name))
    assert counted
    again = {key: times for key, times in counted.items() if times > 1}
    earlier = [path.name for path in (DATA / name).glob("earlier/*/*")]  # files of the same name
    assert {key for key in again if key[1] not in earlier} == set()
    assert max(counted.values()) <= 2


def test_each_reader_sees_the_file_once_and_other_files_beside_it_are_another_reading(tmp_path):
    seen = []

    def reader(path, beside=None):
        seen.append((path, beside))
        return len(seen)

    files = InputFiles()
    one, other = tmp_path / "a.csv", tmp_path / "b.csv"
    assert [files.read(one, reader), files.read(one, reader)] == [1, 1]
    assert files.read(one, reader, other) == 2
    assert files.read(other, reader) == 3
    assert InputFiles().read(one, reader) == 4  # another run reads again


def test_a_frame_that_is_written_to_is_nobody_elses(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("a,b\n1,2\n")
    files = InputFiles()
    mine, _ = files.rows(file)
    mine["a"] = 9
    pd.testing.assert_frame_equal(files.rows(file)[0], pd.DataFrame({"a": [1], "b": [2]}))


def test_outcomes_written_as_text_share_one_reading_of_the_file(counted, tmp_path):
    spec = load_evaluation(copy_of("hospital-readmissions", tmp_path))
    file = spec.path(spec.data.file)
    table = pd.read_csv(file)
    table.assign(twice=2 * table["readmissions_per_100"]).to_csv(file, index=False)
    data = spec.data.model_copy(update={"numbers": "1,234.5"})
    second = spec.outcomes[0].model_copy(update={"column": "twice"})
    asked = spec.model_copy(update={"data": data, "outcomes": (spec.outcomes[0], second)})
    asked._folder = spec.folder
    files = InputFiles()
    panels = [read_panel(asked, outcome, files) for outcome in asked.outcomes]
    assert counted["open_table", file.name] == 1
    assert panels[1].arrays().outcome[0, 0] == 2 * panels[0].arrays().outcome[0, 0]
