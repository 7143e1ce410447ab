"""A population's boot server on disk, and its licenses made in bulk."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from phone_sim.authority.license_authority import ANCHOR_FILE, LicenseAuthority, create_authority, open_authority
from phone_sim.cli.main import main
from phone_sim.errors import AuthorityError, UsageError
from phone_sim.fleet.population.bulk_licenses import REQUESTER, BulkLicenses
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.population.population_file import FleetFile, LicenseShare
from phone_sim.fleet.population.site_folder import SiteFolder
from phone_sim.fleet.virtual_run import FleetFileServer
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import read_for_phone
from phone_sim.licensing.license_key import LicenseType
from phone_sim.licensing.verdict import Valid, judge
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.trust_file import load_anchor
from tests.fleet.running import Running, completed, given_time
from tests.make import LDAP, USB_AUDIO
from tests.real_servers.nginx import Nginx
from tests.runtime.phones import fetch

AT = datetime(2026, 12, 1, tzinfo=UTC)
LAST_DAY = date(2099, 12, 31)
MASTER = (
    b'<APPLICATION CONFIG_FILES="site.cfg" LICENSE_DIRECTORY="licenses" LICENSE_DIRECTORY_SPIP450="/more/of/them"/>'
)
FILES = {"000000000000.cfg": MASTER, "site.cfg": b'<site feature.corporateDirectory.enabled="1"/>'}
OWN = LicenseShare(type=LicenseType.PHONE, share=0.5, bits=(LDAP,), expiry=NEVER)
SITES = LicenseShare(type=LicenseType.SITE, share=0.25, bits=(LDAP,), expiry=Expiry.on(LAST_DAY))
FILE = FleetFile(population=Population(count=40, models={"SPIP_670": 1.0, "SPIP_450": 1.0}), files=FILES)
LICENSED = FleetFile(population=FILE.population, files=FILES, licenses=(OWN, SITES))
DAY = """\
count = 80
[boot]
pattern = "day"
now = 2026-12-31T20:00:00
speed = 3600.0
jitter = 30.0
[server.files]
"000000000000.cfg" = '<APPLICATION CONFIG_FILES="site.cfg" LICENSE_DIRECTORY="licenses" LOG_FILE_DIRECTORY="logs"/>'
"site.cfg" = '<site feature.corporateDirectory.enabled="1" license.polling.time="00:05"/>'
[[server.licenses]]
kind = "site"
share = 0.5
features = ["LDAP"]
until = 2026-12-31
[[server.licenses]]
share = 0.25
"""


@pytest.fixture(scope="module")
def authority_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    create_authority(folder)
    return folder


@pytest.fixture
def authority(authority_folder: Path) -> Iterator[LicenseAuthority]:
    (authority_folder / "ledger.sqlite3").unlink(missing_ok=True)
    with open_authority(authority_folder) as authority:
        yield authority


def ordered(found: FleetFile, authority: LicenseAuthority | None) -> BulkLicenses:
    licenses = BulkLicenses(found, authority)
    licenses.order(AT)
    return licenses


def written(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def keys_of(data: bytes, serial: str, authority: LicenseAuthority) -> list[Any]:
    anchor = authority.anchor
    return [judge(one, serial=serial, anchor=anchor, today=AT.date()) for one in read_for_phone(data, serial).elements]


@pytest.mark.slow
def test_licenses_are_where_phones_look_for_them(authority: LicenseAuthority, tmp_path: Path) -> None:
    count = SiteFolder(LICENSED, tmp_path).write(ordered(LICENSED, authority))
    there = written(tmp_path)
    assert {name: there.pop(name) for name in FILES} == FILES
    assert len(there) == count == 20
    for number in range(40):
        phone = LICENSED.population.phone(number)
        folder = "licenses" if phone.model == "SPIP_670" else "more/of/them"
        assert (f"{folder}/{phone.mac}-license.cfg" in there) == (number % 2 == 1)


@pytest.mark.slow
def test_every_key_is_the_authoritys(authority: LicenseAuthority, tmp_path: Path) -> None:
    SiteFolder(LICENSED, tmp_path).write(ordered(LICENSED, authority))
    there = {path.name: path.read_bytes() for path in tmp_path.rglob("*-license.cfg")}
    for number in range(1, 40, 2):
        mac = LICENSED.population.phone(number).mac
        verdicts = keys_of(there[f"{mac}-license.cfg"], mac.serial, authority)
        assert all(isinstance(verdict, Valid) for verdict in verdicts)
        types = ["Site", "Phone"] if number % 4 == 3 else ["Phone"]
        assert [verdict.key.type.value for verdict in verdicts] == types


def test_ledger_knows_every_license(authority: LicenseAuthority) -> None:
    numbers = BulkLicenses(LICENSED, authority).order(AT)
    phone, site = authority.ledger.orders()
    assert numbers == (phone.number, site.number)
    assert (phone.quantity, phone.software, phone.expires) == (20, "LDAP", None)
    assert (site.quantity, site.expires) == (1, LAST_DAY)
    redeemed = authority.ledger.redemptions(number=phone.number)
    assert [each.serial for each in redeemed] == [f"0004F2{number + 1:06X}" for number in range(1, 40, 2)]
    assert {(each.requester, each.redeemed_at) for each in redeemed} == {(REQUESTER, AT)}
    [one] = authority.ledger.redemptions(number=site.number)
    assert one.serial == site.site_serial


def test_authority_makes_the_same_file_again(authority: LicenseAuthority) -> None:
    [data] = ordered(LICENSED, authority).files([1])
    again = authority.activation_files(["0004F2000002"])
    assert again == {"0004f2000002-license.cfg": data}


def test_earlier_keys_stay_in_the_file(authority: LicenseAuthority) -> None:
    """B6."""
    ordered(LICENSED, authority)
    recording = replace(LICENSED, licenses=(replace(OWN, bits=(USB_AUDIO,)),))
    [data] = ordered(recording, authority).files([1])
    assert len(read_for_phone(data, "0004F2000002").elements) == 2


def test_test_pair_writes_what_virtual_phones_get(tmp_path: Path) -> None:
    SiteFolder(LICENSED, tmp_path).write(ordered(LICENSED, None))
    there = {path.name: path.read_bytes() for path in tmp_path.rglob("*-license.cfg")}
    server = FleetFileServer(LICENSED)
    for number in range(40):
        name = f"{LICENSED.population.phone(number).mac}-license.cfg"
        in_memory = server.fetch(fetch(f"http://boot.example/licenses/{name}"))
        on_disk = serve(there).fetch(fetch(f"http://boot.example/{name}"))
        grants = [_grants(getattr(reply, "data", b""), name[:12].upper()) for reply in (in_memory, on_disk)]
        assert grants[0] == grants[1]
        assert bool(grants[0]) == (number % 2 == 1)


def _grants(data: bytes, serial: str) -> set[object]:
    elements = read_for_phone(data, serial).elements if data else ()
    found = [judge(one, serial=serial, anchor=load_anchor(), today=AT.date()) for one in elements]
    assert all(isinstance(verdict, Valid) for verdict in found)
    return {(verdict.key.type, verdict.key.grants) for verdict in found if isinstance(verdict, Valid)}


def test_logs_have_folders(tmp_path: Path) -> None:
    master = (
        b'<APPLICATION LOG_FILE_DIRECTORY="logs/[PHONE_MODEL]" LOG_FILE_DIRECTORY_SPIP450="http://else.example/x"/>'
    )
    found = FleetFile(population=FILE.population, files={"000000000000.cfg": master})
    SiteFolder(found, tmp_path).write(ordered(found, None))
    assert sorted(f"{path.relative_to(tmp_path)}" for path in tmp_path.rglob("*")) == [
        "000000000000.cfg",
        "logs",
        "logs/SPIP670",
    ]


@pytest.mark.slow
def test_interrupted_run_is_repeated(authority_folder: Path, tmp_path: Path, authority: LicenseAuthority) -> None:
    (toml := tmp_path / "phones.toml").write_text(DAY)
    root = tmp_path / "site"
    words = ("--population", str(toml), "--write-site", str(root), "--authority", str(authority_folder))
    first = json.loads(fleet(*words, "--json").stdout)
    whole = written(root)
    names = sorted(root.rglob("*-license.cfg"))
    for path in (*names[::3], root / "site.cfg"):
        path.unlink()
    (root / "licenses" / ".0004f2000001-license.cfg.abc.phone-sim-part").write_text("half a file")
    again = json.loads(fleet(*words, "--json").stdout)
    assert again.pop("licenses_found") == len(names) - len(names[::3])
    assert first.pop("licenses_found") == 0
    assert again == first
    assert written(root) == whole
    assert len(authority.ledger.orders()) == 2
    assert "2 files and 40 licenses, 40 of which were there before, for 80 phones" in fleet(*words).stdout


def test_interrupted_run_with_the_test_pair_is_repeated(tmp_path: Path) -> None:
    SiteFolder(LICENSED, tmp_path).write(ordered(LICENSED, None))
    whole = written(tmp_path)
    next(tmp_path.rglob("*-license.cfg")).unlink()
    site, licenses = SiteFolder(LICENSED, tmp_path), ordered(LICENSED, None)
    assert (site.check(licenses), site.write(licenses)) == (19, 20)
    assert written(tmp_path) == whole


def test_more_phones_and_other_terms_are_ordered_and_nothing_twice(authority: LicenseAuthority) -> None:
    first = BulkLicenses(LICENSED, authority).order(AT)
    assert BulkLicenses(LICENSED, authority).order(AT) == first
    grown = replace(LICENSED, population=LICENSED.population.of(44))
    assert BulkLicenses(grown, authority).unlicensed() == {41, 43}
    more = BulkLicenses(grown, authority).order(AT)
    assert more == (first[0], authority.ledger.orders()[2].number, first[1])
    assert authority.ledger.orders()[2].quantity == 2
    other = replace(LICENSED, licenses=(replace(SITES, expiry=NEVER), replace(SITES, share=1.0)))
    assert BulkLicenses(other, authority).order(AT) == (authority.ledger.orders()[3].number, first[1])
    assert len(authority.ledger.orders()) == 4


def test_shares_of_the_same_terms_are_one_license(authority: LicenseAuthority) -> None:
    both = replace(LICENSED, licenses=(SITES, replace(SITES, share=0.5), OWN, replace(OWN, share=0.25)))
    licenses = ordered(both, authority)
    assert [order.quantity for order in authority.ledger.orders()] == [1, 20]
    assert [len(read_for_phone(data, "0004F2000004").elements) for data in licenses.files([3])] == [2]


@pytest.mark.slow
def test_file_of_a_phone_with_other_keys_is_refused(authority: LicenseAuthority, tmp_path: Path) -> None:
    licenses = ordered(LICENSED, authority)
    SiteFolder(LICENSED, tmp_path).write(licenses)
    for path in sorted(tmp_path.rglob("*-license.cfg"))[:2]:
        path.write_bytes(path.read_bytes() + b"\n")
    recording = replace(LICENSED, licenses=(OWN, SITES, replace(OWN, bits=(USB_AUDIO,), share=1 / 40)))
    before = written(tmp_path)
    for found, count in ((LICENSED, 1), (recording, 2)):
        with pytest.raises(UsageError, match=f"and {count} more are there already with other contents"):
            SiteFolder(found, tmp_path).check(BulkLicenses(found, authority))
    assert written(tmp_path) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["site.cfg", "licenses/0004f2000002-license.cfg", "more/of/them/0004f2000004-license.cfg"]
)
def test_nothing_is_written_over(name: str, tmp_path: Path) -> None:
    population = Population(count=40, models={"SPIP_670" if name.startswith("lic") else "SPIP_450": 1.0})
    toml = tmp_path / "phones.toml"
    toml.write_text(f"count = 40\n[models]\n{next(iter(population.models))} = 1\n{_server_of(LICENSED)}")
    place = tmp_path / "site" / name
    place.parent.mkdir(parents=True)
    place.write_text("somebody's own")
    folder = tmp_path / "authority"
    create_authority(folder)
    ended = fleet("--population", str(toml), "--write-site", str(tmp_path / "site"), "--authority", str(folder))
    assert ended.exit_code == 2
    assert f"{name} is there already with other contents, and nothing is written over" in ended.stderr
    assert written(tmp_path / "site") == {name: b"somebody's own"}
    with open_authority(folder) as authority:
        assert authority.ledger.orders() == ()


def _server_of(found: FleetFile) -> str:
    files = "\n".join(f"\"{name}\" = '{data.decode()}'" for name, data in found.files.items())
    return f"[server.files]\n{files}\n[[server.licenses]]\nshare = 0.5\n"


def fleet(*words: str) -> Result:
    return CliRunner().invoke(main, ("fleet", *words), prog_name="phone-sim")


@pytest.mark.slow
def test_failed_write_says_that_licenses_are_redeemed(
    authority: LicenseAuthority, authority_folder: Path, tmp_path: Path
) -> None:
    toml = tmp_path / "phones.toml"
    toml.write_text(f"count = 3\n{_server_of(LICENSED)}")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "licenses").write_text("no folder")
    ended = fleet(
        "--population", str(toml), "--write-site", str(tmp_path / "site"), "--authority", str(authority_folder)
    )
    assert ended.exit_code == 1
    assert "licenses" in ended.stderr
    assert "the licenses are redeemed: the same command goes on from here" in ended.stderr
    assert len(authority.ledger.redemptions()) == 1


def test_authority_has_to_be_there(tmp_path: Path) -> None:
    ended = fleet("--write-site", str(tmp_path / "site"), "--authority", str(tmp_path))
    assert ended.exit_code == 1
    assert "phone-sim license init makes one" in ended.stderr
    assert not (tmp_path / "site").exists()
    ended = fleet("--virtual", "--until", "2027-01-01", "--authority", str(tmp_path))
    assert (ended.exit_code, "--authority goes with --write-site" in ended.stderr) == (2, True)


def test_refused_redemption_writes_nothing(authority: LicenseAuthority) -> None:
    twice = Population(count=2, macs=[LICENSED.population.phone(0).mac] * 2)
    share = LicenseShare(type=LicenseType.PHONE, share=1.0, bits=(LDAP,), expiry=NEVER)
    with pytest.raises(AuthorityError, match="already redeemed"):
        ordered(FleetFile(population=twice, licenses=(share,)), authority)
    assert authority.ledger.orders() == ()


@pytest.mark.real
def test_written_site_serves_a_day(authority_folder: Path, tmp_path: Path) -> None:
    """With the clocks sped up it is midnight when little more than half of the run is over."""
    (toml := tmp_path / "phones.toml").write_text(DAY)
    root = tmp_path / "site"
    words = ("--population", str(toml), "--write-site", str(root), "--authority", str(authority_folder), "--json")
    made = json.loads(fleet(*words).stdout)
    assert (made["files"], made["licenses"], len(made["orders"])) == (2, 40, 2)
    assert (root / "site.cfg").stat().st_mode & 0o777 == 0o644
    with Nginx(root, tmp_path / "work") as server:
        command = ["--server", server.url, "--population", str(toml)]
        trust = ["--trust", str(authority_folder / ANCHOR_FILE)]

        def day(seconds: str) -> dict[str, Any]:
            until_midnight = 0.57 * float(seconds.removesuffix("s"))
            toml.write_text(DAY.replace("3600.0", f"{4 * 3600 / until_midnight}"))
            words = [*command, *trust, "--headless", "--run-time", seconds, "--json"]
            ended = completed(Running(*words, "--timeout", "60"))
            found: dict[str, Any] = json.loads(ended.stdout)
            return found

        # A phone that a busy machine boots only after midnight finds the expired license there, and needs no reboot.
        result = given_time(day, lambda result: result["states"] == {"idle": 80} and result["reboots"] > 0, first="7s")
    assert (result["states"], result["as_expected"]) == ({"idle": 80}, 80)
    assert 0 < result["reboots"] <= 20
    assert result["features"]["LDAP"] == {"on": 20, "license expired, last day 2026-12-31": 20, "no license": 40}
    boots = next(row for row in result["requests"] if row["name"] == "boot")
    assert (boots["count"], boots["failures"]) == (80 + result["reboots"], 0)
