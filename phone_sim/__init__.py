"""An emulator of the feature licensing of SoundPoint IP, SoundStation IP and VVX phones.

All names of `__all__` are the public API; each is imported when it is first used, so `import phone_sim` costs nothing.

Clauses cited as `B1` to `B18` are those of Technical Bulletin 32265; decisions where it is silent are cited as `D1` to
`D28`. The README lists both.
"""

from typing import TYPE_CHECKING

__all__ = [
    "ALL_MODELS",
    "ActivationFileCheck",
    "AuthorityError",
    "BootNotAsExpectedError",
    "BootServer",
    "FailedCheck",
    "FaultPlan",
    "Feature",
    "FolderSite",
    "KeyCheck",
    "LicenseAuthority",
    "LicenseFileError",
    "LicenseKey",
    "LicenseType",
    "LifecycleError",
    "MacAddress",
    "MacAddressError",
    "MemorySite",
    "Model",
    "ModelFileError",
    "PhoneSimError",
    "RedemptionRefusedError",
    "Requirement",
    "SystemTime",
    "UsageError",
    "VirtualPhone",
    "VirtualTime",
    "check_activation_file",
    "create_authority",
    "load_features",
    "load_model",
    "network_transport",
    "open_authority",
    "read_activation_file",
]

__version__ = "0.1.0"

if TYPE_CHECKING:
    from phone_sim.authority.license_authority import LicenseAuthority, create_authority, open_authority
    from phone_sim.boot_server.faults import FaultPlan
    from phone_sim.boot_server.folder_site import FolderSite
    from phone_sim.boot_server.server import BootServer
    from phone_sim.boot_server.site import MemorySite
    from phone_sim.errors import (
        AuthorityError,
        BootNotAsExpectedError,
        LicenseFileError,
        LifecycleError,
        MacAddressError,
        ModelFileError,
        PhoneSimError,
        RedemptionRefusedError,
        UsageError,
    )
    from phone_sim.findings.virtual_phone import VirtualPhone
    from phone_sim.licensing.key_check import FailedCheck, KeyCheck
    from phone_sim.licensing.license_key import LicenseKey, LicenseType
    from phone_sim.mac_address import MacAddress
    from phone_sim.models import Feature, Model, Requirement
    from phone_sim.runtime.activation_file import ActivationFileCheck, check_activation_file, read_activation_file
    from phone_sim.runtime.model_files import load_features, load_model
    from phone_sim.runtime.system_time import SystemTime
    from phone_sim.runtime.transport import network_transport
    from phone_sim.runtime.virtual_time import VirtualTime

    ALL_MODELS: tuple[Model, ...]
    """The models that ship with phone_sim, in the order of B1."""
else:
    _HOMES = {
        "ActivationFileCheck": "phone_sim.runtime.activation_file",
        "AuthorityError": "phone_sim.errors",
        "BootNotAsExpectedError": "phone_sim.errors",
        "BootServer": "phone_sim.boot_server.server",
        "FailedCheck": "phone_sim.licensing.key_check",
        "FaultPlan": "phone_sim.boot_server.faults",
        "Feature": "phone_sim.models",
        "FolderSite": "phone_sim.boot_server.folder_site",
        "KeyCheck": "phone_sim.licensing.key_check",
        "LicenseAuthority": "phone_sim.authority.license_authority",
        "LicenseFileError": "phone_sim.errors",
        "LicenseKey": "phone_sim.licensing.license_key",
        "LicenseType": "phone_sim.licensing.license_key",
        "LifecycleError": "phone_sim.errors",
        "MacAddress": "phone_sim.mac_address",
        "MacAddressError": "phone_sim.errors",
        "MemorySite": "phone_sim.boot_server.site",
        "Model": "phone_sim.models",
        "ModelFileError": "phone_sim.errors",
        "PhoneSimError": "phone_sim.errors",
        "RedemptionRefusedError": "phone_sim.errors",
        "Requirement": "phone_sim.models",
        "SystemTime": "phone_sim.runtime.system_time",
        "UsageError": "phone_sim.errors",
        "VirtualPhone": "phone_sim.findings.virtual_phone",
        "VirtualTime": "phone_sim.runtime.virtual_time",
        "check_activation_file": "phone_sim.runtime.activation_file",
        "create_authority": "phone_sim.authority.license_authority",
        "load_features": "phone_sim.runtime.model_files",
        "load_model": "phone_sim.runtime.model_files",
        "network_transport": "phone_sim.runtime.transport",
        "open_authority": "phone_sim.authority.license_authority",
        "read_activation_file": "phone_sim.runtime.activation_file",
    }

    def __getattr__(name):
        from importlib import import_module

        if name == "ALL_MODELS":
            value = import_module("phone_sim.runtime.model_files").load_models()
        elif name in _HOMES:
            value = getattr(import_module(_HOMES[name]), name)
        else:
            raise AttributeError(f"module 'phone_sim' has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
