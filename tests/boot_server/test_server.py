"""The boot server as a whole: its protocols, its addresses, its files, its life; with curl, requests and phones."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import Found, MemorySite, ReadAnswer, WriteAnswer
from phone_sim.errors import UsageError
from phone_sim.firmware.effects import Fetched
from phone_sim.runtime.transport import TransportByScheme, network_transport
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.boot_server.faulty_boot import LICENSE
from tests.fleet.running import UNTIL_UP, outcome
from tests.ipv6 import needs_ipv6
from tests.make import MAC, PHONE_FILE
from tests.runtime.by_fleet import fleet_transport
from tests.runtime.phones import CONFIGURATION, FOR_SILENCE, PATIENT, fetch, within

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


HOSTS = pytest.mark.parametrize("host", ["127.0.0.1", "localhost", pytest.param("::1", marks=needs_ipv6)])


@pytest.fixture(autouse=True)
def _no_thread_outlives_its_server() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def serving(site: MemorySite | None = None, host: str = "127.0.0.1") -> BootServer:
    """A boot server for all protocols."""
    return BootServer(MemorySite({"a.cfg": b"<a/>"}) if site is None else site, host=host, https_port=0)


def got(url: str, server: BootServer) -> bytes:
    """The file at a URL of the server, by requests."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, verify=f"{server.ca_file}", timeout=20)
    assert answer.status_code == 200
    return answer.content


