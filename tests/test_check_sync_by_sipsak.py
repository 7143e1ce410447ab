"""A phone that stays on, as sipsak sees it: OPTIONS is answered, and a NOTIFY check-sync reboots the phone."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from phone_sim import BootServer, MemorySite
from phone_sim.fault_catalog.activation_files import phone_key
from phone_sim.licensing.license_file import write
from tests.real_servers.process import wait_until
from tests.real_servers.programs import require

pytestmark = pytest.mark.real

FILES = {
    "000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>',
    "site.cfg": b'<site feature.corporateDirectory.enabled="1" voIpProt.SIP.specialEvent.checkSync.alwaysReboot="1"/>',
}
NOTIFY = """\
NOTIFY sip:phone@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK-check-sync;rport
From: <sip:pbx@127.0.0.1>;tag=1
To: <sip:phone@127.0.0.1>
Call-ID: check-sync@127.0.0.1
CSeq: 1 NOTIFY
Event: check-sync
Content-Length: 0

"""
MAC = "0004f2000001"
BOUND = 120


def sipsak(port: int, *words: str) -> int:
    command = [require("sipsak"), "-s", f"sip:phone@127.0.0.1:{port}", *words]
    return subprocess.run(command, capture_output=True, timeout=BOUND, check=False).returncode


def test_notify_has_the_phone_download_its_new_license(tmp_path: Path) -> None:
    (tmp_path / "notify").write_bytes(NOTIFY.replace("\n", "\r\n").encode())
    command = [sys.executable, "-m", "phone_sim", "run", "--sip-port", "0", "--json", "--mac", MAC, "--server"]
    with (
        BootServer(MemorySite(FILES), tftp_port=None) as server,
        subprocess.Popen([*command, server.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as phone,
    ):
        try:
            port = listening_port(phone)
            assert sipsak(port) == 0
            server.put(f"{MAC}-license.cfg", write([phone_key(MAC)]))
            assert sipsak(port, "-f", str(tmp_path / "notify")) == 0
            assert wait_until(lambda: license_was_sent(server), BOUND)
            assert wait_until(lambda: sipsak(port) == 0, BOUND)  # not before it has booted
            phone.send_signal(signal.SIGINT)
            report = json.loads(phone.communicate(timeout=BOUND)[0])
        finally:
            phone.kill()
    assert report["reboots"] == ["check-sync"]
    assert [one["on"] for one in report["features"] if one["key"] == "LDAP"] == [True]


def listening_port(phone: subprocess.Popen[str]) -> int:
    assert phone.stderr is not None
    while (listening := re.match(r"SIP at 127.0.0.1:(\d+)", line := phone.stderr.readline())) is None:
        assert line, "it ended by itself"
    return int(listening.group(1))


def license_was_sent(server: BootServer) -> bool:
    return any(one.path == f"{MAC}-license.cfg" and one.status == 200 for one in server.journal.requests)
