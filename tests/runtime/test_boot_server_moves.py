"""Phones that are sent from one real boot server to another, and how that ends (D21)."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from phone_sim import BootServer, MemorySite, VirtualPhone
from phone_sim.cli.main import main
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.network_effects import CanMove, Move, MovesEndlessly
from phone_sim.runtime.boot_server_moves import BootServerMoves
from phone_sim.scenario.read import read_scenario
from phone_sim.scenario.run import run_scenario
from tests.firmware.parameters.test_device_parameters import switched_on
from tests.make import MAC, element, master


@pytest.fixture
def servers() -> Iterator[tuple[BootServer, BootServer]]:
    with ExitStack() as stack:
        first, second = (stack.enter_context(BootServer(MemorySite({}), tftp_port=None)) for _ in range(2))
        yield first, second


def fill(server: BootServer, name: str, **device: str) -> None:
    server.put("000000000000.cfg", master(CONFIG_FILES=name))
    server.put(name, element("a", switched_on(**device)))


def asked(server: BootServer) -> list[str]:
    return [one.path for one in server.requests]


def test_phone_goes_over_and_tells_the_new_server_no_password(servers: tuple[BootServer, BootServer]) -> None:
    old, new = servers
    fill(old, "old.cfg", prov_serverName=new.url, sntp_gmtOffset="3600")
    fill(new, "new.cfg")
    with VirtualPhone(old.url.replace("//", "//me:secret@"), mac=MAC) as phone:
        phone.boot()
        assert asked(old) == [f"{MAC}.cfg", "000000000000.cfg", "old.cfg", f"{MAC}-phone.cfg", f"{MAC}-web.cfg"]
        assert asked(new)[:3] == [f"{MAC}.cfg", "000000000000.cfg", "new.cfg"]
        assert asked(new)[-1] == f"{MAC}-app.log"
        assert all(one.request.location.credentials is None for one in phone.requests if one.url.startswith(new.url))
        assert phone.parameter("device.sntp.gmtOffset").value == "3600"
        assert phone.reboots == ("the boot server has changed",)


def cli(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    "verb",
    [
        ["boot", "--json"],
        ["run", "--now", "2026-03-02", "--speed", "max", "--until", "2026-03-09", "--json"],
        ["run", "--json"],
        ["parameters"],
    ],
)
def test_run_between_two_servers_ends_with_an_error_that_names_both(
    servers: tuple[BootServer, BootServer], verb: list[str]
) -> None:
    one, two = servers
    fill(one, "one.cfg", prov_serverName=two.url)
    fill(two, "two.cfg", prov_serverName=one.url)
    code, _, said = cli(*verb, "--server", one.url)
    assert code == 1
    assert (
        f"boot servers send the phone to each other: {one.url} to {two.url} (one.cfg, line 1), "
        f"{two.url} to {one.url} (two.cfg, line 1); correct device.prov.serverName in one of the files"
    ) in said
    code, out, _ = cli("boot", "--json", "--stay", "--server", one.url)
    assert code == 0
    assert json.loads(out)["reboots"] == []


def test_kept_parameters_are_shown_with_where_they_come_from(
    servers: tuple[BootServer, BootServer], tmp_path: Path
) -> None:
    server, _ = servers
    fill(server, "site.cfg", prov_user="u", prov_password="secret")
    state = ["--server", server.url, "--state-dir", f"{tmp_path}"]
    fill(server, "site.cfg", syslog_facility="3", auth_localUserPassword="secret")
    assert cli("boot", *state)[0] == 0
    server.put("site.cfg", element("a", {"a.b": "1"}))
    code, out, _ = cli("parameters", *state, "device.*")
    assert code == 0
    rows = [line.split("\t") for line in out.splitlines()]
    assert ["device.syslog.facility", "3", "site.cfg", "", "kept in flash from an earlier boot", ""] in rows
    assert ["device.auth.localUserPassword", "****", "site.cfg"] in [row[:3] for row in rows]


def test_scenario_step_between_two_servers_fails(servers: tuple[BootServer, BootServer], tmp_path: Path) -> None:
    one, two = servers
    fill(one, "one.cfg", prov_serverName=two.url)
    fill(two, "two.cfg", prov_serverName=one.url)
    path = tmp_path / "moves.phone.toml"
    path.write_text(
        f"""title = "moves"
start = "2026-03-02T08:00"
[phones.one]
[server]
url = "{one.url}"
[[steps]]
boot = true
[[steps]]
run_for = "1d"
"""
    )
    (failure,) = run_scenario(read_scenario(path)).failures
    assert failure.number == 1
    assert "one: boot servers send the phone to each other" in failure.unmet.found


def test_fleet_stays_with_its_boot_server(tmp_path: Path) -> None:
    path = tmp_path / "phones.toml"
    site = element("a", switched_on(prov_serverName="http://elsewhere.example/")).decode()
    path.write_text(
        f"""count = 3
[server.files]
"000000000000.cfg" = '<APPLICATION CONFIG_FILES="site.cfg"/>'
"site.cfg" = '{site}'
"""
    )
    span = ("--now", "2026-01-01", "--until", "2026-01-02")
    result = CliRunner().invoke(
        main, ["fleet", "--virtual", *span, "--population", f"{path}", "--log-of", "0004f2000001"]
    )
    assert result.exit_code == 0
    assert result.stdout.startswith("3 phones, 3 as expected, 0 reboots")
    said = (
        "Boot server http://elsewhere.example/ (site.cfg, line 1) is not used: the phone is set to keep its boot server"
    )
    assert said in result.stderr


def move(source: str, target: str) -> Move:
    source_server, target_server = (BootServerAddress.parse(f"http://{name}/") for name in (source, target))
    return Move(source=source_server, target=target_server, place="a.cfg")


def test_moves_end_where_the_phone_was_before_and_begin_anew_with_another_boot() -> None:
    moves = BootServerMoves()
    assert moves.ask(move("a", "b")) == CanMove()
    moves.reboot()
    assert moves.ask(move("b", "c")) == CanMove()
    moves.reboot()
    refused = moves.ask(move("c", "a"))
    assert isinstance(refused, MovesEndlessly)
    assert moves.endless == refused
    assert len(refused.moves) == 3
    moves.reboot()
    assert moves.ask(move("c", "a")) == CanMove()
    assert len(moves.made) == 1
