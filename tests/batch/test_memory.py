"""Memory of processes: the quick bound never hides what a process holds for itself."""

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
        held = bytearray(os.urandom(1)) * HELD
        os.write(tell, held[:1])
        signal.pause()
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


def test_what_is_in_memory_is_never_less_than_what_a_process_holds_for_itself(process):
    assert memory._resident([process]) >= private_memory([process])
    both = (process, os.getpid())
    assert memory._resident(both) >= private_memory(both)


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
