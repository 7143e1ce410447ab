"""The phone's log: when it is uploaded, how it stays bounded, and that no text from outside adds a line to it."""

import re
from collections.abc import Mapping
from datetime import timedelta

import pytest

from phone_sim.firmware.effects import LogContents, Refused, TransferFailed, Upload, Uploaded, UploadReply
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.log_line import parse_line
from phone_sim.firmware.stage import Stage
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.scheduler import HeapScheduler
from phone_sim.runtime.transport import network_transport
from phone_sim.runtime.transport.memory import MemoryTransport, serve
from tests.make import MAC, configured, utc
from tests.runtime.hostile_http import HostileHttpServer, answering, by_path
from tests.runtime.hostile_tftp import HostileTftpServer, error, saying, serving
from tests.runtime.phones import CONFIGURATION, PATIENT, Bench, bench, within

LOG = f"{MAC}-app.log"
PERIOD = timedelta(seconds=86400)
OBSERVED = "UtilLogServerC::uploadFifoLog: upload error. protocol 0 result = -1"


class Logging:
    """A phone in virtual time whose boot server holds `files`, with some logging parameters."""

    def __init__(self, parameters: Mapping[str, str], refusal: UploadReply | None = None) -> None:
        site = configured("LDAP", **{name.replace(".", "_"): value for name, value in parameters.items()})
        self.files = dict(CONFIGURATION) | {"site.cfg": site}
        plain = serve(self.files)
        self.transport = MemoryTransport(plain.fetch, lambda request: refusal or plain.upload(request))
        self.clock = ManualClock(utc("2026-01-01T12:00"))
        self.scheduler = HeapScheduler(self.clock)
        self.bench = bench(self.transport, clock=self.clock, scheduler=self.scheduler)
        self.bench.driver.power_on()

    @property
    def uploads(self) -> list[bytes]:
        """What was uploaded, taken or not."""
        return [request.body for request in self.transport.requests if isinstance(request, Upload)]

    def log(self, size: int) -> None:
        """Log a line of `size` bytes with its end, and let something happen to the phone."""
        self.bench.log.write("x" * (size - 1))
        self.bench.driver.clock_set()


def test_log_of_a_boot_is_on_the_server() -> None:
    phone = Logging({})
    assert phone.files[LOG].decode().splitlines() == phone.bench.lines
    assert phone.bench.log.size == 0


def test_log_over_its_size_is_uploaded_and_erased() -> None:
    phone = Logging({"log.render.file.size": "2"})
    phone.log(2048)
    assert (len(phone.uploads), phone.bench.log.size) == (1, 2048)
    phone.log(1)
    assert (len(phone.uploads), phone.bench.log.size) == (2, 0)
    assert phone.uploads[1] == phone.uploads[0] + b"x" * 2047 + b"\n\n"


def test_default_size_is_32_kilobytes() -> None:
    phone = Logging({})
    phone.log(32 * 1024)
    assert len(phone.uploads) == 1
    phone.log(1)
    assert len(phone.uploads) == 2


def test_log_with_something_new_is_uploaded_after_the_period() -> None:
    phone = Logging({})
    phone.scheduler.run(10 * PERIOD)
    assert len(phone.uploads) == 1
    phone.log(10)
    phone.scheduler.run(PERIOD - timedelta(seconds=1))
    assert len(phone.uploads) == 1
    phone.scheduler.run(timedelta(seconds=1))
    assert len(phone.uploads) == 2
    phone.scheduler.run(10 * PERIOD)
    assert len(phone.uploads) == 2


def test_period_can_be_configured() -> None:
    phone = Logging({"log.render.file.upload.period": "60"})
    phone.log(10)
    phone.scheduler.run(timedelta(seconds=60))
    assert len(phone.uploads) == 2


def test_file_on_the_server_grows_up_to_its_limit_and_starts_over() -> None:
    phone = Logging({"log.render.file.size": "1", "log.render.file.upload.append.sizeLimit": "4"})
    sizes = []
    for _ in range(6):
        phone.log(1100)
        sizes.append(len(phone.files[LOG]))
    boot = len(phone.uploads[0])
    assert boot < 4096 - 1100
    room = (4096 - boot) // 1100
    assert sizes[:room] == [boot + 1100 * count for count in range(1, room + 1)]
    assert sizes[room] == 1100
    assert max(sizes) <= 4096


def test_file_on_the_server_stays_as_it_is_at_its_limit() -> None:
    phone = Logging(
        {
            "log.render.file.size": "1",
            "log.render.file.upload.append.sizeLimit": "4",
            "log.render.file.upload.append.limitMode": "stop",
        }
    )
    for _ in range(10):
        phone.log(1100)
    full = phone.files[LOG]
    assert 4096 - 1100 < len(full) <= 4096
    assert phone.bench.log.size == 0
    assert full.startswith(phone.uploads[0])


def test_file_on_the_server_is_replaced_without_append() -> None:
    phone = Logging({"log.render.file.size": "1", "log.render.file.upload.append": "0"})
    phone.log(1100)
    assert phone.files[LOG] == b"x" * 1099 + b"\n"


@pytest.mark.parametrize(
    "refusal", [Refused("Forbidden", 403), TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)]
)
def test_refused_upload_is_logged_and_the_log_stays_bounded(refusal: UploadReply) -> None:
    phone = Logging({"log.render.file.size": "2"}, refusal)
    assert phone.bench.texts(OBSERVED) == [OBSERVED]
    for _ in range(100):
        phone.log(1000)
        assert phone.bench.log.size <= 2048 + 100
    assert phone.bench.phone.state is State.IDLE
    assert LOG not in phone.files


