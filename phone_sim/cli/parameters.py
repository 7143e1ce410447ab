"""`phone-sim parameters`: the parameters in force on a phone, and the file that set each."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.options import PhoneOptions, json_option, phone_options, site_option
from phone_sim.cli.output import cell, console, say, warn
from phone_sim.cli.table_option import table_option

if TYPE_CHECKING:
    from phone_sim.firmware.parameters.dictionary import Declaration, ParameterDictionary
    from phone_sim.firmware.parameters.provenance import ParametersInForce, Setting


@click.command(short_help="Show the parameters in force on a phone, and the file that set each.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@phone_options
@site_option
@click.option("--changed", is_flag=True, help="Hide parameters that have their default.")
@click.option("--conflicts", is_flag=True, help="Show only what is set more than once, by several files or by one.")
@click.option("--describe", is_flag=True, help="Describe the parameters instead: type, range, choices and default.")
@table_option
@json_option
def command(
    names: tuple[str, ...],
    phone: PhoneOptions,
    site: Path | None,
    changed: bool,
    conflicts: bool,
    describe: bool,
    table: Path | None,
    as_json: bool,
) -> None:
    """Show the parameters in force on a phone, and the file and line that set each.

    The phone boots once, from --server or from the files in --site, and every parameter that a file sets is shown: its
    value in force, where it comes from, and which values it masks. A NAME may be a pattern, as 'reg.1.*'; by its name a
    parameter that no file sets is shown, too, with its default. A value that cannot be used is replaced by the default,
    and shown as masked.

    In a pipe the columns are separated by tabs: name, value, file, line, what the file is to the phone, why the first
    masked value is not in force, and for each masked value its place, '=' and the value. Passwords are shown as ****.

    \b
    Examples: phone-sim parameters --site ./site --mac 0004f2000001 --model VVX_1500
              phone-sim parameters --server http://192.0.2.1/ --mac 0004f2000001 'reg.1.*'
              phone-sim parameters --describe 'dir.corp.*'
    """
    from phone_sim.runtime.parameter_tables import with_table

    identity = phone.identity()
    warn(identity.firmware_warning)
    dictionary = identity.dictionary if table is None else with_table(identity.dictionary, table)
    if describe:
        _describe(dictionary, names, as_json=as_json)
        return
    found = _chosen(_booted(phone, site, dictionary), dictionary, names)
    if conflicts:
        found = [setting for setting in found if setting.is_set_repeatedly]
    if changed:
        found = [setting for setting in found if not _is_default(setting, dictionary)]
    _show(found, as_json=as_json)


def _is_default(setting: "Setting", dictionary: "ParameterDictionary") -> bool:
    declared = dictionary.lookup(setting.name)
    return declared is not None and setting.value == declared.default


def _booted(phone: PhoneOptions, site: Path | None, dictionary: "ParameterDictionary") -> "ParametersInForce":
    """The parameters of the phone, booted once.

    Raises:
        UsageError: both a site and a server are given.
        PhoneSimError: the boot server has no whole configuration for the phone.
    """
    from phone_sim.cli.booted_phone import booted_phone
    from phone_sim.cli.phone_report import check_boot
    from phone_sim.errors import PhoneSimError

    with booted_phone(phone, site, dictionary=dictionary) as driven:
        service = driven.driver.phone.service
        if site is not None and service is not None and service.configuration.problem:
            raise PhoneSimError(f"{site}: {service.configuration.problem}")
        check_boot(driven.driver)
        return driven.parameters


def _chosen(
    parameters: "ParametersInForce", dictionary: "ParameterDictionary", names: tuple[str, ...]
) -> "list[Setting]":
    """The settings of these names and patterns, of all that files set without any.

    Raises:
        UsageError: a name that no file sets and the dictionary does not have.
    """
    from fnmatch import fnmatchcase

    from phone_sim.errors import UsageError

    if not names:
        return list(parameters.values())
    there = list(parameters)
    chosen: dict[str, Setting] = {}
    for name in names:
        matching = [one for one in there if fnmatchcase(one, name)]
        matching += [one.pattern for one in dictionary.matching(name) if "#" not in one.pattern]
        if not matching and dictionary.find(name) is None:
            raise UsageError(f"no file sets {name!r}, and {dictionary.name} has no such parameter")
        chosen |= {one: parameters[one] for one in matching or [name]}
    return list(chosen.values())


def _show(found: "list[Setting]", *, as_json: bool) -> None:
    """A table on a terminal, tab-separated in a pipe."""
    import sys

    from phone_sim.cli.phone_report import print_json

    if as_json:
        print_json([setting.as_json() for setting in found])
    elif sys.stdout is None or not sys.stdout.isatty():
        for setting in found:
            source = setting.source
            place = ("", "", "default") if source is None else (source.file, str(source.line or ""), _kind(setting))
            masked = (f"{one.source}={setting.shown(one.value)}" for one in setting.masked)
            say("\t".join((setting.name, setting.shown(setting.value), *place, setting.objection, *masked)))
    else:
        _show_table(found)


def _kind(setting: "Setting") -> str:
    kind = setting.source.kind if setting.source is not None else None
    return "" if kind is None else kind.value


def _show_table(found: "list[Setting]") -> None:
    from rich.table import Table

    table = Table(box=None)
    for column in ("Parameter", "Value", "Set by", "Masks"):
        table.add_column(cell(column), overflow="fold")
    for setting in found:
        place = cell(setting.source_text, "dim" if setting.source is None else "")
        masked = cell(setting.masked_text, "yellow" if setting.objection or setting.is_in_conflict else "dim")
        table.add_row(cell(setting.name), cell(setting.shown(setting.value)), place, masked)
    console().print(table)


def _describe(dictionary: "ParameterDictionary", names: tuple[str, ...], *, as_json: bool) -> None:
    from phone_sim.cli.phone_report import print_json
    from phone_sim.errors import UsageError

    found: dict[str, Declaration] = {}
    for name in names or ("*",):
        matching = dictionary.matching(name)
        if not matching:
            raise UsageError(f"{dictionary.name} has no parameter {name!r}")
        found |= {one.pattern: one for one in matching}
    reports = [_declaration_report(one) for one in found.values()]
    if as_json:
        print_json(reports)
        return
    for report in reports:
        say("\t".join((report["name"], report["index"], report["type"], report["expected"], report["default"])))


def _declaration_report(declared: "Declaration") -> dict[str, str]:
    """A parameter as `--describe` gives it."""
    return {
        "name": declared.pattern,
        "index": ",".join(f"{index.start}-{index.stop - 1}" for index in declared.indexes),
        "type": declared.type.value,
        "expected": declared.expected,
        "default": declared.default,
    }