@pytest.mark.slow
@HOSTS
@needs_curl
def test_curl_reads_and_writes_over_each_protocol(host: str, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(b"one line\n")
    site = MemorySite({"a.cfg": b"<a/>"})
    with serving(site, host) as server:
        for url in server.urls:
            curl = ["curl", "-sS", "--fail", "--globoff", "--max-time", "20", "--cacert", f"{server.ca_file}"]
            assert subprocess.run([*curl, f"{url}a.cfg"], check=True, capture_output=True).stdout == b"<a/>"
            subprocess.run([*curl, "-T", tmp_path / "app.log", url], check=True, capture_output=True)
            assert site.files["app.log"] == b"one line\n"
            server.remove("app.log")
        asked = [(request.protocol, request.method, request.path) for request in server.requests]
    methods = {"http": ("GET", "PUT"), "https": ("GET", "PUT"), "tftp": ("RRQ", "WRQ")}
    assert asked == [
        (protocol, method, path)
        for protocol, (read, write) in methods.items()
        for method, path in ((read, "a.cfg"), (write, "app.log"))
    ]


@HOSTS
def test_address_and_client_are_written_as_in_a_url(host: str) -> None:
    with serving(host=host) as server:
        shown = f"[{host}]" if ":" in host else host
        assert [url.rpartition(":")[0] for url in server.urls] == [
            f"{scheme}://{shown}" for scheme in ("http", "https", "tftp")
        ]
        got(server.https_url + "a.cfg", server)
        (request,) = server.requests
    assert request.client.rpartition(":")[0] == ("[::1]" if ":" in host else "127.0.0.1")


@HOSTS
@pytest.mark.parametrize("made", [network_transport, fleet_transport], ids=["single phone", "fleet"])
@pytest.mark.parametrize("scheme", ["http", "https", "tftp"])
def test_phone_boots_over_each_protocol(host: str, scheme: str, made: Callable[..., TransportByScheme]) -> None:
    with serving(MemorySite(CONFIGURATION | {PHONE_FILE: LICENSE}), host) as server:
        url = next(url for url in server.urls if url.startswith(f"{scheme}://"))
        with VirtualPhone(url, mac=MAC, transport=made(limits=PATIENT, ca_file=server.ca_file)) as phone:
            within(phone.boot)
            assert phone.feature("LDAP").is_enabled
        uploads = [request for request in server.requests if request.method in ("PUT", "WRQ")]
        assert {request.protocol for request in server.requests} == {scheme}
        assert [request.path for request in uploads] == [f"{MAC}-app.log"]


@needs_ipv6
@pytest.mark.parametrize("made", [network_transport, fleet_transport], ids=["single phone", "fleet"])
def test_ipv6_address_may_be_spelled_in_full(made: Callable[..., TransportByScheme]) -> None:
    with serving(host="::1") as server, closing(made(limits=PATIENT, ca_file=server.ca_file)) as transport:
        for url in server.urls:
            spelled = url.replace("[::1]", "[0:0:0:0:0:0:0:1]")
            reply = within(lambda spelled=spelled: transport.fetch(fetch(spelled + "a.cfg")))  # type: ignore[misc]
            assert isinstance(reply, Fetched)
            assert reply.data == b"<a/>"


@pytest.mark.slow
@needs_ipv6
def test_fleet_boots_over_https_and_ipv6() -> None:
    with serving(MemorySite(CONFIGURATION), "::1") as server:
        words = ("--server", server.https_url, "--ca-file", f"{server.ca_file}", "-u", "3", *UNTIL_UP)
        code, result = outcome(*words)
        assert (code, result["failures"]) == (0, [])
        assert {request.client.rpartition(":")[0] for request in server.requests} == {"[::1]"}
        assert len({request.path for request in server.requests if request.path.endswith("-app.log")}) == 3


def test_files_are_put_and_removed_while_it_runs() -> None:
    with serving() as server:
        server.put("folder/b.cfg", "<b>\u00e4</b>")
        assert got(server.url + "folder/b.cfg", server) == "<b>\u00e4</b>".encode()
        server.put("a.cfg", b"<other/>")
        assert got(server.url + "a.cfg", server) == b"<other/>"
        server.remove("/a.cfg")
        with pytest.raises(AssertionError):
            got(server.url + "a.cfg", server)


@pytest.mark.parametrize("path", ["../a.cfg", "folder/", ""])
def test_path_that_is_no_file_cannot_be_put_or_removed(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    for site in (MemorySite(upload_limit=3), FolderSite(tmp_path, upload_limit=3)):
        server = BootServer(site)
        with pytest.raises(UsageError, match="cannot be put on the boot server"):
            server.put(path, b"")
        with pytest.raises(UsageError, match="cannot be removed from the boot server"):
            server.remove(path)
        with pytest.raises(UsageError, match=r"'b\.cfg' is not on the boot server"):
            server.remove("b.cfg")
        with pytest.raises(UsageError, match=r"'b\.cfg' is over the limit of 3 bytes"):
            server.put("b.cfg", b"1234")


def test_site_that_cannot_be_changed_says_so() -> None:
    with pytest.raises(UsageError, match=r"'a\.cfg' cannot be removed: a Failing cannot be changed"):
        BootServer(Failing()).remove("a.cfg")


def test_reset_gives_the_first_files_back_and_forgets_the_rest() -> None:
    with serving() as server:
        server.faults.add("503 file=b.cfg")
        server.put("b.cfg", b"")
        server.remove("a.cfg")
        requests.get(server.url + "b.cfg", timeout=20)
        assert len(server.requests) == 1
        server.reset()
        assert [*server.requests, *server.faults.rules] == []
        assert server.site.read("b.cfg") != Found(data=b"")
        assert got(server.url + "a.cfg", server) == b"<a/>"


def test_reset_leaves_the_files_of_a_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "a.cfg").write_bytes(b"<a/>")
    server = BootServer(FolderSite(tmp_path))
    server.put("b.cfg", b"<b/>")
    server.reset()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.cfg", "b.cfg"]


def test_server_that_was_down_is_at_the_same_addresses_with_the_same_certificate() -> None:
    with serving() as server:
        urls = server.urls
        server.stop()
        with pytest.raises(requests.ConnectionError):
            requests.get(server.url, timeout=20)
        server.start()
        assert server.urls == urls
        assert got(server.https_url + "a.cfg", server) == b"<a/>"
        with pytest.raises(UsageError, match="started already"):
            server.start()


def test_start_that_fails_leaves_nothing_behind() -> None:
    with serving() as server:
        taken = int(server.tftp_url.rpartition(":")[2].rstrip("/"))
        other = BootServer(MemorySite(), https_port=0, tftp_port=taken)
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{taken}"), other:
            pass
        assert not other.is_up
        for url in (other.url, other.https_url):
            with pytest.raises(requests.ConnectionError):
                requests.get(url, timeout=20)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "a" * 100, "\u00e4" * 100])