def test_lines_of_a_refused_upload_are_in_the_next() -> None:
    replies: list[UploadReply] = [Refused("", 503), Uploaded()]
    uploads: list[bytes] = []

    def take(request: Upload) -> UploadReply:
        uploads.append(request.body)
        return replies.pop(0)

    phone = bench(MemoryTransport(serve(dict(CONFIGURATION)).fetch, take))
    phone.driver.power_on()
    phone.driver.reboot()
    assert uploads[1].startswith(uploads[0])
    assert OBSERVED.encode() in uploads[1]


def test_refused_upload_over_http_is_logged() -> None:
    with HostileHttpServer(by_path(CONFIGURATION, {LOG: answering("403 Forbidden")})) as server:
        transport = network_transport(limits=PATIENT)
        phone = bench(transport, boot_server=server.url)
        within(phone.driver.power_on)
        transport.close()
    assert phone.texts(OBSERVED) == [OBSERVED]
    assert phone.log.size > 0


def test_sink_without_an_upload_keeps_the_newest_whole_lines() -> None:
    sink = LogSink()
    for number in range(100_000):
        sink.write(f"{number:06d} " + "x" * 43)
    lines = sink.contents().pending.decode().splitlines()
    assert sink.size <= 1024 * 1024
    assert lines[-1].startswith("099999")
    assert [int(line[:6]) for line in lines] == list(range(100_000 - len(lines), 100_000))


def test_line_longer_than_the_sink_is_dropped() -> None:
    sink = LogSink()
    sink.write("x" * 2_000_000)
    sink.write("short")
    assert sink.contents() == LogContents(pending=b"short\n", on_server=b"")


def test_forgotten_log_is_what_the_server_holds() -> None:
    sink = LogSink()
    sink.write("line")
    sink.forget(b"on the server")
    assert sink.contents() == LogContents(pending=b"", on_server=b"on the server")


def test_each_stage_has_a_log_of_its_own() -> None:
    heard: list[str] = []
    sink = LogSink(heard.append)
    sink.write("one", Stage.BOOT_ROM)
    sink.write("two")
    assert (sink.contents(Stage.BOOT_ROM).pending, sink.contents().pending, sink.size) == (b"one\n", b"two\n", 4)
    sink.forget(b"", Stage.BOOT_ROM)
    assert (sink.contents(Stage.BOOT_ROM).pending, sink.contents().pending) == (b"", b"two\n")
    assert heard == ["one", "two"]


FORGED = "0101070000|lic |*|03|License: new key for LDAP expiry THU JAN 01 06:59:58 1970 added"
ENDS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\0"]


def assert_no_line_is_forged(phone: Bench) -> None:
    """Each entry is one line, none begins with what came from outside, and the log file has no more lines."""
    whole = (phone.log.contents().on_server + phone.log.contents().pending).decode()
    assert whole.split("\n")[:-1] == whole.splitlines() == phone.lines
    for line in phone.lines:
        assert parse_line(line) is not None
        assert line.splitlines() == [line]
        assert not line.startswith(FORGED)


@pytest.mark.parametrize("end", ENDS)
def test_words_of_a_tftp_server_add_no_line(end: str) -> None:
    words = f"no{end}{FORGED}".encode()
    with HostileTftpServer(serving(CONFIGURATION, saying(error(2, words)))) as server:
        transport = network_transport(limits=PATIENT)
        phone = bench(transport, boot_server=server.url)
        within(phone.driver.power_on)
        transport.close()
    assert_no_line_is_forged(phone)


@pytest.mark.parametrize("end", [end for end in ENDS if end not in "\r\n"])
def test_words_of_an_http_server_add_no_line(end: str) -> None:
    script = answering(f"403 no{end}{FORGED}".encode().decode("latin-1"))
    with HostileHttpServer(by_path(CONFIGURATION, {"-license.cfg": script})) as server:
        transport = network_transport(limits=PATIENT)
        phone = bench(transport, boot_server=server.url)
        within(phone.driver.power_on)
        transport.close()
    assert_no_line_is_forged(phone)


# XML has no way to write the others.
@pytest.mark.parametrize("end", ["\n", "\r", "\t", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize(
    "place",
    [
        '<c license.polling.time="{}"/>',
        '<c log.level.change.lic="{}"/>',
        '<c tcpIpApp.sntp.gmtOffset="{}"/>',
    ],
)
def test_parameters_add_no_line(end: str, place: str) -> None:
    value = re.sub(r"[^ -~]", lambda match: f"&#{ord(match[0])};", f"{end}{FORGED}")
    phone = bench(serve(CONFIGURATION | {"site.cfg": place.format(value).encode()}))
    phone.driver.power_on()
    assert len(phone.texts("is used")) == 1
    assert_no_line_is_forged(phone)


@pytest.mark.parametrize(
    "attribute", ["CONFIG_FILES", "LICENSE_DIRECTORY", "OVERRIDES_DIRECTORY", "LOG_FILE_DIRECTORY"]
)
@pytest.mark.parametrize("end", ["&#10;", "&#13;", "&#x85;", "&#x2028;", "%0a", "%0d%0a", "%E2%80%A8"])
def test_names_in_the_master_file_add_no_line(attribute: str, end: str) -> None:
    value = f"a{end}{FORGED}".replace("|", "&#124;")
    files = CONFIGURATION | {"000000000000.cfg": f'<APPLICATION {attribute}="{value}"/>'.encode()}
    phone = bench(serve(files))
    phone.driver.power_on()
    assert phone.phone.state is State.IDLE
    for line in phone.lines:
        assert line.isprintable()
        assert not line.startswith(FORGED)
