"""What the verbs take for the time where they are told none: that of the system, which is frozen here."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from freezegun import freeze_time

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from phone_sim.licensing.license_file import write
from tests.authority import new_authority
from tests.make import LDAP, MAC, SITE_FILE, configured, master, signed_key, until

LAST_DAY = "2026-12-31T12:00"
DAY_AFTER = "2027-01-01T12:00"
SITE_LICENSE = write([signed_key({LDAP: until("2026-12-31")})])
DAYS = pytest.mark.parametrize(("now", "is_on"), [(LAST_DAY, True), (DAY_AFTER, False)])


def phone_sim(*words: str) -> Result:
    """Run a verb in this process."""
    return CliRunner().invoke(main, words, prog_name="phone-sim")


@pytest.fixture
def server() -> Iterator[str]:
    """A boot server with a site license that ends with the year."""
    files = {"000000000000.cfg": master(CONFIG_FILES="site.cfg"), "site.cfg": configured("LDAP")}
    with BootServer(MemorySite(files | {SITE_FILE: SITE_LICENSE})) as running:
        yield running.url


@DAYS
def test_boot_shows_logs_and_judges_by_the_present_day(server: str, now: str, is_on: bool) -> None:
    with freeze_time(now):
        done = phone_sim("boot", "--server", server, "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert {one["key"]: one["on"] for one in report["features"]}["LDAP"] == is_on
    assert {line[:8] for line in report["log"]} == {"12311200" if is_on else "01011200"}


def test_run_goes_on_from_the_present_time(server: str) -> None:
    with freeze_time(LAST_DAY):
        words = ("--server", server, "--speed", "max", "--until", "2027-01-02", "--json")
        report = json.loads(phone_sim("run", *words).stdout)
    assert report["reboots"] == ["a license has expired"]
    assert report["log"][0].startswith("12311200")
    with freeze_time(DAY_AFTER):
        assert json.loads(phone_sim("run", *words).stdout)["reboots"] == []


@pytest.mark.parametrize(
    ("now", "ahead", "code"), [(LAST_DAY, 0, 0), (LAST_DAY, 13, 4), (DAY_AFTER, 0, 4), (DAY_AFTER, -13, 0)]
)
def test_check_judges_by_the_day_where_its_user_is(tmp_path: Path, now: str, ahead: int, code: int) -> None:
    (file := tmp_path / "site.cfg").write_bytes(SITE_LICENSE)
    with freeze_time(now, tz_offset=timedelta(hours=ahead)):
        assert phone_sim("check", str(file), "--mac", MAC.digits).exit_code == code


@DAYS
def test_virtual_fleet_begins_at_the_present_time(tmp_path: Path, now: str, is_on: bool) -> None:
    files = "\n".join(
        f"\"{name}\" = '{data.decode()}'"
        for name, data in {"000000000000.cfg": master(CONFIG_FILES="site.cfg"), "site.cfg": configured("LDAP")}.items()
    )
    license_ = 'kind = "site"\nfeatures = ["LDAP"]\nuntil = 2026-12-31'
    (population := tmp_path / "phones.toml").write_text(
        f"count = 3\n[models]\nSPIP_670 = 1\n[server.files]\n{files}\n[[server.licenses]]\n{license_}\n"
    )
    with freeze_time(now):
        done = phone_sim(
            "fleet", "--virtual", "--population", str(population), "--until", f"{now[:10]}T20:00", "--json"
        )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["features"]["LDAP"].get("on", 0) == (3 if is_on else 0)


def test_order_and_redemption_have_the_present_time(tmp_path: Path) -> None:
    new_authority(tmp_path / "authority")
    words = ("license", "--authority", str(tmp_path / "authority"))
    with freeze_time(LAST_DAY):
        number = phone_sim(*words, "order").stdout.strip()
    with freeze_time(DAY_AFTER):
        assert phone_sim(*words, "redeem", number, MAC.digits, "--publish", str(tmp_path / "site")).exit_code == 0
    (order,) = json.loads(phone_sim(*words, "orders", "--json").stdout)
    assert order["ordered_at"].startswith(LAST_DAY)
    assert order["redemptions"][0]["redeemed_at"].startswith(DAY_AFTER)
