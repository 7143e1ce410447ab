"""Reading population files: what is taken, what is refused, and where the message says it is."""

from datetime import UTC, date, datetime
from http import HTTPStatus
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from phone_sim.boot_server.fault_kinds import Reset, Status, Truncate
from phone_sim.errors import UsageError
from phone_sim.fleet.population.fault_share import FaultShare
from phone_sim.fleet.population.phones import Pattern
from phone_sim.fleet.population.population_file import LicenseShare, read_fleet_file
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_key import LicenseType
from tests.make import LDAP, NWAY_CONFERENCE, USB_AUDIO, VOICE_QUALITY

WHOLE = """\
count = 10
seed = 7
first_mac = "0004f2100000"
license_fetch = "always"
boot_rom = true
sources = ["127.1.0.0/24", "127.2.0.1"]
firmware = { "3.3.0" = 3, "4.0.1" = 1 }

[models]
SPIP_670 = 60
SSIP_7000 = 40.5

[boot]
pattern = "ramp"
seconds = 120
now = 2026-12-31T22:00:00
jitter = 30

[faults]
share = 0.02
kinds = { 503 = 3, "truncate=100" = 0.5, reset = 1 }

[server.files]
"/000000000000.cfg" = "<APPLICATION/>"

[[server.licenses]]
kind = "site"
share = 0.8
features = ["LDAP"]
until = 2026-12-31

[[server.licenses]]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "phones.toml"
    file.write_text(text)
    return file


def test_every_key_is_read(tmp_path: Path) -> None:
    found = read_fleet_file(written(tmp_path, WHOLE))
    population = found.population
    assert (population.count, population.seed, str(population.first_mac)) == (10, 7, "0004f2100000")
    assert (population.always_fetches_license, population.boot_rom) == (True, True)
    assert population.models == {"SPIP_670": 60.0, "SSIP_7000": 40.5}
    assert population.firmwares == {"3.3.0": 3.0, "4.0.1": 1.0}
    assert population.source_networks == (IPv4Network("127.1.0.0/24"), IPv4Network("127.2.0.1/32"))
    assert (population.pattern, population.seconds) == (Pattern.RAMP, 120.0)
    assert (population.now, population.jitter) == (datetime(2026, 12, 31, 22, tzinfo=UTC), 30.0)
    assert population.faults == FaultShare(
        share=0.02, kinds=((Status(HTTPStatus.SERVICE_UNAVAILABLE), 3.0), (Truncate(100), 0.5), (Reset(), 1.0))
    )
    assert found.files == {"000000000000.cfg": b"<APPLICATION/>"}
    assert found.licenses == (
        LicenseShare(type=LicenseType.SITE, share=0.8, bits=(LDAP,), expiry=Expiry.on(date(2026, 12, 31))),
        LicenseShare(
            type=LicenseType.PHONE,
            share=1.0,
            bits=(USB_AUDIO, NWAY_CONFERENCE, LDAP, VOICE_QUALITY),
            expiry=NEVER,
        ),
    )


def test_patterns_have_keys_of_their_own(tmp_path: Path) -> None:
    rolling = "[boot]\npattern = 'rolling'\nseconds = 60\ngroup = 50\nevery = 30.5"
    population = read_fleet_file(written(tmp_path, rolling)).population
    assert (population.pattern, population.seconds) == (Pattern.ROLLING, 60.0)
    assert (population.group, population.every) == (50, 30.5)
    population = read_fleet_file(written(tmp_path, "[boot]\npattern = 'day'\nspeed = 60")).population
    assert (population.pattern, population.speed, population.now) == (Pattern.DAY, 60.0, None)


def test_every_fault_can_be_left_to_the_share(tmp_path: Path) -> None:
    faults = read_fleet_file(written(tmp_path, "[faults]\nshare = 0.5")).population.faults
    assert faults is not None
    assert [str(kind) for kind, _ in faults.kinds] == ["503", "down", "reset", "stall", "truncate=100", "corrupt"]


def test_empty_file_is_one_phone(tmp_path: Path) -> None:
    found = read_fleet_file(written(tmp_path, ""))
    phone = found.population.phone(0)
    assert found.population.count == 1
    assert (phone.model, phone.firmware, str(phone.mac)) == ("SPIP_670", "3.3.0", "0004f2000001")
    assert (found.files, found.licenses, found.population.faults) == ({}, (), None)


def test_phones_all_of_a_model_beyond_the_bulletin_have_the_firmware_that_is_known_of_it(tmp_path: Path) -> None:
    population = read_fleet_file(written(tmp_path, "[models]\nVVX_400 = 1")).population
    assert population.firmwares == {"4.1.4.7430": 1.0}


def test_listed_addresses_are_the_count(tmp_path: Path) -> None:
    population = read_fleet_file(written(tmp_path, 'macs = ["0004f2aabbcc", "00:04:f2:aa:bb:cd"]')).population
    assert population.count == 2
    assert str(population.phone(1).mac) == "0004f2aabbcd"


def test_day_begins_at_midnight(tmp_path: Path) -> None:
    for day in ("2026-12-31", '"2026-12-31"'):
        population = read_fleet_file(written(tmp_path, f"[boot]\nnow = {day}")).population
        assert population.now == datetime(2026, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\ncuont = 3", "2: cuont: unknown key"),
        ("count = -1", "1: count: -1 is not a whole number"),
        ("count = 0", "1: count: a population has 1 to"),
        ("count = 2_000_000", "1: count: 2000000 is not a whole number"),
        ('first_mac = "4f2000001"', "1: first_mac: '4f2000001' has 9 of the 12 digits"),
        ('macs = ["0004f2aabbcc", "0004F2AABBCC"]', "1: macs: a MAC address is listed twice"),
        ('macs = ["0004f2aabbcc"]\nfirst_mac = "0004f2aabbcc"', "1: macs: macs and first_mac exclude each other"),
        ('count = 2\nmacs = ["0004f2aabbcc"]', "1: count: 1 MAC addresses are too few"),
        ("count = 1\n[models]\nSPIP_9 = 1", "3: models.SPIP_9: unknown model 'SPIP_9'"),
        ('[models]\nSPIP_670 = "all"', "2: models.SPIP_670: 'all' is not a number"),
        ("[models]\nSPIP_670 = -1", "2: models.SPIP_670: -1 is not a number"),
        ("[models]\nSPIP_670 = nan", "2: models.SPIP_670: nan is not a number"),
        ("[models]\nSPIP_670 = 0", "1: models: the shares are all 0"),
        ('firmware = "9.0"', "1: firmware: firmware 9.0 is not known"),
        ('[firmware]\n"9.0" = 1', '2: firmware."9.0": firmware 9.0 is not known'),
        ('sources = ["127.0.0.300"]', "1: sources:"),
        ('license_fetch = "never"', "1: license_fetch: 'never' is not one of"),
        ('[boot]\npattern = "flood"', "2: boot.pattern: 'flood' is not one of: storm, ramp"),
        ("[boot]\nseconds = -1\npattern = 'ramp'", "2: boot.seconds: -1 is not a number of seconds"),
        ("[boot]\nseconds = 9", "2: boot.seconds: unknown key; expected one of: pattern, now, jitter"),
        ("[boot]\npattern = 'ramp'\nspeed = 9", "3: boot.speed: unknown key"),
        ("[boot]\npattern = 'rolling'\nevery = 1", "1: boot.group: missing; expected a"),
        ("[boot]\npattern = 'rolling'\nevery = 1\ngroup = 0", "4: boot.group: no phone at a time"),
        ("[boot]\npattern = 'rolling'\ngroup = 5", "1: boot.every: missing; expected a"),
        ("[boot]\npattern = 'day'\nspeed = 0", "3: boot.speed: clocks that stand still"),
        ("[boot]\nnow = 'noon'", "2: boot.now: 'noon' is not a time or a day"),
        ("[boot]\njitter = 50000", "2: boot.jitter: 50000 is not a number of seconds"),
        ("[faults]\nshare = 2", "2: faults.share: 2 is not a number from 0 to 1"),
        ("[faults]\nkinds = { down = 1 }", "1: faults.share: missing; expected a"),
        ("[faults]\nshare = 1\nkinds = { down = 0 }", "3: faults.kinds: the shares are all 0"),
        ("[faults]\nshare = 1\nkinds = { delay = 1 }", "3: faults.kinds.delay: it is no fault that can be on the way"),
        (
            '[faults]\nshare = 1\n[faults.kinds]\n"reset=9" = 1',
            '4: faults.kinds."reset=9": it is no fault that can be on the way',
        ),
        ("[faults]\nshare = 1\nrate = 1", "3: faults.rate: unknown key"),
        ("[server.files]\n'../a.cfg' = 'a'", '2: server.files."../a.cfg": it names no file below the root'),
        ("[boot]\nspan = 1", "2: boot.span: unknown key"),
        ("[server.files]\n'a.cfg' = 3", '2: server.files."a.cfg": 3 is not a text'),
        ("[[server.licenses]]\nuntil = 2026-12-31", "2: server.licenses[1].until: an individual phone license"),
        ("[boot]\nnow = 07:32:00", "2: boot.now: 07:32:00 is not a time or a day"),
        ("[boot]\nnow = 1500-01-01", "2: boot.now: 1500-01-01T00:00:00 is not between 1970 and 2186"),
        ("count = 3\nmacs = []", "2: macs: the list is empty"),
        ("sources = []", "1: sources: the list is empty"),
        ("[[server.licenses]]\nfeatures = []", "2: server.licenses[1].features: the list is empty"),
        ("[server.files]\n'a' = '1'\n'/a' = '2'", '3: server.files."/a": a is there twice'),
        ("[server.files]\n'a/b' = '1'\n'a' = '2'", '2: server.files."a/b": a is a file, and cannot be a folder'),
        (
            "[[server.licenses]]\nkind = 'site'\nuntil = 2000-12-31",
            "3: server.licenses[1].until: a license cannot end on 2000-12-31: its last day",
        ),
        ("[[server.licenses]]\nshare = 1.5", "2: server.licenses[1].share: 1.5 is not a number from 0 to 1"),
        ("[[server.licenses]]\nfeatures = 'Telepathy'", "2: server.licenses[1].features:"),
    ],
)
def test_error_names_line_and_key(tmp_path: Path, text: str, message: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_fleet_file(file)
    assert str(caught.value).startswith(f"{file}:{message}")
