"""site.yaml: everything has a default; what is wrong is named with its line and the remedy."""

import pytest

from pbc_eval.agreement.site import Site, load_site
from pbc_eval.errors import SpecError


def test_without_the_file_everything_has_a_default(tmp_path):
    assert load_site(tmp_path) == Site()
    assert Site().address is None


@pytest.mark.parametrize(
    ("given", "address", "authority"),
    [
        ("https://example.org", "https://example.org/", "example.org"),
        ("https://example.org/impact", "https://example.org/impact/", "example.org"),
        ("http://localhost:8000/x/", "http://localhost:8000/x/", "localhost"),
    ],
)
def test_an_address_ends_with_a_slash(tmp_path, given, address, authority):
    (tmp_path / "site.yaml").write_text(f"address: {given}\n")
    site = load_site(tmp_path)
    assert (site.address, site.authority) == (address, authority)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("address: example.org", r"line 1: address: must be the address .*got 'example.org'"),
        ("address: javascript:alert(1)", "line 1: address: must be the address"),
        ('address: "https://x.org/a b"', "line 1: address: must be the address"),
        ("address: https://x.org/?a=b", "line 1: address: must be the address"),
        ("title: T\nlanguage: english language", "line 2: language: must be a language tag"),
        ("country: uk", "line 1: country: must be a country of ISO 3166"),
        ("ocds_prefix: abc", r"line 1: ocds_prefix: must be the prefix .*ocds-213czf"),
        ("adress: https://x.org/", "Did you mean 'address'"),
        ('title: "a\\u202eb"', r"unseen character U\+202E"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, said):
    (tmp_path / "site.yaml").write_text(text + "\n", encoding="utf-8")
    with pytest.raises(SpecError, match=said):
        load_site(tmp_path)
