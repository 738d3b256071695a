"""``mgrbench explain``: what the codes on splits, rows and comparisons mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.output import Json, emit, table
from mgrbench.core.codes import CODES, CodePage
from mgrbench.core.errors import BenchError
from mgrbench.core.text import did_you_mean

if TYPE_CHECKING:
    from rich.console import Console


def explain(
    code: Annotated[list[str] | None, typer.Argument(help="Codes, such as MGR103; without any, all.")] = None,
    as_json: Json = False,
) -> None:
    """Say what a warning's code means, why it matters and what to do; without a code, list them."""
    chosen = [_known(text) for text in code or ()]
    pages = {name: _document(CODES[name]) for name in chosen or CODES}

    titles = [(name, page.title) for name, page in CODES.items()]

    def draw(screen: Console) -> None:
        if not chosen:
            screen.print(table([("code", "left"), ("stands for", "fold")], titles))
            screen.print("`mgrbench explain CODE` says more.", markup=False)
        for position, name in enumerate(chosen):
            if position:
                screen.print()
            screen.print(f"{name}: {CODES[name].title}", style="bold", markup=False)
            page = CODES[name]
            rows = [("What", page.means), ("Why", page.matters), ("Do", page.hint)]
            screen.print(table([("", "left"), ("", "fold")], rows))

    emit({"codes": pages}, draw, as_json=as_json)


def _document(page: CodePage) -> dict[str, str]:
    return {"title": page.title, "means": page.means, "matters": page.matters, "mend": page.hint}


def _known(text: str) -> str:
    name = text.strip().upper()
    if name not in CODES:
        hint = did_you_mean(name, CODES, "`mgrbench explain` lists the codes")
        raise BenchError(f"there is no code {text!r}", hint)
    return name
