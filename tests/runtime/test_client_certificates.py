"""What TLS is a phone's own: its certificate, and the versions that its firmware is known to speak."""

import ssl
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from phone_sim.errors import UsageError
from phone_sim.firmware.effects import Fetched, FetchReply
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.client_certificates import check_certificates, own_tls
from phone_sim.runtime.transport import Limits, Tls
from phone_sim.runtime.virtual_phone import VirtualPhone
from phone_sim.scenario.remote_server import RemoteServer
from phone_sim.scenario.scenario import NamedServer, ScenarioPhone
from tests.real_servers.certificates import Certificates
from tests.runtime.hostile_http import HostileHttpServer, answering, tls_context
from tests.runtime.phones import fetch

MAC = MacAddress("0004f2000001")
KNOWN, UNKNOWN = "4.0.15", "4.0.14"
"""A firmware of which the versions of TLS are known, up to 1.2, and one of which they are not."""


def case(firmware: str) -> ScenarioPhone:
    return ScenarioPhone(name="a", model="SPIP_670", mac=MAC, firmware=firmware, always_fetches_license=None)


def by_itself(firmware: str, url: str, ca_file: Path) -> FetchReply:
    with VirtualPhone(url, firmware=firmware, ca_file=ca_file) as phone:
        return phone.transport.fetch(fetch(f"{url}a.cfg"))


def in_a_scenario(firmware: str, url: str, ca_file: Path, newest: str | None = None) -> FetchReply:
    named = RemoteServer(NamedServer(url=url, ca_file=ca_file, tls_max=newest), limits=Limits())
    with closing(named.transport(case(firmware))) as transport:
        return transport.fetch(fetch(f"{url}a.cfg"))


@pytest.mark.parametrize("ask", [by_itself, in_a_scenario])
def test_phone_speaks_no_version_that_its_firmware_is_not_known_to_speak(
    ask: Callable[..., FetchReply], tmp_path: Path
) -> None:
    certificates = Certificates.make(tmp_path)
    context = tls_context(certificates)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with HostileHttpServer(answering("200 OK", b"<a/>"), tls=context) as server:
        assert isinstance(ask(UNKNOWN, server.url, certificates.ca_file), Fetched)
        assert not isinstance(ask(KNOWN, server.url, certificates.ca_file), Fetched)
        if ask is in_a_scenario:
            assert isinstance(ask(KNOWN, server.url, certificates.ca_file, "1.3"), Fetched)


def test_version_that_is_given_is_spoken_with_any_firmware() -> None:
    assert own_tls(Tls(), MAC, KNOWN) == Tls(newest="1.2")
    assert own_tls(Tls(), MAC, UNKNOWN) == Tls(newest="1.3")
    assert own_tls(Tls(newest="1.3"), MAC, KNOWN) == Tls(newest="1.3")
    own = own_tls(Tls(client_cert=Path("phone-<MAC>.pem")), MAC, KNOWN)
    assert own == Tls(client_cert=Path("phone-0004f2000001.pem"), newest="1.2")


def test_versions_that_one_firmware_of_several_cannot_speak_are_refused() -> None:
    check_certificates(Tls(oldest="1.3"), [MAC], [UNKNOWN])
    check_certificates(Tls(oldest="1.3", newest="1.3"), [MAC], [UNKNOWN, KNOWN])
    with pytest.raises(UsageError, match=r"TLS 1\.3 is newer than TLS 1\.2"):
        check_certificates(Tls(oldest="1.3"), [MAC], [UNKNOWN, KNOWN])
