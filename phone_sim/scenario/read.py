"""Reading a scenario file: phones, boot server and the rest of its head; the steps are read in `steps`.

phone_sim = 1                           # the form of the file; by this first key pytest knows a scenario
title = "What this shows"               start = "2026-03-02T08:00"    # UTC without an offset; or "unset" (D12)
seed = 0   timeout = 2.0                protocol = "memory"           # http, https, tftp: real sockets
faults = ["503 file=*-license.cfg"]     # rules of `phone_sim.boot_server.faults`; with real sockets only
expect = "configured"                   # or booted, clean, licensed, any; a step's `expect.boot` beats it

[phones.desk]                           # a name; all of these may be left out
model = "SPIP_670"                      # mac: 0004f2000001 for the first phone, ...2 for the second
firmware = "3.3.0"                      license_fetch = "firmware"    # or when-needed, always (D8)
boot_rom = false                        # true: it starts with its boot ROM, which opens the firmware image (D28)

[server.files]
"000000000000.cfg" = '<APPLICATION CONFIG_FILES="site.cfg"/>'

[[server.licenses]]                     # signed with the test pair (D5)
kind = "site"                           # or phone; phone licenses never expire (B11)
for = "104500017731"                    # the site's serial; a phone's name or MAC
features = ["LDAP"]                     # keys, names or suites; the Productivity Suite if left out
until = 2026-12-31                      # the last day
forged = true                           file = "000000000000-license.cfg"

[server]                                # or a boot server of the user's: `phone_sim.scenario.target_server`
url = "http://boot.example/"
"""

from collections.abc import Mapping
from pathlib import Path

from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.errors import UsageError
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.firmware.license_fetch import DEFAULT_LICENSE_FETCH, LICENSE_FETCH
from phone_sim.firmware.profile import profile_for, usual_firmware
from phone_sim.mac_address import DEFAULT_MAC, MacAddress
from phone_sim.runtime.model_files import load_model
from phone_sim.runtime.toml_file import read_toml
from phone_sim.scenario.licenses import activation_files
from phone_sim.scenario.scenario import EmbeddedServer, NamedServer, Protocol, Scenario, ScenarioPhone
from phone_sim.scenario.steps import (
    SERVER_ACTIONS,
    StepReferences,
    check_fault,
    read_boot_expectation,
    read_files,
    read_step,
)
from phone_sim.scenario.target_server import NAMED_KEYS, read_named
from phone_sim.toml_table import Table

# Ours.
PHONE_LIMIT = 100
STEP_LIMIT = 1000
_KEYS = ("title", "start", "seed", "protocol", "timeout", "expect", "phones", "server", "faults", "steps", "phone_sim")
_EMBEDDED_KEYS = ("files", "licenses")
_FIRST_MAC = int(DEFAULT_MAC.digits, 16)


def read_scenario(file: Path) -> Scenario:
    """The scenario in a file.

    Raises:
        UsageError: it is none; the message names file, line and key, what is wrong and what is allowed.
    """
    top = read_toml(file)
    top.only(_KEYS)
    top.whole("phone_sim", low=1, high=1, default=1)
    protocol = Protocol(top.choice("protocol", [each.value for each in Protocol], Protocol.MEMORY.value))
    phones = _phones(top.table("phones", default={}))
    steps = top.tables("steps")
    if not 1 <= len(steps) <= STEP_LIMIT:
        raise top.error("steps", f"a scenario has 1 to {STEP_LIMIT} steps, not {len(steps)}")
    boot = read_boot_expectation(top, "expect", BootExpectation.CONFIGURED)
    references = StepReferences(phones=phones, protocol=protocol, boot=boot)
    return Scenario(
        file=str(file),
        title=top.text("title"),
        start=None if top.values.get("start") == "unset" else top.instant("start"),
        seed=top.whole("seed", high=2**63 - 1, default=0),
        timeout=top.number("timeout", low=0.1, high=60.0, default=2.0, unit="seconds"),
        phones=tuple(phones.values()),
        server=_server(top, protocol, phones),
        embedded_only=_first_for_embedded(top),
        steps=tuple(read_step(step, references) for step in steps),
    )


def _server(top: Table, protocol: Protocol, phones: Mapping[str, ScenarioPhone]) -> EmbeddedServer | NamedServer:
    table = top.table("server", (*_EMBEDDED_KEYS, *NAMED_KEYS), {})
    named = read_named(table, phones.values())
    if named is not None:
        if place := _first_for_embedded(top):
            raise UsageError(
                f"{place}: only the embedded boot server can do this, and {table.place('url')} names another"
            )
        return named
    files = read_files(table.table("files", default={}))
    faults = top.texts("faults")
    for rule in faults:
        check_fault(top, "faults", rule, protocol)
    return EmbeddedServer(
        protocol=protocol, files=files | activation_files(table.tables("licenses"), phones), faults=faults
    )


def _first_for_embedded(top: Table) -> str:
    """The place of the first thing that only the embedded boot server can do; empty when there is none."""
    for table, keys in (
        (top, ("protocol", "faults")),
        (top.table("server", default={}), _EMBEDDED_KEYS),
        *((step, SERVER_ACTIONS) for step in top.tables("steps")),
    ):
        for key in keys:
            if key in table.values:
                return table.place(key)
    return ""


def _phones(table: Table) -> dict[str, ScenarioPhone]:
    if not 1 <= len(table.values) <= PHONE_LIMIT:
        raise table.error(None, f"a scenario has 1 to {PHONE_LIMIT} phones, not {len(table.values)}")
    phones: dict[str, ScenarioPhone] = {}
    owners: dict[MacAddress, str] = {}
    for index, name in enumerate(table.values):
        phones[name] = phone = _phone(table.table(name), name, f"{_FIRST_MAC + index:012x}")
        if (owner := owners.setdefault(phone.mac, name)) != name:
            raise table.table(name).error("mac", f"{phone.mac} is the MAC address of {owner} as well")
    return phones


def _phone(table: Table, name: str, default_mac: str) -> ScenarioPhone:
    table.only(("model", "mac", "firmware", "license_fetch", "boot_rom"))
    model, mac = table.text("model", DEFAULT_MODEL), table.text("mac", default_mac)
    firmware = table.text("firmware", usual_firmware([table.convert("model", lambda: load_model(model))]))
    table.convert("firmware", lambda: profile_for(firmware))
    return ScenarioPhone(
        name=name,
        model=model,
        mac=table.convert("mac", lambda: MacAddress.parse(mac)),
        firmware=firmware,
        always_fetches_license=LICENSE_FETCH[table.choice("license_fetch", LICENSE_FETCH, DEFAULT_LICENSE_FETCH)],
        boot_rom=table.flag("boot_rom", False),
    )
