"""`phone-sim fleet --write-site`: the folder of a boot server for a population."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.license_delivery import after_redemption, authority_in
from phone_sim.cli.output import say

if TYPE_CHECKING:
    from phone_sim.fleet.population.population_file import FleetFile

_AGAIN = "the same command goes on from here, and orders nothing twice"


def write_site(found: "FleetFile", folder: Path, authority_folder: Path | None, *, as_json: bool) -> None:
    """Write the files and the licenses of a population, and say what there is now."""
    from phone_sim.cli.phone_report import print_json, talk
    from phone_sim.fleet.population.bulk_licenses import BulkLicenses
    from phone_sim.fleet.population.site_folder import SiteFolder

    with ExitStack() as stack:
        authority = stack.enter_context(authority_in(authority_folder)) if authority_folder is not None else None
        licenses = BulkLicenses(found, authority)
        progress = stack.enter_context(
            click.progressbar(
                length=len(licenses.licensed), label="Licenses", file=sys.stderr, hidden=not sys.stderr.isatty()
            )
        )
        site = SiteFolder(found, folder, progress.update)
        there = site.check(licenses)
        orders = licenses.order(datetime.now(UTC))
        if authority is not None:
            stack.enter_context(after_redemption(_AGAIN))
        count = site.write(licenses)
    if as_json:
        report = {"folder": str(folder), "files": len(found.files), "licenses": count, "orders": list(orders)}
        print_json(report | {"licenses_found": there})
    else:
        before = f", {there} of which were there before," if there else ""
        phones = found.population.count
        say(f"{folder}: {len(found.files)} files and {count} licenses{before} for {phones} phones")
    if authority_folder is not None:
        from phone_sim.authority.license_authority import ANCHOR_FILE

        talk(f"Phones that are to trust this authority are given --trust {authority_folder / ANCHOR_FILE}")
