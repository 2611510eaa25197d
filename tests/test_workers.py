"""What one worker of a run is to make for all tests of a file is made by one."""

import re
import runpy
import shutil
import subprocess
import sys

import pytest
from evaluations import PROJECT

TESTS = PROJECT / "tests"
MADE_BY_ONE = runpy.run_path(str(TESTS / "conftest.py"))["MADE_BY_ONE"]
WAITING = "import time\nimport pytest\n@pytest.mark.parametrize('n', range(4))\n"
WAITING += "def test_it(n):\n    time.sleep(0.2)\n"


def test_every_file_that_one_worker_is_to_run_is_there():
    assert all((TESTS / name).is_file() for name in MADE_BY_ONE)


@pytest.mark.slow
def test_its_tests_run_in_one_worker_and_others_in_both(tmp_path):
    for name in ("conftest.py", "kernels.py"):
        shutil.copyfile(TESTS / name, tmp_path / name)
    for name in (MADE_BY_ONE[0], "test_other.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(WAITING, encoding="utf-8", newline="\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-v",
         "-o", f"pythonpath={tmp_path}", "-p", "no:cacheprovider", "."],
        cwd=tmp_path, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    ran = re.findall(r"\[(gw\d)\].*PASSED (\S+)::", done.stdout)
    assert len(ran) == 8, done.stdout
    assert len({worker for worker, file in ran if file == MADE_BY_ONE[0]}) == 1
    assert {worker for worker, _ in ran} == {"gw0", "gw1"}
