"""The documentation site: `make docs`. Pages are Markdown; what can be read off the code is made
from it (generate.py), and a warning is an error."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import generate  # noqa: E402 beside this file

project = "pbc_eval"
author = "The pbc_eval developers"
copyright = author  # noqa: A001 Sphinx calls it so
language = "en"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "pages"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = "pbc_eval"
html_copy_source = False
html_show_sphinx = False
suppress_warnings: list[str] = []  # none

generate.write_pages(HERE / "reference")
