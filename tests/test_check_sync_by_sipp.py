"""A phone that stays on, as SIPp sees it over UDP and TCP: what it refuses, and a check-sync that moves its port."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from phone_sim import BootServer, MemorySite
from tests.real_servers.programs import require
from tests.test_check_sync_by_sipsak import BOUND, listening_port

pytestmark = pytest.mark.real
_SCENARIO = """\
<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="phone">{}</scenario>
"""
_EXCHANGE = """
<send retrans="500"><![CDATA[
{method} sip:phone@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:pbx@[local_ip]>;tag=[pid]
To: <sip:phone@[remote_ip]>
Call-ID: [call_id]
CSeq: {number} {method}
Max-Forwards: 70
{event}Content-Length: 0

]]></send>
<recv response="{status}"/>
"""
REFUSED = (("OPTIONS", "", 200), ("SUBSCRIBE", "presence", 405), ("BYE", "", 481), ("NOTIFY", "message-summary", 489))
CHECK_SYNC = ("NOTIFY", "check-sync", 200)


def sipp(folder: Path, port: int, transport: str, exchanges: Iterable[tuple[str, str, int]]) -> None:
    """Send requests with a method and an event, each of which has to get the answer with its status."""
    steps = [
        _EXCHANGE.format(method=method, event=f"Event: {event}\n" if event else "", status=status, number=number)
        for number, (method, event, status) in enumerate(exchanges, start=1)
    ]
    (folder / "phone.xml").write_text(_SCENARIO.format("".join(steps)))
    command = [require("sipp"), f"127.0.0.1:{port}", "-i", "127.0.0.1", "-t", transport, "-sf", "phone.xml", "-m", "1"]
    words = ["-nostdin", "-timeout", "60s", "-timeout_error"]
    done = subprocess.run([*command, *words], cwd=folder, capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode == 0, (transport, done.stdout, done.stderr)


def free_port() -> int:
    """A port that nothing listens at over UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def configured(port: int) -> bytes:
    return f'<site voIpProt.SIP.local.port="{port}"/>'.encode()


def test_phone_refuses_what_it_cannot_do_and_moves_to_its_new_port(tmp_path: Path) -> None:
    before, after = free_port(), free_port()
    site = MemorySite({"000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>', "site.cfg": configured(before)})
    command = [sys.executable, "-m", "phone_sim", "run", "--json", "--server"]
    with (
        BootServer(site, tftp_port=None) as server,
        subprocess.Popen([*command, server.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as phone,
    ):
        try:
            assert listening_port(phone) == before
            sipp(tmp_path, before, "u1", REFUSED)
            server.put("site.cfg", configured(after))
            sipp(tmp_path, before, "t1", [*REFUSED, CHECK_SYNC])
            assert listening_port(phone) == after
            sipp(tmp_path, after, "u1", [CHECK_SYNC])
            phone.send_signal(signal.SIGINT)
            report = json.loads(phone.communicate(timeout=BOUND)[0])
        finally:
            phone.kill()
    assert report["reboots"] == ["check-sync"]  # the second one has found nothing new
