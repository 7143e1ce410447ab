"""SIP as a phone that is registered nowhere answers it: check-sync, and the right refusal of everything else."""

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sipmessage import Message, Response

from phone_sim.firmware.sip_requests import SIZE_LIMIT, Sender, SipAnswer, answer_sip

SENDER = Sender(host="192.0.2.9", port=40000)
AGENT = "PolycomSoundPointIP-SPIP_670-UA/3.3.0.0000"
NOTIFY = {
    "Via": "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK77;rport",
    "From": "<sip:pbx@10.0.0.1>;tag=1",
    "To": "<sip:1234@10.0.0.2>",
    "Call-ID": "a@10.0.0.1",
    "CSeq": "1 NOTIFY",
    "Event": "check-sync",
}


def request(method: str = "NOTIFY", uri: str = "sip:1234@10.0.0.2", **fields: str | None) -> bytes:
    given = NOTIFY | {"CSeq": f"1 {method}"} | {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
    return "\r\n".join([f"{method} {uri} SIP/2.0", *lines, "Content-Length: 0", "", ""]).encode()


def answer(data: bytes) -> SipAnswer:
    return answer_sip(data, SENDER, user_agent=AGENT)


def read(found: SipAnswer) -> Response:
    message = Message.parse(found.message)
    assert isinstance(message, Response)
    return message


def test_check_sync_is_answered_with_200() -> None:
    found = answer(request(Event="Check-Sync;reboot=true"))
    assert (found.status, found.is_check_sync, found.port) == (200, True, SENDER.port)
    response = read(found)
    assert (response.code, response.phrase) == (200, "OK")
    assert str(response.via[0]) == "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK77;rport=40000;received=192.0.2.9"
    assert {name: response.headers[name] for name in ("From", "Call-ID", "CSeq", "Server")} == {
        "From": NOTIFY["From"],
        "Call-ID": NOTIFY["Call-ID"],
        "CSeq": NOTIFY["CSeq"],
        "Server": AGENT,
    }
    assert response.headers["To"].startswith("<sip:1234@10.0.0.2>;tag=")


def test_request_sent_again_is_the_same_transaction() -> None:
    first, again, other = answer(request()), answer(request()), answer(request(CSeq="2 NOTIFY"))
    assert first == again
    assert other.transaction != first.transaction


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("OPTIONS"), 200),
        (request("INVITE"), 405),
        (request("REGISTER"), 405),
        (request("SUBSCRIBE"), 405),
        (request("FLY"), 405),
        (request("BYE"), 481),
        (request("CANCEL"), 481),
        (request("INFO"), 481),
        (request(Event="message-summary"), 489),
        (request(Event=None), 400),
        (request(Call_ID=None), 400),
        (request(To=None), 400),
        (request(CSeq="1 INVITE"), 400),
        (request(CSeq="one NOTIFY"), 400),
        (request(uri="tel:1234"), 416),
        (request(Require="100rel"), 420),
    ],
)
def test_everything_else_gets_its_status(data: bytes, status: int) -> None:
    found = answer(data)
    assert (found.status, found.is_check_sync) == (status, False)
    assert read(found).code == status


def test_answer_goes_to_the_port_of_the_request_or_of_its_via() -> None:
    assert answer(request(Via="SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK77")).port == 5070
    assert answer(request(Via="SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK77")).port == 5060


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        request("ACK"),
        request(Via=None),
        request(Via="nonsense"),
        b"SIP/2.0 200 OK\r\n" + request().partition(b"\r\n")[2],
        request()[:-2],
        request().replace(b"SIP/2.0\r\n", b"SIP/3.0\r\n"),
        request(X="x" * SIZE_LIMIT),
        request(**{f"x{number}": "" for number in range(70)}),
        b"\xff" * 100 + b"\r\n\r\n",
    ],
)
def test_what_is_no_request_is_not_answered(data: bytes) -> None:
    assert answer(data) == SipAnswer()


def test_answer_is_hardly_longer_than_the_request() -> None:
    assert all(len(answer(data).message) < len(data) + 250 for data in (request(), request("OPTIONS"), request("BYE")))


@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_bytes_break_the_phone(junk: bytes, place: int) -> None:
    data = request()
    answer(data[:place] + junk + data[place:])
    answer(junk)


@pytest.mark.parametrize(
    "data",
    [request(Via="no via"), request(Via="SIP/2.0/UDP h,"), request(CSeq="one"), request(Via=None)],
    ids=["via", "vias", "cseq", "no-via"],
)
def test_refused_requests_are_not_held(data: bytes) -> None:
    answer(data)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(100):
        answer(data)
    gc.collect()
    assert len(gc.get_objects()) < before + 100
