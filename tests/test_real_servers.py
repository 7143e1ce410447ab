"""The real servers of the tests: each does its job, and its log tells what was asked of it."""

import ftplib
import io
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from requests.auth import HTTPDigestAuth
from tftpy import TftpClient
from tftpy.TftpShared import TftpException, TftpFileNotFoundError

from tests.real_servers import (
    Apache,
    Atftpd,
    Certificates,
    Dnsmasq,
    Lighttpd,
    LoggedRequest,
    Nginx,
    Pyftpdlib,
    RealServer,
    TftpdHpa,
    Vsftpd,
    require,
)
from tests.real_servers.by_kind import certificates_for, parameters, server_by_kind
from tests.real_servers.logged_request import log_text
from tests.real_servers.process import wait_until

pytestmark = pytest.mark.real

_AGENT = "FileTransport PolycomSoundPointIP-SPIP_450-UA/3.3.0"
_WRONG = ("PlcmSpIp", "wrong")
_RIGHT = ("PlcmSpIp", "456")


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A session that heeds no proxy and no certificate bundle of the environment."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["User-Agent"] = _AGENT
        yield session


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A document root with the file `master.cfg`."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "master.cfg").write_bytes(b"<APPLICATION/>")
    return root


@pytest.fixture(params=["tftpd-hpa", "atftpd", "dnsmasq"])
def tftp_server(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Iterator[RealServer]:
    """Each of the TFTP servers, started."""
    with server_by_kind(request.param, root, tmp_path / "tftp", None) as server:
        yield server


def _http(method: str, path: str, status: int, user: str = "") -> LoggedRequest:
    return LoggedRequest(method=method, path=path, status=status, user_agent=_AGENT, user=user)


def _tftp(method: str, path: str, status: int | None) -> LoggedRequest:
    return LoggedRequest(method=method, path=path, status=status)


def _ftp(method: str, path: str, status: int) -> LoggedRequest:
    return LoggedRequest(method=method, path=path, status=status, user="PlcmSpIp")


def _client(server: RealServer) -> TftpClient:
    return TftpClient(server.address, server.port, flock=False)


def _download(server: RealServer, name: str) -> bytes:
    received = io.BytesIO()
    _client(server).download(name, received)
    return received.getvalue()


def test_nginx_reads_and_writes_and_logs(session: requests.Session, root: Path, tmp_path: Path) -> None:
    with Nginx(root, tmp_path / "nginx") as nginx:
        assert session.get(nginx.url + "master.cfg", timeout=60).content == b"<APPLICATION/>"
        assert session.head(nginx.url + "master.cfg", timeout=60).status_code == 200
        assert session.get(nginx.url + "absent.cfg?x=1", timeout=60).status_code == 404
        assert session.put(nginx.url + "log/app.log", data=b"one", timeout=60).status_code == 201
        assert session.put(nginx.url + "log/app.log", data=b"two", timeout=60).status_code == 204
        assert nginx.requests(at_least=5) == [
            _http("GET", "master.cfg", 200),
            _http("HEAD", "master.cfg", 200),
            _http("GET", "absent.cfg?x=1", 404),
            _http("PUT", "log/app.log", 201),
            _http("PUT", "log/app.log", 204),
        ]
    assert (root / "log" / "app.log").read_bytes() == b"two"


def test_nginx_wants_basic_authentication(session: requests.Session, root: Path, tmp_path: Path) -> None:
    with Nginx(root, tmp_path / "nginx", user="PlcmSpIp", password="456") as nginx:
        assert session.get(nginx.url + "master.cfg", timeout=60).status_code == 401
        assert session.get(nginx.url + "master.cfg", auth=_WRONG, timeout=60).status_code == 401
        assert session.get(nginx.url + "master.cfg", auth=_RIGHT, timeout=60).status_code == 200
        assert session.put(nginx.url + "app.log", data=b"one", auth=_RIGHT, timeout=60).status_code == 201
        assert nginx.requests(at_least=4) == [
            _http("GET", "master.cfg", 401),
            _http("GET", "master.cfg", 401, "PlcmSpIp"),
            _http("GET", "master.cfg", 200, "PlcmSpIp"),
            _http("PUT", "app.log", 201, "PlcmSpIp"),
        ]


def test_nginx_speaks_tls_only_to_who_trusts_it(session: requests.Session, root: Path, tmp_path: Path) -> None:
    tls = Certificates.make(tmp_path / "tls")
    with Nginx(root, tmp_path / "nginx", tls=tls) as nginx:
        address = nginx.url + "master.cfg"
        assert address.startswith("https://")
        with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            session.get(address, timeout=60)
        assert session.get(address, verify=str(tls.ca_file), timeout=60).content == b"<APPLICATION/>"
        localhost = address.replace("127.0.0.1", "localhost")
        assert session.get(localhost, verify=str(tls.ca_file), timeout=60).status_code == 200
        assert session.get(address.replace("https", "http"), timeout=60).status_code == 400
        assert nginx.requests(at_least=3) == [
            _http("GET", "master.cfg", 200),
            _http("GET", "master.cfg", 200),
            _http("GET", "master.cfg", 400),
        ]


def test_certificates_satisfy_a_strict_verifier(tmp_path: Path) -> None:
    tls = Certificates.make(tmp_path)
    verify = [require("openssl"), "verify", "-x509_strict", "-verify_ip", "127.0.0.1", "-purpose", "sslserver"]
    subprocess.run([*verify, "-CAfile", tls.ca_file, tls.server_cert], check=True, capture_output=True, timeout=60)


def test_apache_wants_digest_authentication(session: requests.Session, root: Path, tmp_path: Path) -> None:
    right = HTTPDigestAuth(*_RIGHT)
    with Apache(root, tmp_path / "apache", user="PlcmSpIp", password="456") as apache:
        assert session.get(apache.url + "master.cfg", auth=HTTPDigestAuth(*_WRONG), timeout=60).status_code == 401
        assert session.get(apache.url + "master.cfg", auth=_RIGHT, timeout=60).status_code == 401
        assert session.get(apache.url + "master.cfg", auth=right, timeout=60).content == b"<APPLICATION/>"
        assert session.put(apache.url + "app.log", data=b"one", auth=right, timeout=60).status_code == 201
        assert session.get(apache.url + "absent.cfg", auth=right, timeout=60).status_code == 404
        assert apache.requests(at_least=7) == [
            _http("GET", "master.cfg", 401),
            _http("GET", "master.cfg", 401, "PlcmSpIp"),
            _http("GET", "master.cfg", 401),
            _http("GET", "master.cfg", 401),
            _http("GET", "master.cfg", 200, "PlcmSpIp"),
            _http("PUT", "app.log", 201, "PlcmSpIp"),
            _http("GET", "absent.cfg", 404, "PlcmSpIp"),
        ]
    assert (root / "app.log").read_bytes() == b"one"


def test_lighttpd_reads_and_writes_and_logs(session: requests.Session, root: Path, tmp_path: Path) -> None:
    require("lighttpd")
    with Lighttpd(root, tmp_path / "lighttpd") as lighttpd:
        assert session.get(lighttpd.url + "master.cfg", timeout=60).content == b"<APPLICATION/>"
        assert session.get(lighttpd.url + "absent.cfg?x=1", timeout=60).status_code == 404
        assert session.put(lighttpd.url + "app.log", data=b"one", timeout=60).status_code == 201
        assert session.put(lighttpd.url + "app.log", data=b"two", timeout=60).status_code == 204
        assert session.put(lighttpd.url + "absent/app.log", data=b"one", timeout=60).status_code == 409
        assert lighttpd.requests(at_least=5) == [
            _http("GET", "master.cfg", 200),
            _http("GET", "absent.cfg?x=1", 404),
            _http("PUT", "app.log", 201),
            _http("PUT", "app.log", 204),
            _http("PUT", "absent/app.log", 409),
        ]
    assert (root / "app.log").read_bytes() == b"two"


def test_lighttpd_wants_digest_authentication(session: requests.Session, root: Path, tmp_path: Path) -> None:
    require("lighttpd")
    with Lighttpd(root, tmp_path / "lighttpd", user="PlcmSpIp", password="456") as lighttpd:
        assert session.get(lighttpd.url + "master.cfg", auth=_RIGHT, timeout=60).status_code == 401
        assert session.get(lighttpd.url + "master.cfg", auth=HTTPDigestAuth(*_WRONG), timeout=60).status_code == 401
        right = HTTPDigestAuth(*_RIGHT)
        assert session.get(lighttpd.url + "master.cfg", auth=right, timeout=60).content == b"<APPLICATION/>"
        assert session.put(lighttpd.url + "app.log", data=b"one", auth=right, timeout=60).status_code == 201
        served = [one for one in lighttpd.requests(at_least=6) if one.status != 401]
        assert served == [_http("GET", "master.cfg", 200, "PlcmSpIp"), _http("PUT", "app.log", 201, "PlcmSpIp")]


def test_nginx_wants_a_client_certificate(session: requests.Session, root: Path, tmp_path: Path) -> None:
    tls = Certificates.make(tmp_path / "tls")
    phone = tls.for_phone("0004f2000001")
    session.verify = str(tls.ca_file)
    with Nginx(root, tmp_path / "nginx", tls=tls, wants_client_certificate=True) as nginx:
        address = nginx.url + "master.cfg"
        assert session.get(address, timeout=60).status_code == 400
        assert session.get(address, cert=str(phone), timeout=60).content == b"<APPLICATION/>"
        assert nginx.requests(at_least=2) == [
            _http("GET", "master.cfg", 400),
            _http("GET", "master.cfg", 200, "CN=0004f2000001"),
        ]


@pytest.mark.parametrize("kind", [Vsftpd, Pyftpdlib])
def test_ftp_server_reads_and_writes_and_logs(kind: type[Vsftpd | Pyftpdlib], root: Path, tmp_path: Path) -> None:
    with kind(root, tmp_path / "ftp", user="PlcmSpIp", password="a 456") as server, ftplib.FTP() as client:
        assert server.url == f"ftp://127.0.0.1:{server.port}/"
        assert server.requests() == []
        client.connect("127.0.0.1", server.port, timeout=60)
        client.login("PlcmSpIp", "a 456")
        received = io.BytesIO()
        client.retrbinary("RETR /master.cfg", received.write)
        assert received.getvalue() == b"<APPLICATION/>"
        with pytest.raises(ftplib.error_perm, match=r"^550"):
            client.retrbinary("RETR absent file.cfg", received.write)
        client.storbinary("STOR app.log", io.BytesIO(b"x" * 1200))
        assert server.requests(at_least=3) == [
            _ftp("RETR", "master.cfg", 226),
            _ftp("RETR", "absent file.cfg", 550),
            _ftp("STOR", "app.log", 226),
        ]
    assert (root / "app.log").read_bytes() == b"x" * 1200


@pytest.mark.parametrize("kind", [Vsftpd, Pyftpdlib])
def test_ftp_server_wants_the_password(kind: type[Vsftpd | Pyftpdlib], root: Path, tmp_path: Path) -> None:
    with kind(root, tmp_path / "ftp", user="PlcmSpIp", password="456") as server, ftplib.FTP() as client:
        client.connect("127.0.0.1", server.port, timeout=60)
        with pytest.raises(ftplib.error_perm, match=r"^530"):
            client.login(*_WRONG)
        assert server.requests() == []


@pytest.mark.parametrize("tftp_server", ["tftpd-hpa", "atftpd"], indirect=True)
def test_tftp_server_reads_and_writes_and_logs(tftp_server: RealServer) -> None:
    assert tftp_server.url == f"tftp://{tftp_server.address}:{tftp_server.port}/"
    assert tftp_server.requests() == []
    assert _download(tftp_server, "master.cfg") == b"<APPLICATION/>"
    with pytest.raises(TftpFileNotFoundError):
        _download(tftp_server, "/absent file.cfg")
    _client(tftp_server).upload("app.log", io.BytesIO(b"x" * 1200))
    assert tftp_server.requests(at_least=3) == [
        _tftp("RRQ", "master.cfg", 0),
        _tftp("RRQ", "absent file.cfg", 1),
        _tftp("WRQ", "app.log", 0),
    ]
    assert (tftp_server.root / "app.log").read_bytes() == b"x" * 1200


def test_tftp_server_logs_a_refused_upload(tftp_server: RealServer) -> None:
    with pytest.raises(TftpException, match=r"errorcode = [124]\b"):
        _client(tftp_server).upload("absent/app.log", io.BytesIO(b"x"))
    refused = {TftpdHpa: 1, Atftpd: None, Dnsmasq: 4}[type(tftp_server)]
    assert tftp_server.requests(at_least=1) == [_tftp("WRQ", "absent/app.log", refused)]


def test_dnsmasq_reads_and_takes_no_file(root: Path, tmp_path: Path) -> None:
    require("dnsmasq")
    (root / "long.ld").write_bytes(bytes(5000))
    with Dnsmasq(root, tmp_path / "dnsmasq") as server:
        assert server.address.startswith("127.")
        assert server.port == 69
        assert _download(server, "long.ld") == bytes(5000)
        with pytest.raises(TftpFileNotFoundError):
            _download(server, "/absent file.cfg")
        with pytest.raises(TftpException, match=r"errorcode = 2\b"):
            _download(server, "../master.cfg")
        with pytest.raises(TftpException, match=r"errorcode = 4\b"):
            _client(server).upload("app.log", io.BytesIO(b"x"))
        assert server.requests(at_least=4) == [
            _tftp("RRQ", "long.ld", 0),
            _tftp("RRQ", "absent file.cfg", 1),
            _tftp("RRQ", "../master.cfg", 2),
            _tftp("WRQ", "app.log", 4),
        ]
    said = log_text(tmp_path / "dnsmasq" / "output.log")
    assert f"sent {root}/long.ld to 127.0.0.1" in said
    assert "unsupported request from 127.0.0.1" in said
    assert not (root / "app.log").exists()


def test_two_of_dnsmasq_run_side_by_side(root: Path, tmp_path: Path) -> None:
    require("dnsmasq")
    with Dnsmasq(root, tmp_path / "one") as one, Dnsmasq(root, tmp_path / "two") as two:
        _download(two, "master.cfg")
        assert two.requests(at_least=1) == [_tftp("RRQ", "master.cfg", 0)]
        assert one.requests() == []


def test_many_requests_are_all_in_the_log(tftp_server: RealServer) -> None:
    for number in range(40):
        with pytest.raises(TftpFileNotFoundError):
            _download(tftp_server, f"{number}.cfg")
    assert tftp_server.requests(at_least=40) == [_tftp("RRQ", f"{number}.cfg", 1) for number in range(40)]


def test_log_can_be_read_after_the_end(tftp_server: RealServer) -> None:
    _download(tftp_server, "master.cfg")
    before = tftp_server.requests(at_least=1)
    tftp_server.stop()
    assert tftp_server.requests() == before == [_tftp("RRQ", "master.cfg", 0)]


@pytest.mark.parametrize("kind", parameters())
def test_server_comes_up_where_it_was(kind: str, root: Path, tmp_path: Path) -> None:
    with server_by_kind(kind, root, tmp_path / "server", certificates_for(kind, tmp_path / "ca")) as server:
        address = server.url
        server.go_down()
        assert not server.is_listening()
        server.come_up()
        assert server.is_listening()
        assert server.url == address
        assert server.requests() == []


def test_nginx_that_cannot_start_says_why(root: Path, tmp_path: Path) -> None:
    absent = Certificates(ca_file=root, server_cert=root / "absent.pem", server_key=root / "absent.key")
    with pytest.raises(RuntimeError, match=r"(?s)Nginx did not start:.*absent\.pem"):
        Nginx(root, tmp_path / "nginx", tls=absent).start()


def test_tftpd_hpa_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)TftpdHpa did not start:.*absent: No such file"):
        TftpdHpa(tmp_path / "absent", tmp_path / "tftp").start()


