"""The tree of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from mgrbench.cli import (
    check,
    compare,
    data,
    demo,
    doctor,
    explain,
    features,
    ladder,
    listing,
    plot,
    profile,
    run,
    score,
    split,
    sweep,
    table,
    transfer,
)
from mgrbench.cli import (
    leaderboard as boards,
)
from mgrbench.cli.commands import Commands
from mgrbench.core.version import __version__

app = Commands(
    name="mgrbench",
    help="Benchmark music genre recognition with numbers that can be believed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mgrbench {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


app.command("demo")(demo.demo)
app.command("list")(listing.list_plugins)
app.add_typer(data.app, name="data")
app.add_typer(split.app, name="split")
app.add_typer(features.app, name="features")
app.command("run")(run.run)
app.command("ladder")(ladder.ladder)
app.command("transfer")(transfer.transfer)
app.command("sweep", epilog=sweep.EPILOG)(sweep.sweep)
app.command("profile")(profile.profile)
app.command("score")(score.score)
app.command("compare")(compare.compare)
app.add_typer(boards.app, name="leaderboard")
app.command("table")(table.paper)
app.command("plot")(plot.plot)
app.command("explain")(explain.explain)
app.command("check")(check.check)
app.command("doctor")(doctor.doctor)
