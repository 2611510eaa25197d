"""Templates of the pages beside a report: those of the site, and the what-if page."""

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pbc_eval.messages.catalogue import SOURCE
from pbc_eval.messages.template_language import speak
from pbc_eval.report.html import TEMPLATES


@cache
def page_templates(language: str) -> Environment:
    """The templates in one language; what a page holds is escaped, and nothing in it undefined."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "site"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["css"] = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    speak(environment, language)
    return environment


def warm_page_templates(language: str = SOURCE) -> None:
    """Compile them, for a process whose children will use them."""
    environment = page_templates(language)
    for name in environment.list_templates(extensions=["j2"]):
        environment.get_template(name)
