"""A phone in service whose keys can be pressed by name, for tests of its menus."""

from collections.abc import Mapping

from phone_sim.firmware.effects import Show
from phone_sim.firmware.keypad import Press, parse_press
from phone_sim.firmware.layout import Layout, layout_of
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.screen import Frame
from phone_sim.licensing.expiry import Expiry
from phone_sim.licensing.license_file import write
from tests.make import MAC, SITE_FILE, SITE_SERIAL, Dialogue, configured, identity, master, signed_key, utc

CONTACT = "<item><ln>{}</ln><fn>John</fn><ct>1001</ct></item>"


class Desk(Dialogue):
    """A phone in service at GMT, with a site license for `grants` and contacts of these last names.

    It asks for licenses at every boot, whatever its model has built in (D8).
    """

    def __init__(
        self,
        *,
        model: str = "SPIP670",
        grants: Mapping[int, Expiry] | None = None,
        contacts: tuple[str, ...] = (),
        now: str | None = "2026-03-10T12:00",
        features: tuple[str, ...] = ("LDAP",),
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        items = "".join(CONTACT.format(name) for name in contacts)
        super().__init__(
            {
                "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
                "site.cfg": configured(*features, tcpIpApp_sntp_daylightSavings_enable="0", **(parameters or {})),
                SITE_FILE: write([signed_key(grants, serial=SITE_SERIAL)] if grants else []),
                f"{MAC}-directory.xml": f"<directory><item_list>{items}</item_list></directory>".encode(),
            },
            now=None if now is None else utc(now),
        )
        self.phone = Phone(identity(model=model, always_fetches_license=True))
        self.run(self.phone.power_on())

    @property
    def layout(self) -> Layout:
        """What fits on the display."""
        return layout_of(self.phone.identity.model.display)

    @property
    def frame(self) -> Frame:
        """What the display shows."""
        return next(effect.frame for effect in reversed(self.effects) if isinstance(effect, Show))

    def press(self, keys: str) -> Frame:
        """What the display shows after these keys, named with blanks between."""
        for name in keys.split():
            self.tap(parse_press(name))
        return self.frame

    def tap(self, key: Press) -> None:
        """Press one key."""
        self.run(self.phone.press(key))
