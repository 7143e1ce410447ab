"""What can be read of a request of a phone: what was asked, and what is known of the reply."""

import json
from collections.abc import Mapping

from phone_sim.boot_server.http import HttpEndpoint
from phone_sim.boot_server.site import MemorySite
from phone_sim.boot_server.tftp import TftpEndpoint
from phone_sim.firmware.effects import Fetched, NotFound
from phone_sim.firmware.transfer_facts import Redirect
from phone_sim.runtime.exchange import Exchange, reply_facts
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.runtime.hostile_http import HostileHttpServer, answering, by_path, refusing_port
from tests.runtime.phones import CONFIGURATION

MAC = "0004f2000001"
MASTER, OWN = "000000000000.cfg", f"{MAC}.cfg"
LOG = f"{MAC}-app.log"


def asked_of(url: str) -> Mapping[str, Exchange]:
    """What a phone asks of a server as it boots, by path."""
    with VirtualPhone(url, mac=MAC) as phone:
        phone.boot()
        return {exchange.path: exchange for exchange in phone.requests}


def test_exchange_over_http_tells_all_that_is_known() -> None:
    with HttpEndpoint(MemorySite(CONFIGURATION)) as server:
        asked = asked_of(server.url)
    master, own = asked[MASTER], asked[OWN]
    assert (master.method, master.url, master.status) == ("GET", f"{server.url}{MASTER}", 200)
    assert master.body == CONFIGURATION[MASTER]
    assert master.headers["Content-Length"] == master.headers["content-length"] == str(len(master.body))
    assert master.redirects == ()
    assert 0 < master.seconds < 60
    assert (own.method, own.status, own.body) == ("GET", 404, b"")
    assert isinstance(own.reply, NotFound)
    assert own.reply.words == "Not Found"


def test_exchange_over_tftp_has_an_error_for_a_status_and_no_headers() -> None:
    with TftpEndpoint(MemorySite(CONFIGURATION)) as server:
        asked = asked_of(server.url)
    master, own = asked[MASTER], asked[OWN]
    assert (master.method, master.status, master.body) == ("RRQ", None, CONFIGURATION[MASTER])
    assert (own.method, own.status) == ("RRQ", 1)
    assert not master.headers


def test_exchange_in_memory_has_the_status_of_http() -> None:
    with VirtualPhone("http://boot.example/", mac=MAC, transport=serve(dict(CONFIGURATION))) as phone:
        phone.boot()
        asked = {exchange.path: exchange for exchange in phone.requests}
    assert (asked[MASTER].status, asked[OWN].status) == (200, 404)


def test_path_is_below_the_root_with_percent_signs_as_they_are() -> None:
    with HttpEndpoint(MemorySite({"a b/000000000000.cfg": CONFIGURATION[MASTER]})) as server:
        asked = asked_of(f"{server.url}a%20b/")
    assert f"a%20b/{MASTER}" in asked
    assert asked[f"a%20b/{MASTER}"].status == 200


def test_body_of_an_upload_is_what_was_sent() -> None:
    with HttpEndpoint(site := MemorySite(CONFIGURATION)) as server:
        upload = asked_of(server.url)[LOG]
    assert (upload.method, upload.status) == ("PUT", 201)
    assert upload.body == site.files[LOG]


def test_redirects_of_a_request_are_told() -> None:
    moved = answering("302 Found", b"", "Location: /there.cfg")
    with HostileHttpServer(by_path({"there.cfg": CONFIGURATION[MASTER]}, {MASTER: moved})) as server:
        exchange = asked_of(server.url)[MASTER]
        hop = Redirect(source=f"{server.url}{MASTER}", target=f"{server.url}there.cfg", status=302)
    assert isinstance(exchange.reply, Fetched)
    assert exchange.redirects == (hop,)
    assert reply_facts(exchange)["redirects"] == [{"from": hop.source, "to": hop.target, "status": 302}]


def test_facts_of_a_reply_are_json() -> None:
    file = answering("200 OK", CONFIGURATION[MASTER], "Date: Wed, 21 Oct 2015 07:28:00 GMT", kind="text/xml")
    with HostileHttpServer(file) as server:
        facts = reply_facts(asked_of(server.url)[OWN])
    assert json.loads(json.dumps(facts)) == {
        "status": 200,
        "failure": None,
        "content_type": "text/xml",
        "content_encoding": None,
        "content_length": len(CONFIGURATION[MASTER]),
        "date": "2015-10-21T07:28:00+00:00",
        "redirects": [],
    }


def test_failure_has_a_kind_and_no_status() -> None:
    with refusing_port() as port:
        facts = reply_facts(asked_of(f"http://127.0.0.1:{port}/")[OWN])
    assert (facts["failure"], facts["status"], facts["content_type"]) == ("connection_refused", None, None)
