"""A NOTIFY check-sync as it is sent: over UDP until there is an answer, over TCP once."""

import socket
import threading
from queue import Queue

import pytest
from sipmessage import Message, Request

from phone_sim.errors import PhoneSimError, UsageError
from phone_sim.firmware.sip_requests import SIZE_LIMIT, Sender, answer_sip
from phone_sim.runtime.network.sip import SipListener
from phone_sim.runtime.network.sip_notify import SipTarget, notify_check_sync

AGENT = "PolycomSoundPointIP-SPIP_670-UA/3.3.0.0000"


@pytest.mark.parametrize("over_tcp", [False, True])
def test_phone_answers_and_is_asked_once(over_tcp: bool) -> None:
    synced: Queue[str] = Queue()
    with SipListener("127.0.0.1", 0, user_agent=AGENT, on_check_sync=lambda: synced.put("once")) as listener:
        target = SipTarget(user="1234", host="127.0.0.1", port=listener.port, over_tcp=over_tcp)
        answer = notify_check_sync(target)
        assert (answer.code, answer.headers["Server"]) == (200, AGENT)
        assert synced.get(timeout=30) == "once"
    assert synced.empty()


def test_request_is_repeated_until_a_final_answer() -> None:
    requests: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))

        def answer_the_second() -> None:
            while len(requests) < 2:
                data, sender = phone.recvfrom(SIZE_LIMIT)
                requests.append(data)
            phone.sendto(b"SIP/2.0 100 Trying\r\n\r\n", sender)
            phone.sendto(answer_sip(data, Sender(host=sender[0], port=sender[1]), user_agent=AGENT).message, sender)

        answering = threading.Thread(target=answer_the_second)
        answering.start()
        assert notify_check_sync(SipTarget(host="127.0.0.1", port=phone.getsockname()[1])).code == 200
        answering.join()
    first = Message.parse(requests[0])
    assert requests[0] == requests[1]
    assert isinstance(first, Request)
    assert (first.method, first.headers["Event"], first.cseq.method) == ("NOTIFY", "check-sync", "NOTIFY")


@pytest.mark.parametrize("over_tcp", [False, True])
def test_phone_that_is_silent_or_not_there_is_an_error(over_tcp: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if over_tcp else socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        reason = "Connection refused" if over_tcp else "no answer within 0.2 s"
        with pytest.raises(PhoneSimError, match=rf"^127.0.0.1:{port}: .*{reason}"):
            notify_check_sync(SipTarget(host="127.0.0.1", port=port, over_tcp=over_tcp), patience=0.2)


def test_addresses_are_read() -> None:
    assert SipTarget.parse("10.0.0.2") == SipTarget(host="10.0.0.2")
    assert SipTarget.parse("sip:7@[::1]:5070;transport=TCP") == SipTarget(
        user="7", host="[::1]", port=5070, over_tcp=True
    )
    for wrong in ("", "gopher://x", "a b", "sip:x;transport=tls", "http://10.0.0.2/"):
        with pytest.raises(UsageError):
            SipTarget.parse(wrong)
