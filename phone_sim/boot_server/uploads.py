"""Which files of a site clients may upload. The bulletin has no such rule; this one is our choice.

Pure. It does not know the site, nor who asks.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from phone_sim.boot_server.site import Forbidden

# What a phone writes (field notes 3.2), in any folder. The files of the MAC of zeros are the site's.
_PHONE_FILE = re.compile(
    r"(?!0{12})[0-9a-f]{12}-(?:[a-z-]+\.log|phone\.cfg|web\.cfg|directory\.xml|calls\.xml)", re.IGNORECASE
)
# Windows takes `a.cfg.`, `a.cfg ` and `a.cfg::$DATA` for `a.cfg`.
_PRECIOUS_FILE = re.compile(r"(?:.*-license|[0-9a-f]{12})\.cfg(?:[. :].*)?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRules:
    """What may be uploaded: paths that match one of `globs`, in which `*` also stands for `/`.

    Empty, the default, stands for what a phone writes: its log files, overrides, directory and call lists.
    """

    globs: tuple[str, ...] = ()

    def refused(self, path: str) -> Forbidden | None:
        """Why a file is not taken; None for one that may be uploaded. The path has no leading slash."""
        if any(fnmatchcase(path, glob.lstrip("/")) for glob in self.globs):
            return None
        if self.globs:
            return Forbidden(reason=f"only files that match {' or '.join(self.globs)} may be uploaded")
        if _PHONE_FILE.fullmatch(path.rpartition("/")[2]):
            return None
        return Forbidden(reason="only the log files, overrides, directory and call lists of a phone may be uploaded")


def is_precious(name: str) -> bool:
    """Whether a file name is that of an activation file or a master configuration file: no upload overwrites one."""
    return _PRECIOUS_FILE.fullmatch(name) is not None
