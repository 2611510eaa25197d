"""execute, to_page and sanitise: what may run, what must not, and what reaches the page."""

import json

import nbformat
import pytest
from evaluations import files_under
from hostile import LINKS, VALUES
from nbformat.v4 import new_code_cell, new_notebook
from pages import Reader

from pbc_eval.errors import PublicationError
from pbc_eval.publish import notebook as press
from pbc_eval.publish.edition import NOTEBOOK, publish_edition
from pbc_eval.publish.notebook import execute, sanitise, to_page
from pbc_eval.report.html import RELEASED

pytestmark = pytest.mark.slow  # kernels are started

ALLOWED = press._TEXT
METADATA = {"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}}


@pytest.fixture
def write(tmp_path):
    """A notebook of these cells, the first of which declares parameters."""

    def writing(*sources, tags=("parameters",)):
        cells = [new_code_cell(source) for source in sources]
        cells[0].metadata["tags"] = list(tags)
        file = tmp_path / "small.ipynb"
        nbformat.write(new_notebook(cells=cells, metadata=METADATA), file)
        return file

    return writing


@pytest.fixture
def no_kernel(monkeypatch):
    def launched(*_, **__):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(press.papermill, "execute_notebook", launched)


# --- before a kernel starts ---


@pytest.mark.parametrize(
    ("sources", "tags", "parameters", "message"),
    [
        (["a = 1"], [], {"a": "x"}, "has no cell tagged 'parameters'"),
        (["run_dir = 1"], ["parameters"], {"rundir": "x"},
         "does not declare the parameter 'rundir'.*mean 'run_dir'"),
        (["a = 1"], ["parameters"], {"a = 1; import os; b": "x"}, "does not declare the parameter"),
        (["a = 1\nb = None"], ["parameters"], {"a": "x"}, "needs the parameter 'b'"),
        (["a = 1\nb = ''"], ["parameters"], {"a": "x"}, "needs the parameter 'b'"),
    ],
)  # fmt: skip
def test_parameters_are_checked_before_a_kernel_starts(
    write, no_kernel, tmp_path, sources, tags, parameters, message
):
    with pytest.raises(PublicationError, match=message):
        execute(write(*sources, tags=tags), parameters, tmp_path)


def test_a_notebook_that_is_missing_or_is_none_is_a_message(no_kernel, tmp_path):
    with pytest.raises(PublicationError, match="no such notebook"):
        execute(tmp_path / "none.ipynb", {}, tmp_path)
    (tmp_path / "broken.ipynb").write_text("{")
    with pytest.raises(PublicationError, match=r"broken\.ipynb: is not a notebook"):
        execute(tmp_path / "broken.ipynb", {}, tmp_path)


def test_the_published_notebook_declares_what_it_is_given():
    press._check_parameters(NOTEBOOK, {"evaluation": "x", "run_dir": "y"})


# --- in a kernel ---


@pytest.mark.soak
def test_a_failing_cell_publishes_nothing_and_keeps_the_good_edition(tmp_path, write, published):
    reports = published.folder.parents[1]
    before = files_under(published.folder)
    failing = write("evaluation = 'a'\nrun_dir = 'b'", "raise KeyError('the column is gone')")
    with pytest.raises(PublicationError, match=r"small\.ipynb: KeyError: 'the column is gone'"):
        publish_edition(published.source, reports, failing)
    assert files_under(published.folder) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import os; os.kill(os.getpid(), 9)", "kernel ended before the work was done"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("import time; time.sleep(60)", "did not end within 2 seconds"),
    ],
)
def test_a_kernel_that_dies_leaves_or_hangs_is_a_message(tmp_path, write, source, message):
    with pytest.raises(PublicationError, match=message):
        execute(write("a = 1", source), {"a": "x"}, tmp_path, cell_deadline=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "value", ["'; import os; os.abort(); '", 'a"b\\', "a\nb", "{a}", "é\u202e"]
)
def test_a_parameter_is_a_value_never_code(tmp_path, write, value):
    done = execute(write("a = 1", "print(ascii(a))"), {"a": value}, tmp_path)
    assert done.cells[-1].outputs[0].text.strip() == ascii(value)


# --- what reaches the page ---


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_whatever_is_shown_nothing_runs_or_loads(value):
    for shown in (value, f"<p>{value}</p>", f'<p title="{value}">a</p>', f'<img alt="{value}">'):
        assert_harmless(sanitise(shown))


