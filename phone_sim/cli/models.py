"""`phone-sim models`: the feature matrix."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.options import json_option, models_option

if TYPE_CHECKING:
    from phone_sim.models import Feature, Model


@click.command(short_help="Show the models and which features need a license.")
@click.argument("model", required=False)
@models_option
@json_option
def command(model: str | None, models_folder: Path | None, as_json: bool) -> None:
    """Show the models and which features need a license (bulletin, B1 to B3), or all about one MODEL.

    The matrix and the minimum firmware are the bulletin's; the model files say where the rest comes from.

    Example: phone-sim models SPIP_670
    """
    from phone_sim.cli.report import print_json
    from phone_sim.runtime.model_files import load_features, load_model, load_models

    features = load_features()
    if model is not None:
        report = _report(load_model(model, models_folder), features)
        if as_json:
            print_json(report)
        else:
            _print_model(report)
    elif as_json:
        print_json([_report(one, features) for one in load_models(models_folder)])
    else:
        _print_matrix(load_models(models_folder), features)


def _report(model: "Model", features: "tuple[Feature, ...]") -> dict[str, Any]:
    return {
        "name": model.name,
        "token": model.token,
        "family": model.family,
        "part_number": model.part_number,
        "lines": model.lines,
        "display": {"width": model.display.width, "height": model.display.height, "colors": model.display.colors},
        "minimum_firmware": model.minimum_firmware,
        "features": {feature.key: model.requirement(feature).value for feature in features},
    }


def _print_model(report: dict[str, Any]) -> None:
    display = report["display"]
    rows = {
        "token": report["token"],
        "part number": report["part_number"],
        "lines": report["lines"],
        "display": f"{display['width']} x {display['height']}, {display['colors']}",
        "licensing from": f"firmware {report['minimum_firmware']}",
        **report["features"],
    }
    click.secho(report["name"], bold=True)
    for name, value in rows.items():
        click.echo(f"  {name:<22}{value}")


def _print_matrix(models: "tuple[Model, ...]", features: "tuple[Feature, ...]") -> None:
    """A table with lines on a terminal, tab-separated words in a pipe."""
    import sys

    from rich.console import Console
    from rich.table import Table

    headings = ["Model", "Token", "Firmware", *(feature.name for feature in features)]
    rows = [
        [model.name, model.token, model.minimum_firmware, *(model.requirement(one).value for one in features)]
        for model in models
    ]
    if not sys.stdout.isatty():
        for row in (headings, *rows):
            click.echo("\t".join(row))
        return
    table = Table(*headings)
    colors = {"license required": "yellow", "built in": "green", "not on this model": "dim"}
    for row in rows:
        table.add_row(*(f"[{colors[cell]}]{cell}[/]" if cell in colors else cell for cell in row))
    Console().print(table)
