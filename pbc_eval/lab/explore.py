"""A panel to explore an evaluation in a notebook: its assumptions and terms as fields, the ratio,
the tornado, the payment and its chance beside them. "As agreed" is one click back; nothing is
written.

The one home of ipywidgets.
"""

from html import escape
from typing import Any

import ipywidgets as widgets

from pbc_eval.errors import PbcError
from pbc_eval.evaluation.record import Evaluation
from pbc_eval.evaluation.what_if import Answer, WhatIf
from pbc_eval.evaluation.what_if_settings import Setting

SHOWN = 8  # assumptions of the tornado
_WIDTH = 220  # pixels of the widest bar


class Explorer:
    """The panel. ``changes`` are the settings that differ from what was agreed; ``answer`` is what
    they give, None while a value is refused."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.what_if = WhatIf(evaluation)
        self.agreed = self.what_if.at({})
        self.answer: Answer | None = self.agreed
        self.fields = {key: _field(s) for key, s in self.what_if.settings.items()}
        self._out = widgets.HTML()
        self._back = widgets.Button(description="As agreed", tooltip="Undo every change")
        self._back.on_click(lambda _: self.as_agreed())
        self._quiet = False
        for field in self.fields.values():
            field.observe(self._changed, names="value")
        groups: dict[str, list[Any]] = {}
        for key, setting in self.what_if.settings.items():
            groups.setdefault(setting.group, []).append(self.fields[key])
        boxes = [widgets.VBox(fields) for fields in groups.values()]
        self._form = widgets.Accordion(children=boxes, titles=tuple(groups))
        self.panel = widgets.HBox([self._form, widgets.VBox([self._back, self._out])])
        self._show()

    @property
    def changes(self) -> dict[str, float]:
        """What differs from what was agreed, by key."""
        settings = self.what_if.settings
        return {
            key: field.value
            for key, field in self.fields.items()
            if field.value != settings[key].agreed
        }

    def as_agreed(self) -> None:
        """Undo every change."""
        self._quiet = True
        for key, field in self.fields.items():
            field.value = self.what_if.settings[key].agreed
        self._quiet = False
        self._show()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.panel._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        return f"<Explorer: {len(self.fields)} settings, {len(self.changes)} changed>"

    def _changed(self, _: Any) -> None:
        if not self._quiet:
            self._show()

    def _show(self) -> None:
        try:
            self.answer = self.what_if.at(self.changes)
            self._out.value = answer_html(self.answer, self.agreed, self.changes)
        except PbcError as refused:
            self.answer = None
            self._out.value = f'<p role="alert"><strong>{escape(str(refused))}</strong></p>'


def explore(evaluation: Evaluation) -> Explorer:
    """A panel of an evaluation's assumptions and payment terms. Raises SpecError where it has
    neither a value map nor payment terms."""
    return Explorer(evaluation)


def _field(setting: Setting) -> Any:
    """A field with its label; one whose range has both ends keeps to it."""
    style = {"description_width": "12rem"}
    if setting.whole:
        return widgets.BoundedIntText(
            value=int(setting.agreed), min=int(setting.least or 0), max=200,
            description=setting.label, style=style,
        )  # fmt: skip
    if setting.least is not None and setting.most is not None:
        return widgets.BoundedFloatText(
            value=setting.agreed, min=setting.least, max=setting.most, step=0.01,
            description=setting.label, style=style,
        )  # fmt: skip
    return widgets.FloatText(value=setting.agreed, description=setting.label, style=style)


def answer_html(answer: Answer, agreed: Answer, changes: dict[str, float]) -> str:
    """What comes out beside what was agreed, as a table; then what the ratio owes to each."""
    rows = []
    value, before = answer.value, agreed.value
    if value is not None and before is not None:
        rows += [
            ("Ratio", f"{value.ratio:,.2f}", f"{before.ratio:,.2f}"),
            ("Present value", f"{value.present_value:,.0f}", f"{before.present_value:,.0f}"),
            ("Investment", f"{value.investment:,.0f}", f"{before.investment:,.0f}"),
        ]
    if answer.payment is not None and agreed.payment is not None:
        rows.append(("Payment due", f"{answer.payment.total:,}", f"{agreed.payment.total:,}"))
    if answer.chance is not None and agreed.chance is not None:
        rows += [
            ("Mean payment by chance", f"{answer.expected:,.0f}", f"{agreed.expected:,.0f}"),
            ("Chance that anything is paid", f"{answer.chance:.1%}", f"{agreed.chance:.1%}"),
        ]
    body = "".join(
        f'<tr><th scope="row">{name}</th><td>{now}</td><td>{then}</td></tr>'
        for name, now, then in rows
    )
    count = f"{len(changes)} changed" if changes else "as agreed"
    table = (
        f"<table><caption>What comes out ({count})</caption><thead><tr><th scope='col'></th>"
        "<th scope='col'>now</th><th scope='col'>as agreed</th></tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )
    return (
        table
        + _tornado_html(answer)
        + (
            "<p><small>On this machine, for thinking: it is no result, and nothing is written."
            "</small></p>"
        )
    )


def _tornado_html(answer: Answer) -> str:
    shown = answer.tornado[:SHOWN]
    if not shown:
        return ""
    widest = max(entry.swing for entry in shown) or 1.0
    rows = "".join(
        f'<tr><th scope="row">{escape(entry.outcome)}, {escape(entry.assumption)}</th>'
        f"<td>{entry.ratio_low:.2f} to {entry.ratio_high:.2f}</td><td><div style='background:"
        f"#12436D;height:.8rem;width:{_WIDTH * entry.swing / widest:.0f}px'></div></td></tr>"
        for entry in shown
    )
    return (
        "<table><caption>How far the ratio moves with one assumption</caption><thead><tr>"
        "<th scope='col'>assumption</th><th scope='col'>ratio</th><th scope='col'>swing</th></tr>"
        f"</thead><tbody>{rows}</tbody></table>"
    )
