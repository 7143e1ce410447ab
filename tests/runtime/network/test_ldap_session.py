"""Directory servers that do as they please: whatever they send, the phone gets a reply in time and asks nobody else."""

import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phone_sim.errors import UsageError
from phone_sim.firmware.corporate_directory_settings import LdapSearch, LdapServer, Scope
from phone_sim.firmware.location import Credentials
from phone_sim.firmware.network_effects import AskDirectory, DirectoryAnswer, DirectoryAnswered, DirectoryFailed
from phone_sim.runtime.lookup import LookupFailedError, look_up
from phone_sim.runtime.network.ldap import make_corporate_directory
from phone_sim.runtime.network.ldap_session import ANSWER_LIMIT, VALUE_LIMIT
from phone_sim.runtime.transport import Limits, Tls
from tests.real_servers.certificates import Certificates
from tests.runtime.hostile_http import tls_context
from tests.runtime.hostile_ldap import (
    BIND,
    BIND_RESPONSE,
    DONE,
    ENTRY,
    EXTENDED,
    REFERENCE,
    SEARCH,
    UNBIND,
    Act,
    HostileLdapServer,
    Session,
    Value,
    entry,
    integer,
    result,
    text,
    tlv,
)
from tests.runtime.hostile_tcp import PATIENCE
from tests.runtime.phones import FOR_DRIPS, FOR_SILENCE, PATIENT, within
from tests.runtime.resolver import Resolver

LIMIT = 3
SEARCHED = LdapSearch(
    base="dc=test", scope=Scope.SUB, filter="(sn=S*)", attributes=("sn", "telephoneNumber"), limit=LIMIT
)
CREDENTIALS = Credentials(user="cn=phone", password="s3cret")
SMITH = {"sn": "Smith", "telephonenumber": "1001"}


def ask(
    server: HostileLdapServer,
    *,
    limits: Limits = PATIENT,
    credentials: Credentials | None = CREDENTIALS,
    search: LdapSearch | None = SEARCHED,
    tls: Tls | None = None,
) -> DirectoryAnswer:
    """The reply of a server, over TLS if it is given how."""
    place = LdapServer(host=server.address, port=server.port, is_secure=tls is not None)
    request = AskDirectory(server=place, credentials=credentials, search=search)
    return within(lambda: make_corporate_directory(limits, tls)(request))


def reply_to(acts: dict[int, Act], *, limits: Limits = PATIENT) -> DirectoryAnswer:
    """The reply of a server that does this."""
    with HostileLdapServer(acts) as server:
        return ask(server, limits=limits)


def failure_of(acts: dict[int, Act], *, limits: Limits = PATIENT) -> str:
    """Why a server that does this was of no use."""
    reply = reply_to(acts, limits=limits)
    assert isinstance(reply, DirectoryFailed)
    assert reply.reason.isprintable()
    return reply.reason


def saying(data: bytes) -> Act:
    """An act that sends bytes and then nothing more."""

    def say(session: Session) -> None:
        session.say(data)
        session.be_silent()

    return say


def test_good_server_is_bound_to_and_searched_and_left() -> None:
    with HostileLdapServer() as server:
        assert ask(server) == DirectoryAnswered(entries=(SMITH,))
    assert server.dialogues == [[BIND, SEARCH, UNBIND]]


def test_bind_alone_is_a_connection_of_its_own() -> None:
    with HostileLdapServer() as server:
        assert ask(server, search=None) == DirectoryAnswered()
        assert ask(server, search=None, credentials=None) == DirectoryAnswered()
    assert server.dialogues == [[BIND, UNBIND], [BIND, UNBIND]]


def test_user_without_a_password_is_not_sent() -> None:
    with HostileLdapServer() as server:
        reply = ask(server, credentials=Credentials(user="cn=phone", password=""))
    assert reply == DirectoryFailed("there is a user, but no password")
    assert server.dialogues == []


def test_refusal_is_told_in_the_servers_words() -> None:
    refusal = result(BIND_RESPONSE, 49, "80090308: data 52e\x1b[2J\n\u202e" + "x" * 1000)
    assert failure_of({BIND: [refusal]}).startswith("LDAP 49 invalidCredentials 80090308: data 52e [2J xxx")


@pytest.mark.parametrize(("kind", "tag"), [(BIND, BIND_RESPONSE), (SEARCH, DONE)])
def test_refusal_that_holds_the_password_is_told_without(kind: int, tag: int) -> None:
    assert failure_of({kind: [result(tag, 49, "s3cret is wrong")]}) == "LDAP 49 invalidCredentials"


@pytest.mark.parametrize("code", [3, 4, 11])
def test_limits_of_the_server_leave_what_was_found(code: int) -> None:
    reply = reply_to({SEARCH: [entry({"sn": "Smith"}), result(DONE, code)]})
    assert reply == DirectoryAnswered(entries=({"sn": "Smith"},), is_partial=True)


def test_more_entries_than_asked_for_are_cut() -> None:
    reply = reply_to({SEARCH: [*[entry({"sn": f"S{number}"}) for number in range(100)], result(DONE)]})
    assert reply == DirectoryAnswered(entries=({"sn": "S0"}, {"sn": "S1"}, {"sn": "S2"}), is_partial=True)