@pytest.mark.parametrize("link", LINKS)
def test_links_lead_to_safe_places_only(link):
    kept = Reader(sanitise(f'<a href="{link}">a</a>')).attributes
    assert kept == [] or kept[0][2].startswith(("#", "downloads/", "https://", "mailto:"))


@pytest.mark.parametrize(
    "html",
    [
        '<a href="#summary">a</a>', '<a href="downloads/x-y.csv">a</a>',
        '<a href="https://example.org/a?b=c">a</a>',
        '<img src="data:image/png;base64,AA==" alt="a">',
        '<th scope="col" class="num">a</th>', '<p role="note" id="a" aria-label="b">c</p>',
    ],
)  # fmt: skip
def test_what_a_report_uses_is_kept(html):
    table = "<table><tbody><tr>{}</tr></tbody></table>" if html.startswith("<th") else "{}"
    assert Reader(sanitise(table.format(html))).attributes == Reader(html).attributes


def test_outputs_that_are_not_html_never_reach_the_page():
    shown = [
        {"application/javascript": "alert(1)"},
        {"text/markdown": "<script>"},
        {
            "text/html": "<h1>Shown</h1><script>alert(1)</script>",
            "text/plain": "plain",
            RELEASED: {"part": "page"},
        },
    ]
    outputs = [{"output_type": "display_data", "metadata": {}, "data": data} for data in shown]
    outputs.append({"output_type": "stream", "name": "stdout", "text": "printed <script>"})
    cell = new_code_cell("secret = 1", execution_count=1)
    cell["outputs"] = [nbformat.from_dict(output) for output in outputs]
    notebook = new_notebook(cells=[cell])
    before = json.dumps(notebook)
    page = to_page(notebook, title="<T>", description='"D"', footer="</footer>")
    assert json.dumps(notebook) == before
    assert "Shown" in page
    assert not any(word in page for word in ("alert", "printed", "secret", "plain", "onload"))
    assert "<title>&lt;T&gt;</title>" in page


@pytest.mark.parametrize(
    "data",
    [
        {"text/html": "<table><caption>Mine</caption></table>"},
        {"text/html": "<p>Mine</p>"},
        {"image/png": "AA=="},
        {"image/svg+xml": "<svg/>"},
    ],
)
def test_what_was_not_released_is_refused_by_its_cell_and_never_dropped(data):
    first = new_code_cell("page")
    released = {"text/html": "<h1>Shown</h1>", RELEASED: {"part": "page"}}
    first["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": released}]
    second = new_code_cell("mine")
    second["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": data}]
    made = new_notebook(cells=[first, second])
    with pytest.raises(PublicationError, match=r"cell 2: it shows .* did not go through release"):
        to_page(nbformat.from_dict(made), title="T", description="D", footer="F")
    second.metadata["tags"] = ["private"]
    assert "Shown" in to_page(nbformat.from_dict(made), title="T", description="D", footer="F")


# --- one real evaluation, hostile in every field ---


def test_a_hostile_evaluation_gives_a_harmless_page_that_shows_its_words(published):
    html = published.page.read_text(encoding="utf-8")
    reader = assert_harmless(html, page=True)
    shown = reader.text
    for value in VALUES:
        if value.isprintable():
            assert " ".join(value.split()) in shown, value


def test_its_downloads_are_harmless_too(published):
    folder = published.folder / "downloads"
    for file in folder.glob("*.csv"):
        for line in file.read_text(encoding="utf-8").splitlines():
            assert not line.startswith(("=", "@", "+")), file.name
    json.loads((folder / "results.json").read_text(encoding="utf-8"), parse_constant=refuse)


def refuse(word):
    raise AssertionError(f"{word} is not JSON")


def assert_harmless(html, *, page=False) -> Reader:
    """Nothing in it runs, loads, or turns the order of words."""
    reader = Reader(html)
    frame = {"html", "head", "meta", "title", "link", "style", "body", "main", "footer"}
    assert set(reader.tags) <= ALLOWED | (frame if page else set())
    for tag, name, value in reader.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in {"style", "srcset", "srcdoc", "action", "formaction", "background"}
        if name == "src":
            assert value.startswith("data:image/")
        if name == "href" and tag == "a":
            inside = (
                *("#", "downloads/", "https://", "mailto:"),
                *(
                    "../index.html",
                    "../../index.html",
                    "../design-1/",
                    "summary.html",
                    "what-if.html",
                ),
            )
            assert value.startswith(inside), value
    assert not any(ord(c) in {*range(0x202A, 0x202F), *range(0x2066, 0x206A)} for c in html)
    return reader
