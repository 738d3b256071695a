"""``mgrbench check``: does a plugin keep the model contract."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mgrbench.cli.output import Json, emit, parse_options, table

if TYPE_CHECKING:
    from rich.console import Console

    from mgrbench.models.checks import Check


def check(
    model: Annotated[str, typer.Argument(help="Plugin, package.module:Class or ./file.py:Class.")],
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="Option of the model, name=value. Repeatable.")
    ] = None,
    shape: Annotated[
        str, typer.Option(help="Shape of one segment's values: 16 for vectors, 216x128 for time × frequency.")
    ] = "16",
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    as_json: Json = False,
) -> None:
    """Try a model on generated tracks: does it keep the contract of models?"""
    from mgrbench.models.checks import check_model
    from mgrbench.models.source import model_source

    source = model_source(model)
    options = parse_options(option or [])
    checks = check_model(
        lambda n_genres, seed, where: source.build(n_genres, seed, where, options),
        source.selection,
        source.features or ("feature",),
        _shape(shape),
        device=device,
    )
    broken = [found for found in checks if found.broken]
    document = {
        "model": source.name,
        "selection": source.selection,
        "stochastic": source.depends_on_seed(options),
        "features": list(source.features),
        "options": None if source.options is None else [one.as_json() for one in source.options],
        "ok": not broken,
        "checks": [asdict(found) for found in checks],
    }
    rows = [(_mark(found), found.name, found.detail) for found in checks]
    verdict = f"{len(broken)} checks failed" if broken else "keeps the contract"

    def draw(screen: Console) -> None:
        screen.print(table([("", "left"), ("check", "fold"), ("", "fold")], rows))
        described = [(one.shown(), one.about, one.allowed()) for one in source.options or () if one.about]
        if described and not broken:
            screen.print(table([("option", "name"), ("", "fold"), ("values", "fold")], described))
        screen.print(f"{source.name}: {verdict}", markup=False)

    emit(document, draw, as_json=as_json)
    if broken:
        raise typer.Exit(2)


def _mark(found: Check) -> str:
    return "ok" if found.ok else "note" if found.advice else "FAIL"


def _shape(text: str) -> tuple[int, ...]:
    from mgrbench.core.errors import BenchError

    parts = text.lower().replace("×", "x").split("x")
    if not all(part.isdigit() and int(part) > 0 for part in parts):
        raise BenchError(f"the shape {text!r}", "write 16, or 216x128")
    return tuple(map(int, parts))