@pytest.mark.parametrize(("code", "word"), [(32, "noSuchObject"), (50, "insufficientAccessRights"), (53, "unwilling")])
def test_search_that_is_refused_fails(code: int, word: str) -> None:
    assert failure_of({SEARCH: [entry({"sn": "Smith"}), result(DONE, code)]}).startswith(f"LDAP {code} {word}")


@pytest.mark.parametrize("kind", [BIND, SEARCH])
def test_no_referral_is_followed(kind: int) -> None:
    with HostileLdapServer() as other:
        url = text(f"ldap://127.0.0.1:{other.port}/dc=test")
        tag = BIND_RESPONSE if kind == BIND else DONE
        assert failure_of({kind: [result(tag, 10, "", tlv(0xA3, url))]}) == "LDAP 10 referral"
        found = reply_to({SEARCH: [tlv(REFERENCE, url), entry({"sn": "Smith"}), result(DONE)]})
    assert found == DirectoryAnswered(entries=({"sn": "Smith"},))
    assert other.dialogues == []


def test_rest_of_a_long_attribute_is_not_asked_for() -> None:
    parts: dict[str, Value | list[Value]] = {"member;range=0-1": ["a", "b"], "sn": "Smith"}
    with HostileLdapServer({SEARCH: [entry(parts), result(DONE)]}) as server:
        assert ask(server) == DirectoryAnswered(entries=({"member;range=0-1": "a", "sn": "Smith"},))
    assert server.dialogues == [[BIND, SEARCH, UNBIND]]


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"sn": ["first", "second"]}, {"sn": "first"}),
        ({"sn": b"\xff\xfe"}, {"sn": "\ufffd\ufffd"}),
        ({"sn": "\x1b[2J\r\n"}, {"sn": "\x1b[2J\r\n"}),
        ({"sn": "x" * 100_000}, {"sn": "x" * VALUE_LIMIT}),
        ({"SN": "Smith"}, {"sn": "Smith"}),
        ({"sn": []}, {}),
        ({}, {}),
    ],
)
def test_values_of_all_kinds_are_taken(attributes: dict[str, Value | list[Value]], found: dict[str, str]) -> None:
    assert reply_to({SEARCH: [entry(attributes), result(DONE)]}) == DirectoryAnswered(entries=(found,))


@pytest.mark.parametrize(
    "acts",
    [
        {BIND: [result(DONE)]},
        {BIND: [result(EXTENDED)]},
        {SEARCH: [result(BIND_RESPONSE)]},
        {SEARCH: [entry({"sn": "Smith"}), result(EXTENDED)]},
    ],
)
def test_answer_to_something_else_is_none(acts: dict[int, Act]) -> None:
    assert failure_of(acts) == "the answer is not one to the request"


def test_unsolicited_notice_of_disconnection_is_an_end() -> None:
    notice = result(EXTENDED, 52, "going down", tlv(0x8A, b"1.3.6.1.4.1.1466.20036"))
    assert failure_of({SEARCH: lambda session: session.answer(notice, 0)}) == "the server closed the connection"


NESTED = b"\x30\x80" * 50_000
DEEP = tlv(0x30, integer(1), tlv(ENTRY, *[b"\x30\x84\x00\x01\x00\x00" * 10_000]))
# In each part of six bytes is one that claims all the rest. Who believes it goes through the rest twice for each part.
OVERLAPPING = b"".join(b"\x30\x06\x30\x84" + (8 * left).to_bytes(4) for left in reversed(range(60)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [BIND, SEARCH])
@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10,
        b"\x30\x00" * 10,
        b"\x30\x80\x00\x00",
        b"\x30\x03\x02\x01\x01",
        tlv(0x30, integer(1), result(BIND_RESPONSE), b"\x02"),
        tlv(0x30, integer(2**31), result(DONE)),
        tlv(0x30, tlv(0x02, b"\x7f" * 200_000), result(DONE)),
        tlv(0x30, integer(1), tlv(BIND, integer(3))),
        tlv(0x30, integer(1), tlv(DONE, tlv(0x0A, b"\x01" * 200_000), text(""), text(""))),
        tlv(0x30, integer(1), tlv(ENTRY, text("cn"), tlv(0x30, text("sn")))),
        tlv(0x30, OVERLAPPING),
        DEEP,
        NESTED,
    ],
    ids=lambda data: f"{data[:8].hex()}-{len(data)}" if isinstance(data, bytes) else None,
)
def test_garbage_is_no_answer(kind: int, data: bytes) -> None:
    assert failure_of({kind: saying(data)}, limits=FOR_SILENCE)


@pytest.mark.parametrize("kind", [BIND, SEARCH])
def test_answer_with_another_number_is_malformed(kind: int) -> None:
    tag = BIND_RESPONSE if kind == BIND else DONE
    answer = result(tag)
    assert failure_of({kind: lambda session: session.answer(answer, session.message + 1)}) == "the answer is malformed"


