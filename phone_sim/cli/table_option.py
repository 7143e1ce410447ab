"""`--table`: parameters of the user's own, besides those of the vendor's tables."""

from pathlib import Path

import click

table_option = click.option(
    "--table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table with further parameters, in the form of the vendor's. Each replaces the one of its name.",
)
