"""``mgrbench explain``: what the codes on splits, rows and comparisons mean."""

from __future__ import annotations

import difflib
from typing import Annotated, Any

import typer

from mgrbench.cli.output import Json, emit, table
from mgrbench.core.codes import CODES
from mgrbench.core.errors import BenchError


def explain(
    code: Annotated[
        list[str] | None, typer.Argument(help="Codes, such as MGR103; all of them without.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what a warning's code means, why it matters and what to do; without a code, list them."""
    from mgrbench.core.explanations import PAGES

    chosen = [_known(text) for text in code or ()]
    pages = {name: {"title": CODES[name], **_sections(PAGES[name])} for name in chosen or CODES}

    def draw(screen: Any) -> None:  # noqa: ANN401
        if not chosen:
            screen.print(table([("code", "left"), ("stands for", "fold")], list(CODES.items())))
            screen.print("`mgrbench explain CODE` says more.", markup=False)
        for position, name in enumerate(chosen):
            if position:
                screen.print()
            screen.print(f"{name}: {CODES[name]}", style="bold", markup=False)
            rows = [
                ("What", pages[name]["means"]),
                ("Why", pages[name]["matters"]),
                ("Do", pages[name]["mend"]),
            ]
            screen.print(table([("", "left"), ("", "fold")], rows))

    emit({"codes": pages}, draw, as_json=as_json)


def _sections(page: Any) -> dict[str, str]:  # noqa: ANN401
    return {"means": page.means, "matters": page.matters, "mend": page.hint}


def _known(text: str) -> str:
    name = text.strip().upper()
    if name not in CODES:
        near = difflib.get_close_matches(name, CODES, n=1)
        hint = f"did you mean {near[0]}?" if near else "`mgrbench explain` lists the codes"
        raise BenchError(f"there is no code {text!r}", hint)
    return name
