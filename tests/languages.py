"""Catalogues for tests: what there is to translate, and a Welsh catalogue that holds anything."""

import importlib.util
from contextlib import contextmanager
from functools import cache

import pytest
from evaluations import PROJECT

from pbc_eval.messages import template_language as words
from pbc_eval.messages.catalogue import SOURCE
from pbc_eval.report import html as writing


@contextmanager
def speaking(said):
    """Have the Welsh catalogue hold something else."""
    held = {SOURCE: {}, "cy": said}
    writing._environment.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words, "translations", lambda code: held[code])
        yield
    writing._environment.cache_clear()


@cache
def extraction():
    """tools/make_messages.py, which extracts every message: once in a process of tests."""
    place = importlib.util.spec_from_file_location("make", PROJECT / "tools" / "make_messages.py")
    made = importlib.util.module_from_spec(place)
    place.loader.exec_module(made)
    made.messages = cache(made.messages)
    return made


@cache
def known():
    """The English text of every message, extracted once."""
    return frozenset(one.id for one in extraction().messages() if one.id)
