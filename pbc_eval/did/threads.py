"""Work on arrays in a few threads, with answers in the order of the questions.

Array operations let go of the interpreter, so threads share the cores without copying anything.
Linear algebra keeps to the thread that asked for it meanwhile: its own threads and ours would wait
for each other, which took three times as long on two cores.
What is added up afterwards is added in the same order however many threads there are: the answer
does not depend on the machine.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MOST_THREADS = 8  # beyond it, memory is the limit


def in_order(
    function: Callable[[Question], Answer], questions: Iterable[Question]
) -> Iterator[Answer]:
    """``map(function, questions)`` in threads; few answers are held at a time."""
    threads = min(os.cpu_count() or 1, MOST_THREADS)
    with _libraries().limit(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Answer]] = deque()
        for question in questions:
            waiting.append(pool.submit(function, question))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@cache
def _libraries() -> ThreadpoolController:
    """Looking for the libraries that have threads takes milliseconds: once is enough."""
    return ThreadpoolController()
