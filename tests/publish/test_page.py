"""refuse_an_unfit_page: every fault stops the press and is named."""

import pytest
from pages import FIT

from pbc_eval.errors import PublicationError
from pbc_eval.publish.page import refuse_an_unfit_page


def test_a_fit_page_passes():
    refuse_an_unfit_page(FIT)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<title>T</title>", "<title> </title>", "has no title"),
        ("<h1>One</h1>", "", "has 0 top headings"),
        ("<h1>One</h1>", "<h1>One</h1><h1>Two</h1>", "has 2 top headings"),
        ("<h1>One</h1><h2>Two</h2>", "<h2>Two</h2><h1>One</h1>", "begins with a heading below"),
        ("<h2>Two</h2><h3>", "<h3>", r"skips a heading level \[\(1, 3\)\]"),
        (' lang="en"', "", "does not say its language"),
        (' alt="A line that falls."', "", "1 images without alternative text"),
        ("A line that falls.", "  ", "1 images without alternative text"),
        ("<caption>C</caption>", "", "1 tables without one caption each"),
        ("</table>", "</table><table></table>", "1 tables without one caption each"),
        ("<caption>C</caption>", "<caption>C</caption><caption>D</caption>", "1 tables without"),
        (' scope="col"', "", "1 header cells without a scope"),
        ("<h2>Two</h2><h3>", '<h2 id="main">Two</h2><h3>', r"uses ids twice: \['main'\]"),
        ('href="#main"', 'href="#elsewhere"', r"places that are not on it: \['elsewhere'\]"),
        ("Content-Security-Policy", "X", "has no content security policy"),
        ("default-src 'none'", "default-src *", "has no content security policy"),
    ],
)
def test_each_fault_is_named(old, new, fault):
    spoiled = FIT.replace(old, new, 1)
    assert spoiled != FIT
    with pytest.raises(PublicationError, match=fault):
        refuse_an_unfit_page(spoiled)


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>", "<SCRIPT src='data:text/javascript,1'></SCRIPT>",
        "<iframe srcdoc='x'></iframe>", "<object></object>", "<embed>", "<base href='/x'>",
        "<form></form>", "<p onclick='x'>", "<img alt='a' src='data:,' onerror='x'>",
        "<svg onload=x></svg>", "<a href='javascript:x'>a</a>", "<a href='java\nscript:x'>a</a>",
        "<a href=' JAVASCRIPT:x'>a</a>", "<a href='data:text/html,x'>a</a>",
        "<a href='vbscript:x'>a</a>", "<meta http-equiv='Refresh' content='0;url=x'>",
    ],
)  # fmt: skip
def test_nothing_that_could_run_passes(html):
    with pytest.raises(PublicationError, match="could run"):
        refuse_an_unfit_page(FIT.replace("</main>", f"{html}</main>"))


@pytest.mark.parametrize(
    "html",
    [
        "<img alt='a' src='https://x.org/p.png'>", "<img alt='a' src='p.png'>",
        "<img alt='a' src='data:,' srcset='https://x.org/p.png 2x'>", "<video poster='p.png'>",
        "<link rel='stylesheet' href='//x.org/s.css'>", "<style>@import 'x.css'</style>",
        "<style>p { background: url( https://x.org/p ) }</style>",
        "<p style='background:URL(//x.org/p)'>", "<svg><image href='p.png'/></svg>",
        "<svg><use xlink:href='x.svg#a'/></svg>", "<audio src='a.ogg'></audio>",
        "<object data='x'></object>", "<body background='p.png'>",
    ],
)  # fmt: skip
def test_nothing_that_loads_passes(html):
    with pytest.raises(PublicationError, match="loads from elsewhere"):
        refuse_an_unfit_page(FIT.replace("</main>", f"{html}</main>"))


def test_all_faults_are_named_at_once():
    with pytest.raises(PublicationError, match=r"no title.*0 top headings.*language.*policy"):
        refuse_an_unfit_page("<p>words</p>")
