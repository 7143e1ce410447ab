"""Dialogues of real phones, written down as recordings, against phones here that start with their boot ROM.

What a phone here asks besides is known: the recorded ones have the requests of one stage, or of the parts that somebody
wrote down. Field notes 1.1: A is a boot over TFTP, B one over HTTP, E the vendor's guide for SIP 3.x. The sounds that
the phone of A asks for are not asked for here.
"""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from phone_sim.boot_server.site import MemorySite
from phone_sim.recording.compare import compare
from phone_sim.recording.dialogue import Recording
from phone_sim.recording.files import load_recording
from phone_sim.runtime.transport import network_transport
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.make import configured, element, master
from tests.recording.dialogues import exchange, proxied, recording, served
from tests.runtime.phones import PATIENT, within

pytestmark = pytest.mark.slow

OTHER_MAC = "0004f2aabbcc"
IMAGE = bytes(1000)
OF_550 = f"FileTransport PolycomSoundPointIP-SPIP_550-UA/4.0.15.1047 (SN:{OTHER_MAC}) Type/Application"


def trace(*names: str, method: str = "GET", user_agent: str = "") -> Recording:
    """The requests of a real phone, in their order; a name that begins with a hyphen or a point has its MAC address."""
    paths = [f"{OTHER_MAC}{name}" if name.startswith(("-", ".")) else name for name in names]
    return recording(*(exchange(path, method=method, user_agent=user_agent) for path in paths))


def second_boot(
    out: Path, files: Mapping[str, bytes], *, model: str, firmware: str, over_tftp: bool = False
) -> Recording:
    """The recording of the second boot of a phone, which has what the first one put into its flash."""
    with served(MemorySite(dict(files))) as real, proxied(real.tftp if over_tftp else real.http, out) as front:
        url = front.tftp if over_tftp else front.http
        transport = network_transport(limits=PATIENT)
        phone = VirtualPhone(url, model=model, firmware=firmware, boot_rom=True, transport=transport)
        with closing(transport), phone:
            within(phone.boot)
            first = len(phone.requests)
            within(phone.boot)
    whole = load_recording(out)
    return recording(*whole.exchanges[first:])


def differences(real: Recording, ours: Recording) -> set[tuple[str, str]]:
    """Each difference and its path."""
    return {(one.kind, request.path) for one in compare(real, ours).differences if (request := one.first or one.second)}


def test_boot_over_tftp(tmp_path: Path) -> None:
    image = "2345-12670-001.sip.ld"
    licenses = ("000000000000-license.cfg", "-license.cfg")
    real = trace(".cfg", "000000000000.cfg", image, "-phone.cfg", "-web.cfg", *licenses, "-directory.xml", method="RRQ")
    files = {"000000000000.cfg": master(APP_FILE_PATH="sip.ld"), image: IMAGE}
    ours = second_boot(tmp_path / "a.jsonl", files, model="SPIP_670", firmware="4.0.12.0926", over_tftp=True)
    more = (".cfg", "-boot.log", "-app.log")
    assert differences(real, ours) == {
        ("only in the second", "000000000000.cfg"),
        *(("only in the second", f"<mac>{name}") for name in more),
    }


def test_boot_over_http(tmp_path: Path) -> None:
    names = (".cfg", "000000000000.cfg", "-user.cfg", "-phone.cfg", "-web.cfg", "000000000000-license.cfg")
    real = trace(*names, user_agent=OF_550)
    tag = {"device.set": "1", "device.prov.tagSerialNo": "1", "device.prov.tagSerialNo.set": "1"}
    files = {
        "000000000000.cfg": master(CONFIG_FILES="[PHONE_MAC_ADDRESS]-user.cfg"),
        "0004f2000001-user.cfg": element("user", tag),
    }
    ours = second_boot(tmp_path / "b.jsonl", files, model="SPIP_550", firmware="4.0.15.1047")
    more = (".cfg", "-boot.log", "-license.cfg", "-directory.xml", "-app.log")
    assert differences(real, ours) - {("user agent", "<mac>.cfg"), ("user agent", "000000000000.cfg")} == {
        ("only in the second", "000000000000.cfg"),
        *(("only in the second", f"<mac>{name}") for name in more),
    }
    agents = [one.user_agent.replace("0004f2000001", OTHER_MAC) for one in ours.exchanges]
    assert agents[:3] == [OF_550.replace("4.0.15.1047", "5.0.3.0000").replace("Application", "Updater")] * 3
    assert set(agents[3:]) == {OF_550}


def test_boot_of_sip_3(tmp_path: Path) -> None:
    real = trace("bootrom.ld", ".cfg", "000000000000.cfg", "sip.ld", "phone1.cfg", "sip.cfg")
    files = {
        "000000000000.cfg": master(APP_FILE_PATH="sip.ld", CONFIG_FILES="phone1.cfg, sip.cfg"),
        "bootrom.ld": IMAGE,
        "sip.ld": IMAGE,
        "phone1.cfg": configured(),
        "sip.cfg": configured(),
    }
    ours = second_boot(tmp_path / "e.jsonl", files, model="SPIP_650", firmware="3.2.4.0267")
    found = differences(real, ours)
    assert {kind for kind, _ in found} == {"only in the second", "user agent"}
    more = (".cfg", "-boot.log", "-phone.cfg", "-directory.xml", "-app.log")
    assert {path for kind, path in found if kind == "only in the second"} == {
        "000000000000.cfg",
        *(f"<mac>{name}" for name in more),
    }
