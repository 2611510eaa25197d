"""Memory of processes: a quick count that is late does not hide what a process holds for itself."""

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from pbc_eval.batch import memory
from pbc_eval.batch.memory import memory_above, private_memory

HELD = 60_000_000
pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the system says nothing of other processes here"
)


@pytest.fixture
def process() -> Iterator[int]:
    """A forked process that holds so much for itself, beside what it shares with this one."""
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(60)  # it does not outlive a test that was ended
            held = bytearray(os.urandom(1)) * HELD
            os.write(tell, held[:1])
            signal.pause()
        finally:
            os._exit(1)
    os.read(ready, 1)
    yield pid
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(ready)
    os.close(tell)


def test_what_a_process_holds_for_itself_is_told_at_every_limit_below_it_and_at_none_above(process):
    held = private_memory([process])
    assert held > HELD
    for share in (0, 0.25, 0.5, 0.9, 0.999):
        assert memory_above(share * held, [process]) >= held * 0.999
    for share in (1.01, 1.5, 10, 1000):
        assert memory_above(share * held, [process]) == 0


@pytest.mark.parametrize("counted", [0.55, 0.8, 1.0])
def test_a_count_that_is_late_by_less_than_half_hides_nothing(process, monkeypatch, counted):
    held = private_memory([process])
    monkeypatch.setattr(memory, "_resident", lambda _: counted * held)
    assert memory_above(0.999 * held, [process]) >= 0.999 * held


def test_the_slow_look_is_not_taken_far_below_the_limit(process, monkeypatch):
    def looked(_: object) -> int:
        raise AssertionError

    far = 10 * memory._resident([process])
    monkeypatch.setattr(memory, "private_memory", looked)
    assert memory_above(far, [process]) == 0


def test_what_is_shared_with_the_process_it_was_forked_from_is_not_held_against_it(process):
    held, resident = private_memory([process]), memory._resident([process])
    between = (held + resident) / 2
    assert held < between < resident
    assert memory_above(between, [process]) == 0


def test_where_the_quick_bound_cannot_be_read_the_slow_look_decides(process, monkeypatch):
    def refused(*_: object) -> str:
        raise PermissionError

    slow = private_memory([process])
    monkeypatch.setattr(memory, "private_memory", lambda _: slow)
    monkeypatch.setattr(memory.Path, "read_text", refused)
    assert memory_above(slow - 1, [process]) == slow


def test_a_process_that_ended_holds_nothing():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    assert memory_above(0, [pid]) == 0
