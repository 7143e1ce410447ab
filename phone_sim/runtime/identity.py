"""The one place where an `Identity` is made: from names, texts and files to the values that the firmware knows.

This module does not know what runs the phone.
"""

import re
from functools import lru_cache
from pathlib import Path

from phone_sim.errors import UsageError
from phone_sim.firmware.boot_rom_settings import BootRomSettings, ImageReading
from phone_sim.firmware.lease import DhcpSettings
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.log_line import LogStyle
from phone_sim.firmware.profile import profile_for, usual_firmware
from phone_sim.firmware.session import Identity
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.models import DIALECTS, Model
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.runtime.parameter_tables import load_dictionary
from phone_sim.runtime.trust_file import load_anchor

_profile = lru_cache(profile_for)  # phones of a fleet share it


def make_identity(
    boot_server: str = "",
    *,
    model: Model | str,
    mac: MacAddress | str,
    firmware: str | None = None,
    trust: TrustAnchor | Path | str | None = None,
    always_fetches_license: bool | None = None,
    dhcp: DhcpSettings | None = None,
    style: LogStyle = LogStyle.BULLETIN,
    missed: str | None = None,
    boot_rom: bool = False,
    image: ImageReading | str = ImageReading.HEADER,
    installed: str = "",
) -> Identity:
    """Who a phone is.

    `boot_server`, `dhcp` and `style` are those of `Identity`. `model` is a model, or any name that `load_model` takes.
    `firmware` is a version in four numbers, or a release, for which `Model.build` names the build; without one it is
    3.3.0, and of a model beyond the bulletin the latest that is known for it.
    `trust` is the public key that license keys are verified with, or its PEM file; without one it is that of the test
    pair, with which anybody can sign (D5). `always_fetches_license` sets the license rule apart from the firmware's
    (D8). `missed` is the fourth field of log lines, two digits; without one it is that of the style (D26).
    With `boot_rom` it starts with that stage (D28): `image` is how much of a firmware image is read, `installed` the
    firmware in a blank flash, which an image read whole replaces; empty for `firmware`.

    Raises:
        UsageError: an argument that cannot be used; the message names it.
        ModelFileError: a model file that cannot be used.
    """
    if missed is not None and not re.fullmatch("[0-9]{2}", missed):
        raise UsageError(f"{missed[:20]!r} is not a fourth field of log lines: two digits are expected, as in 03")
    if boot_server:
        BootServerAddress.parse_all(boot_server)
    phone_model = model if isinstance(model, Model) else load_model(model)
    firmware = usual_firmware([phone_model]) if firmware is None else firmware
    _profile(firmware)  # so that what is wrong with it is said of the version as it was given
    reading = _image_reading(image)
    starting = None
    if boot_rom:
        starting = _boot_rom_settings(phone_model, reading, installed, always_fetches_license)
    elif installed or reading is not ImageReading.HEADER:
        raise UsageError("image and installed are for a phone that starts with its boot ROM (boot_rom)")
    profile = _profile(phone_model.build(firmware), always_fetches_license=always_fetches_license)
    return Identity(
        model=phone_model,
        features=load_features(),
        mac=mac if isinstance(mac, MacAddress) else MacAddress.parse(mac),
        profile=profile,
        dictionary=load_dictionary(profile.dialect),
        anchor=trust if isinstance(trust, TrustAnchor) else load_anchor(None if trust is None else Path(trust)),
        boot_server=boot_server,
        dhcp=dhcp,
        style=style,
        missed=style.missed if missed is None else missed,
        boot_rom=starting,
    )


def _image_reading(image: ImageReading | str) -> ImageReading:
    try:
        return ImageReading(image)
    except ValueError:
        raise UsageError(
            f"image {str(image)[:20]!r} is not one of: {', '.join(one.value for one in ImageReading)}"
        ) from None


def _boot_rom_settings(model: Model, image: ImageReading, installed: str, always: bool | None) -> BootRomSettings:
    if installed and image is not ImageReading.WHOLE:
        raise UsageError("installed is what an image replaces that is read whole: it needs image whole")
    if installed:
        _profile(installed)
    return BootRomSettings(
        image=image,
        installed=model.build(installed) if installed else "",
        dictionaries={} if image is ImageReading.HEADER else {each: load_dictionary(each) for each in DIALECTS},
        always_fetches_license=always,
    )