def test_host_that_is_not_of_this_machine_is_a_usage_error(host: str) -> None:
    with pytest.raises(UsageError, match=f"cannot listen on {host}:0"):
        BootServer(MemorySite(), host=host).start()


@pytest.mark.parametrize("site", ["site", Path("site"), {"a.cfg": b""}, None, MemorySite])
def test_what_is_no_site_is_refused_with_what_is_expected(site: object) -> None:
    with pytest.raises(TypeError, match=r"expected FolderSite\(path\) or MemorySite\({name: data}\)"):
        BootServer(site)  # type: ignore[arg-type]


def test_address_of_a_protocol_that_is_not_served_is_an_error() -> None:
    with BootServer(MemorySite(), http_port=None, tftp_port=None) as server:
        assert server.urls == ()
        assert server.ca_file is None
        for scheme in ("http", "https", "tftp"):
            with pytest.raises(UsageError, match=f"{scheme.upper()} is not served: .* with {scheme}_port=0"):
                getattr(server, "url" if scheme == "http" else f"{scheme}_url")


def test_journal_and_faults_that_are_given_are_used(tmp_path: Path) -> None:
    with (
        Journal(file=tmp_path / "journal.jsonl") as journal,
        BootServer(MemorySite(), https_port=0, journal=journal, faults=FaultPlan(["503"])) as server,
    ):
        for url in (server.url, server.https_url):
            assert requests.get(url + "a", verify=f"{server.ca_file}", timeout=20).status_code == 503
    assert (tmp_path / "journal.jsonl").read_text().count('"fault": "503"') == 2


class Failing:
    """A site with an error in it."""

    upload_limit = 10

    def read(self, path: str) -> ReadAnswer:
        raise ZeroDivisionError(path)

    def write(self, path: str, data: bytes) -> WriteAnswer:  # noqa: ARG002 - as for other sites
        raise ZeroDivisionError(path)


def ask_over_all(server: BootServer) -> None:
    with closing(network_transport(limits=FOR_SILENCE, ca_file=server.ca_file)) as transport:
        for url in server.urls:
            within(lambda url=url: transport.fetch(fetch(f"{url}{url[:5]}.cfg")))  # type: ignore[misc]


@pytest.mark.slow
def test_errors_of_its_threads_are_raised_in_the_end() -> None:
    with pytest.raises(ExceptionGroup) as caught, BootServer(Failing(), https_port=0) as server:
        ask_over_all(server)
    assert all(isinstance(error, ZeroDivisionError) for error in caught.value.exceptions)
    assert {str(error).lstrip("/") for error in caught.value.exceptions} == {"http:.cfg", "https.cfg", "tftp:.cfg"}


@pytest.mark.slow
def test_errors_of_its_threads_do_not_hide_that_of_the_caller() -> None:
    def fail() -> None:
        with BootServer(Failing()) as server:
            ask_over_all(server)
            raise KeyError

    with pytest.raises(KeyError):
        fail()


@pytest.mark.slow
def test_errors_that_were_raised_or_reset_are_forgotten() -> None:
    with BootServer(Failing()) as server:
        ask_over_all(server)
        with pytest.raises(ExceptionGroup):
            server.raise_errors()
        ask_over_all(server)
        server.reset()


@pytest.mark.slow
def test_client_that_breaks_off_is_no_error() -> None:
    with serving(MemorySite({"big": bytes(30_000_000)})) as server:
        for url in (server.url, server.https_url):
            with requests.get(url + "big", verify=f"{server.ca_file}", stream=True, timeout=20) as answer:
                assert next(answer.iter_content(10)) == bytes(10)
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(server.https_url + "big", timeout=20)
