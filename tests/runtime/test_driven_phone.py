"""A driven phone: who is told of what it does, and that it lets go in the end; the rest is in `test_virtual_phone`."""

from phone_sim.runtime.driven_phone import DrivenPhone
from phone_sim.runtime.identity import make_identity
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_time import VirtualTime
from tests.make import MAC, configured, master

IDENTITY = make_identity("http://boot.example/", model="SPIP_670", mac=MAC)


def site() -> dict[str, bytes]:
    """A boot server that configures the corporate directory for use."""
    return {"000000000000.cfg": master(CONFIG_FILES="site.cfg"), "site.cfg": configured("LDAP")}


def test_closed_phone_is_not_told_of_the_clock() -> None:
    time = VirtualTime()
    phone = DrivenPhone(IDENTITY, time=time, transport=serve(site()))
    phone.boot()
    phone.close()
    phone.close()
    before = phone.log
    time.set("2026-03-11T01:00")
    assert phone.log == before
    assert not time._when_set


def test_lines_effects_and_requests_are_told() -> None:
    lines: list[str] = []
    effects: list[str] = []
    requests: list[str] = []
    with DrivenPhone(
        IDENTITY,
        transport=serve(site()),
        on_line=lines.append,
        on_effect=lambda effect: effects.append(type(effect).__name__),
        on_exchange=lambda exchange: requests.append(exchange.path),
    ) as phone:
        phone.boot()
        assert phone.log_lines == lines
    assert {"Fetch", "Show"} <= set(effects)
    assert requests[:3] == [f"{MAC}.cfg", "000000000000.cfg", "site.cfg"]


def test_log_is_kept_only_where_it_is_wanted() -> None:
    lines: list[str] = []
    with DrivenPhone(IDENTITY, transport=serve(site()), keeps_log=False, on_line=lines.append) as phone:
        phone.boot()
        assert phone.log == ""
    assert lines
