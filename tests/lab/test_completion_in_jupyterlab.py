"""evaluation.yaml in JupyterLab's editor, as somebody writes it."""

import importlib
import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from browser import chromium
from evaluations import copy_of
from jupyter import lab_in

from pbc_eval.lab.completion.schema import FILES
from pbc_eval.lab.server import BROWSER, SETTINGS, START, WRITING, command_of, with_settings

EXTENSION = BROWSER / "pbc-eval"


def test_jupyterlab_is_told_where_what_it_loads_lies_and_it_lies_there(tmp_path, monkeypatch):
    command = command_of(tmp_path, tmp_path, tmp_path, port=8900, browser=False)
    assert f"--LabApp.extra_labextensions_path={BROWSER}" in command
    package = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    build = package["jupyterlab"]["_build"]
    script = (EXTENSION / build["load"]).read_text(encoding="utf-8")
    assert f'window._JUPYTERLAB["{package["name"]}"] = {{' in script
    assert f'name === "{build["extension"]}"' in script
    assert f'"{WRITING}"' in script
    assert f"const FILES = {json.dumps(FILES)};" in script


def test_it_asks_nobody_else(tmp_path):
    """Nothing is fetched from elsewhere, and nobody is asked whether it may be."""
    script = (EXTENSION / "offers.js").read_text(encoding="utf-8")
    assert "http" not in script.replace("https://", "http").lower()
    settings = json.loads(
        (SETTINGS / "labconfig" / "default_setting_overrides.json").read_text(encoding="utf-8")
    )
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_settings_of_a_person_come_before_ours(monkeypatch):
    from jupyterlab_server.settings_utils import _get_overrides  # noqa: PLC0415 slow to load

    assert with_settings("") == str(SETTINGS)
    assert with_settings("/mine").startswith("/mine")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", with_settings(""))
    overrides, problem = _get_overrides("nowhere")
    assert not problem
    assert overrides["@jupyterlab/completer-extension:manager"]["showDocumentationPanel"] is True


class Application:
    """What a server extension is given of a server: its settings, and where addresses go."""

    def __init__(self, **settings):
        self.settings, self.addresses = {"base_url": "/", **settings}, []
        self.web_app = self

    def add_handlers(self, _, handlers):
        self.addresses += [address for address, _ in handlers]


def test_a_plain_jupyterlab_completes_and_has_no_start_page():
    file = SETTINGS / "jupyter_server_config.d" / "pbc-eval.json"
    (module,) = json.loads(file.read_text(encoding="utf-8"))["ServerApp"]["jpserver_extensions"]
    load = importlib.import_module(module)._load_jupyter_server_extension
    plain, ours = Application(), Application(pbc_eval=["data", "reports"])
    load(plain)
    load(ours)
    assert plain.addresses == [f"/{WRITING}"]
    assert ours.addresses == [f"/{WRITING}", f"/{START}"]


@pytest.mark.slow
def test_a_server_for_other_work_loads_no_data_tool_for_it():
    code = "import sys, pbc_eval.lab.server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "ibis", "numpy", "pydantic", "ruamel.yaml"} & set(done.stdout.split())


def asked(base: str, token: str, body: dict) -> dict:
    request = urllib.request.Request(
        f"{base}/{WRITING}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"token {token}"} if token else {},
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.loads(reply.read())


@pytest.mark.soak
def test_keys_columns_and_problems_come_up_as_somebody_writes(tmp_path):
    project = tmp_path.resolve()
    copy_of("training-grants", project / "data")
    file = project / "data" / "training-grants" / "evaluation.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("direction: lower", "directoin: lower", 1), encoding="utf-8")
    with lab_in(project, 8943) as (address, base), chromium() as browser:
        refusals(base, address.rpartition("token=")[2], text)
        page = browser.new_context(viewport={"width": 1300, "height": 900}).new_page()
        page.set_default_timeout(120_000)
        asked_for: list[str] = []
        page.on("request", lambda request: asked_for.append(request.url))
        page.goto(address)
        page.goto(f"{base}/lab/tree/data/training-grants/evaluation.yaml?reset")
        page.wait_for_selector(".pbc-problem")
        marked = page.locator(".pbc-problem")
        assert "directoin" in marked.inner_text()
        assert "Did you mean 'direction'?" in str(marked.get_attribute("title"))

        # saved without the slip, nothing is marked
        marked.click()
        page.keyboard.press("End")
        for _ in "directoin: lower_is_better":
            page.keyboard.press("Backspace")
        page.keyboard.type("direction: lower_is_better")
        assert marked.count() == 1
        page.keyboard.press("Control+s")
        page.wait_for_selector(".pbc-problem", state="detached")
        assert file.read_text(encoding="utf-8") == text

        # a key by its first letters, and what follows it
        page.locator(".cm-content").click()
        page.keyboard.press("Control+End")
        page.keyboard.type("\nperf")
        page.keyboard.press("Tab")
        page.wait_for_selector(".jp-Completer-docpanel >> text=KPIs by period")
        assert page.locator(".jp-Completer-item").count() == 1  # no words of the file beside it
        page.keyboard.press("Enter")
        page.wait_for_selector(".cm-line >> text=performance:")
        page.keyboard.press("Control+Space")
        page.wait_for_selector(".jp-Completer-item >> text=kpis")
        page.keyboard.press("Escape")
        page.keyboard.press("Control+z")

        # a column of the data file, in place of the one that is there
        page.keyboard.press("Control+Home")
        page.locator(".cm-line", has_text="cohort: first_grant").click()
        page.keyboard.press("End")
        for _ in "first_grant":
            page.keyboard.press("Backspace")
        column = page.locator(".jp-Completer-item", has_text="hrsemp")
        for _ in range(10):  # a machine that is busy answers too late for JupyterLab
            page.keyboard.press("Control+Space")
            page.wait_for_timeout(3_000)
            if column.count():
                break
        assert column.count() == 1
        page.keyboard.press("Escape")
        assert not [url for url in asked_for if not url.startswith((base, "data:", "blob:", "ws:"))]


def refusals(base: str, token: str, text: str) -> None:
    """Who has no token, and what is no such file or lies elsewhere, is refused."""
    path = "data/training-grants/evaluation.yaml"
    good = {"path": path, "text": text, "offset": len(text)}
    assert [offer["label"] for offer in asked(base, token, good)["offers"]]
    for given, token_given, code in (
        (good, "", 403),
        (good | {"path": "../evaluation.yaml"}, token, 404),
        (good | {"path": "data/training-grants/SOURCE.md"}, token, 404),
        (good | {"offset": len(text) + 1}, token, 400),
        (good | {"text": "x" * 2_000_001, "offset": 0}, token, 413),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            asked(base, token_given, given)
        assert refused.value.code == code, given["path"]