def test_nothing_is_left_when_a_test_fails(session: requests.Session, root: Path, tmp_path: Path) -> None:
    nginx = Nginx(root, tmp_path / "nginx")
    with pytest.raises(ZeroDivisionError), nginx:
        raise ZeroDivisionError
    with pytest.raises(requests.exceptions.ConnectionError):
        session.get(nginx.url, timeout=60)
    assert _processes_that_name(tmp_path) == []


def test_transfer_that_goes_on_is_ended_with_its_server(tftp_server: RealServer, tmp_path: Path) -> None:
    (tftp_server.root / "long.ld").write_bytes(bytes(2000))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.settimeout(60)
        silent.sendto(b"\0\1long.ld\0octet\0", (tftp_server.address, tftp_server.port))
        assert silent.recv(1024)[:4] == b"\0\3\0\1"
        assert _processes_that_name(tmp_path) != []
        tftp_server.stop()
    assert wait_until(lambda: _processes_that_name(tmp_path) == [], 60)


def test_absent_program_skips_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PHONE_SIM_REQUIRE_REAL", raising=False)
    with pytest.raises(pytest.skip.Exception):
        require("no-such-program")
    monkeypatch.setenv("PHONE_SIM_REQUIRE_REAL", "1")
    with pytest.raises(pytest.fail.Exception):
        require("no-such-program")


def _processes_that_name(folder: Path) -> list[str]:
    """The command lines of the processes of this machine that name a folder."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            lines.append(os.fsdecode((process / "cmdline").read_bytes()))
    return [line for line in lines if str(folder) in line]