@pytest.mark.slow
@pytest.mark.parametrize("kind", [BIND, SEARCH])
def test_silence_is_waited_out(kind: int) -> None:
    assert failure_of({kind: Session.be_silent}, limits=FOR_SILENCE) == "no answer"


@pytest.mark.parametrize("kind", [BIND, SEARCH])
def test_connection_may_be_reset_or_ended(kind: int) -> None:
    assert failure_of({kind: Session.reset}) == "Connection reset by peer"
    assert failure_of({kind: Session.close}).startswith("the server closed the connection")


@pytest.mark.slow
def test_drip_ends_with_the_time_for_all_of_it() -> None:
    answer = tlv(0x30, integer(1), result(BIND_RESPONSE, 0, "x" * 1000))
    assert failure_of({BIND: lambda session: session.drip(answer)}, limits=FOR_DRIPS) == "the transfer takes too long"


@pytest.mark.slow
def test_entries_without_end_are_too_long() -> None:
    endless = entry({"sn": "Smith"})

    def act(session: Session) -> None:
        while True:
            session.answer(endless)

    assert failure_of({SEARCH: act}) == "the answer is too long"


@pytest.mark.parametrize("size", [ANSWER_LIMIT, 2**31 - 1, 2**60])
def test_one_huge_value_is_too_long(size: int) -> None:
    head = b"\x30\x88" + size.to_bytes(8)

    def act(session: Session) -> None:
        session.say(head)
        session.say_for_ever(b"x" * 4096)

    assert failure_of({SEARCH: act}) == "the answer is too long"


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_after_a_search_are_survived(data: bytes) -> None:
    def act(session: Session) -> None:
        session.say(tlv(0x30, integer(session.message), data))
        session.close()

    assert isinstance(reply_to({SEARCH: act}), DirectoryFailed | DirectoryAnswered)


def test_filter_that_is_none_fails() -> None:
    hopeless = LdapSearch(base="", scope=Scope.ONE, filter="(a=b", attributes=("sn",), limit=1)
    with HostileLdapServer() as server:
        assert ask(server, search=hopeless) == DirectoryFailed("the filter is malformed")


def test_nobody_there_is_told() -> None:
    with HostileLdapServer() as gone:
        pass
    assert ask(gone) == DirectoryFailed("Connection refused")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.mark.slow
def test_ldaps_is_spoken_with_whom_the_authority_vouches_for(certificates: Certificates) -> None:
    with HostileLdapServer(tls=tls_context(certificates)) as server:
        assert ask(server, tls=Tls(ca_file=certificates.ca_file)) == DirectoryAnswered(entries=(SMITH,))
        stranger = ask(server, tls=Tls())
    assert isinstance(stranger, DirectoryFailed)
    assert stranger.reason.startswith("the certificate is not accepted")
    assert server.dialogues == [[BIND, SEARCH, UNBIND], []]


@pytest.mark.slow
def test_ldaps_bounds_bytes_and_time_alike(certificates: Certificates) -> None:
    tls = Tls(ca_file=certificates.ca_file)
    huge: Act = lambda session: session.say_for_ever(b"\x30\x84\x7f\xff\xff\xff" + b"x" * 4096)  # noqa: E731
    with HostileLdapServer({BIND: huge}, tls=tls_context(certificates)) as server:
        assert ask(server, tls=tls) == DirectoryFailed("the answer is too long")
    answer = tlv(0x30, integer(1), result(BIND_RESPONSE, 0, "x" * 1000))
    drip: Act = lambda session: session.drip(answer)  # noqa: E731
    with HostileLdapServer({BIND: drip}, tls=tls_context(certificates)) as server:
        assert ask(server, tls=tls, limits=FOR_DRIPS) == DirectoryFailed("the transfer takes too long")


def test_plain_ldap_is_no_tls(certificates: Certificates) -> None:
    with HostileLdapServer({}) as server:
        reply = ask(server, tls=Tls(ca_file=certificates.ca_file), limits=FOR_SILENCE)
    assert isinstance(reply, DirectoryFailed)
    assert CREDENTIALS.password not in reply.reason


def test_file_that_holds_no_authority_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(UsageError, match="no certificate"):
        make_corporate_directory(tls=Tls(ca_file=tmp_path / "ca.pem"))


@pytest.mark.slow
def test_look_up_without_an_answer_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = Resolver(monkeypatch)
    place = LdapServer(host="ldap.example", port=389)
    reply = within(lambda: make_corporate_directory(FOR_SILENCE)(AskDirectory(server=place, credentials=None)))
    assert reply == DirectoryFailed("the address of ldap.example is not known: no answer")
    resolver.may_answer.set()


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 64 + ".example"])
def test_names_that_have_no_address_are_told(host: str) -> None:
    with pytest.raises(LookupFailedError, match="is not known: "):
        within(lambda: look_up(host, 389, socket.SOCK_STREAM, seconds=PATIENCE))


def test_addresses_of_an_address_are_itself() -> None:
    found = look_up("127.0.0.1", 389, socket.SOCK_STREAM, seconds=PATIENCE)
    assert [one.address for one in found] == [("127.0.0.1", 389)]
