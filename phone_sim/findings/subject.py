"""Whom files are checked for: the firmware and models of the phones, the names that they know, and their day."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from phone_sim.findings.finding import Finding
from phone_sim.findings.license_files import check_license_file
from phone_sim.findings.parameter_names import KnownNames
from phone_sim.firmware.parameters.dictionary import ParameterDictionary
from phone_sim.firmware.profile import CURRENT, FirmwareProfile, profile_for
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.models import DIALECTS, Feature, Model
from phone_sim.runtime.model_files import load_features, load_model, load_models
from phone_sim.runtime.parameter_tables import load_dictionary, with_table
from phone_sim.runtime.trust_file import load_anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The phones that files are for.

    `models` are those that are checked; `are_chosen` says that the user named them, so that what one of them lacks is
    a fault of the site. `suffixes` are those of all models that are known. `on` is the local date of the phones, and
    `anchor` the public key of their license keys, None for the test pair.
    """

    profile: FirmwareProfile
    models: tuple[Model, ...]
    are_chosen: bool
    suffixes: frozenset[str]
    known: KnownNames
    on: date
    anchor: TrustAnchor | None = None

    def check_license(self, path: str, data: bytes, macs: Collection[MacAddress] = ()) -> tuple[Finding, ...]:
        """The findings about an activation file; `macs` are the phones of the site, empty if not known."""
        names = {feature.bit: feature.name for feature in load_features()}
        anchor = self.anchor or load_anchor()
        return check_license_file(path, data, anchor=anchor, on=self.on, features=names, macs=macs)


def make_subject(
    firmware: str = CURRENT,
    *,
    models: Iterable[str] = (),
    folder: Path | None = None,
    on: date,
    anchor: TrustAnchor | None = None,
    dictionary: ParameterDictionary | None = None,
    table: Path | None = None,
) -> Subject:
    """The phones of these models, named as for `load_model`, with model files of the user's own in `folder`.

    Without models they are those of the bulletin that have licensing with this firmware (B1, B2). `table` is a file
    with further parameters of the user's own, as for `with_table`.

    Raises:
        UsageError: an argument that cannot be used; the message names it.
        ParameterTableError: the table is not usable.
    """
    profile = profile_for(firmware)
    chosen = {model.token: model for model in (load_model(name, folder) for name in models)}
    known = dictionary or load_dictionary(profile.dialect)
    if table is not None:
        known = with_table(known, table)
    everything = load_models(folder)
    usual = tuple(one for one in everything if one.is_in_bulletin and profile.supports_licensing(one))
    return Subject(
        profile=profile,
        models=tuple(chosen.values()) or usual,
        are_chosen=bool(chosen),
        suffixes=frozenset(one.suffix for one in everything),
        known=_known_names(profile.dialect, load_features(), known),
        on=on,
        anchor=anchor,
    )


def _known_names(dialect: str, features: tuple[Feature, ...], dictionary: ParameterDictionary) -> KnownNames:
    other = next(one for one in DIALECTS if one != dialect)
    switches = (name for feature in features for name in feature.configured[dialect].parameters)
    return KnownNames(dictionary, load_dictionary(other), switches)
