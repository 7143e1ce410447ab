"""`phone-sim models`: the feature matrix."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.options import json_option, models_option
from phone_sim.cli.output import cell, console, say

if TYPE_CHECKING:
    from phone_sim.models import Feature, Model

_ROOM_FOR_NAMES = 90


@click.command(short_help="Show the models and which features need a license.")
@click.argument("model", required=False)
@models_option
@json_option
def command(model: str | None, models_folder: Path | None, as_json: bool) -> None:
    """Show the models and which features need a license (bulletin, B1 to B3), or all about one MODEL.

    The matrix and the minimum firmware are the bulletin's; the model files say where the rest comes from. A model that
    the bulletin does not list is marked as beyond the bulletin.

    Example: phone-sim models SPIP_670
    """
    from phone_sim.cli.phone_report import print_json
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
        "in_bulletin": model.is_in_bulletin,
        "part_number": model.part_number,
        "lines": model.lines,
        "display": {"width": model.display.width, "height": model.display.height, "colors": model.display.colors},
        "minimum_firmware": model.minimum_firmware or None,
        "first_firmware": model.first_firmware or None,
        "last_firmware": model.last_firmware or None,
        "observed_builds": dict(model.builds),
        "minimum_boot_rom": model.minimum_boot_rom or None,
        "observed_boot_roms": dict(model.boot_roms),
        "features": {feature.key: model.requirement(feature).value for feature in features},
    }


def _print_model(report: dict[str, Any]) -> None:
    display = report["display"]
    rows = {
        "token": report["token"],
        "source": "bulletin (B1)" if report["in_bulletin"] else "beyond the bulletin",
        "part number": report["part_number"],
        "lines": report["lines"],
        "display": f"{display['width']} x {display['height']}, {display['colors']}",
        "licensing from": f"firmware {report['minimum_firmware']}" if report["minimum_firmware"] else "not known",
        "first firmware": report["first_firmware"] or "not known",
        "last firmware": report["last_firmware"] or "not known",
        "boot ROM for 3.2.4B": report["minimum_boot_rom"] or "not known",
        **report["features"],
    }
    say(report["name"], bold=True)
    for name, value in rows.items():
        say(f"  {name:<22}{value}")
    _print_builds("builds that were seen on real phones, and where:", report["observed_builds"])
    _print_builds("builds of the boot ROM, or of the Updater from 4.0 on:", report["observed_boot_roms"])


def _print_builds(title: str, builds: dict[str, str]) -> None:
    if builds:
        say(title)
    for build, source in builds.items():
        say(f"  {build:<22}{source}")


def _print_matrix(models: "tuple[Model, ...]", features: "tuple[Feature, ...]") -> None:
    """A table on a terminal, tab-separated words in a pipe."""
    import sys

    rows = [
        [
            model.token,
            model.name,
            model.minimum_firmware or "not known",
            *(model.requirement(one).value for one in features),
        ]
        for model in models
    ]
    if sys.stdout is None or not sys.stdout.isatty():
        say("\t".join(["Token", "Model", "Firmware", *(feature.name for feature in features), "In bulletin"]))
        for model, row in zip(models, rows, strict=True):
            say("\t".join([*row, "yes" if model.is_in_bulletin else "no"]))
        return
    from rich.table import Table

    cells = {
        "license required": cell("license", "yellow"),
        "built in": cell("built in", "green"),
        "not on this model": cell("-", "dim"),
        "not covered by the bulletin": cell("?", "dim"),
    }
    terminal = console()
    columns = ["Token", "Model", "From", *(feature.short_name for feature in features)]
    # The token says which model it is where there is no room for its name.
    shown = [place for place, name in enumerate(columns) if name != "Model" or terminal.width >= _ROOM_FOR_NAMES]
    table = Table(box=None)
    for place in shown:
        table.add_column(cell(columns[place]), no_wrap=True)
    for model, row in zip(models, rows, strict=True):
        row[0] += "" if model.is_in_bulletin else " *"
        table.add_row(*(cells.get(row[place], cell(row[place])) for place in shown))
    terminal.print(table)
    if not all(model.is_in_bulletin for model in models):
        say("*: beyond the bulletin; ?: not covered by it")
    say("license: license required; built in: no license needed; -: not on this model; From: minimum firmware")
