"""The sample log of the bulletin, byte for byte (B14, D16)."""

from dataclasses import replace

import pytest

from phone_sim.firmware.features import NotLicensed
from phone_sim.firmware.log_line import LogStyle, parse_line
from phone_sim.firmware.session import Identity
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import write
from tests.make import (
    LDAP,
    PHONE_FILE,
    SITE_FILE,
    Dialogue,
    boot,
    configured,
    forged,
    identity,
    master,
    signed_key,
)
from tests.sample_log import SAMPLE_LOG

# Typed from the bulletin, page 8; the lines that its page width folded are whole here.
SAMPLE = SAMPLE_LOG.splitlines()

# A phone at GMT+7 that never got the time, with LDAP in use and five keys whose signature does not verify.
SITE = {
    "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
    "site.cfg": configured("LDAP", tcpIpApp_sntp_gmtOffset="25200"),
    PHONE_FILE: write([forged(signed_key(dict.fromkeys(range(5), NEVER)))]),
}


def lines_of(phone: Identity, files: dict[str, bytes]) -> list[str]:
    """The lines of `lic`, `ldap` and `efk` (D17)."""
    dialogue = Dialogue(files)
    service = dialogue.run(boot(phone))
    assert any(isinstance(gate, NotLicensed) for gate in service.gates)
    parsed = [(line, parse_line(line)) for line in dialogue.lines]
    return [line for line, found in parsed if found is not None and found.component in ("lic", "ldap", "efk")]


@pytest.mark.parametrize("firmware", ["3.3.0", "4.0.15.1047"])
def test_sample_log_byte_for_byte(firmware: str) -> None:
    assert len(SAMPLE) == 14
    assert lines_of(identity(firmware=firmware, always_fetches_license=False), SITE) == SAMPLE


def test_sample_log_of_sip_3_software() -> None:
    numbered = b"<sip feature.19.name='corporate-directory' feature.19.enabled='1' tcpIpApp.sntp.gmtOffset='25200'/>"
    assert lines_of(identity(firmware="3.2.3.1734"), SITE | {"site.cfg": numbered}) == SAMPLE


def test_sample_log_as_real_phones_pad_it() -> None:
    padded = replace(identity(), style=LogStyle.PHONE)
    assert lines_of(padded, SITE) == [line.replace("|lic |", "|lic  |").replace("|efk |", "|efk  |") for line in SAMPLE]


def test_forged_site_license_is_called_one() -> None:
    key = forged(signed_key({LDAP: NEVER}, serial="000000012345"))
    lines = lines_of(identity(), SITE | {SITE_FILE: write([key]), PHONE_FILE: b"<licenses/>"})
    assert "0101070000|lic |4|03|cfgCfsKeysUpdateLicenseParse: Site license is not valid" in lines
