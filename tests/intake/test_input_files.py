"""A run reads each file once, whoever asks for it and however often."""

from collections import Counter

import pandas as pd
import pytest
from evaluations import DATA

import pbc_eval as pbc
from pbc_eval.intake import input_files
from pbc_eval.intake.input_files import InputFiles


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
@pytest.mark.parametrize("name", ["school-attendance", "hospital-readmissions", "supported-work"])
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
    mine = files.rows(file)
    mine["a"] = 9
    pd.testing.assert_frame_equal(files.rows(file), pd.DataFrame({"a": [1], "b": [2]}))
