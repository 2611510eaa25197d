"""What is passed on may be passed on, and the audit of it would find what may not."""

import importlib.util

import pytest
from evaluations import PROJECT

_spec = importlib.util.spec_from_file_location(
    "audit_dependencies", PROJECT / "tools" / "audit_dependencies.py"
)
audit = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(audit)


def test_every_package_at_run_time_has_a_licence_that_is_allowed():
    pins = audit.pins_of(PROJECT / "requirements.txt")
    assert len(pins) > 100
    assert audit.licences_that_are_not_allowed(sorted(pins)) == []


@pytest.mark.parametrize(
    ("licence", "is_allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-2-Clause", True),
        ("GNU Affero General Public License v3", False),
        ("GPL-3.0-or-later", False),
        ("MIT AND GPL-2.0-only", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_licences_are_judged_by_what_they_say(monkeypatch, licence, is_allowed):
    monkeypatch.setattr(audit, "licence_of", lambda name: licence)
    assert (audit.licences_that_are_not_allowed(["some"]) == []) == is_allowed
