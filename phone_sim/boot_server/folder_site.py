"""A site on disk: the files below one folder.

It does not know who asks. A path is judged twice: by `locate` as text, then with its symbolic links followed. Who can
write to the folder by other means could change a link between that check and the opening of the file; such a person
could read and write the files without us.
"""

import secrets
from pathlib import Path

from phone_sim.boot_server.site import (
    OUTSIDE,
    UPLOAD_LIMIT,
    Forbidden,
    Found,
    Missing,
    ReadAnswer,
    RemoveAnswer,
    Removed,
    Stored,
    TooLarge,
    WriteAnswer,
    locate,
)
from phone_sim.errors import UsageError

READ_LIMIT = 256 * 1024 * 1024
"""The largest file in bytes that is served: above the largest firmware image, since a file is held in memory whole."""

_FOLDER = Forbidden(reason="the path names a folder")


class FolderSite:
    """The regular files below `root`; names are case-sensitive where the file system is.

    Raises:
        UsageError: `root` is not a folder.
    """

    def __init__(self, root: Path | str, *, upload_limit: int = UPLOAD_LIMIT, read_limit: int = READ_LIMIT) -> None:
        if not Path(root).is_dir():
            raise UsageError(f"{root} is not a folder")
        self.root = Path(root).resolve()
        self.upload_limit = upload_limit
        self._read_limit = read_limit

    def read(self, path: str) -> ReadAnswer:
        """Read a file whole; a folder, an unreadable file and one over the read limit are `Forbidden`."""
        try:
            target = self._target(path)
            if target is None:
                return OUTSIDE
            if target.is_dir():
                return _FOLDER
            # Not a pipe or a device: to open one could wait for ever.
            if not target.is_file():
                return Missing()
            with target.open("rb") as file:
                data = file.read(self._read_limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            return Missing()
        except OSError as error:
            return Forbidden(reason=error.strerror or str(error))
        if len(data) > self._read_limit:
            return Forbidden(reason=f"the file is over the limit of {self._read_limit} bytes")
        return Found(data=data)

    def write(self, path: str, data: bytes) -> WriteAnswer:
        """Store a file in one step, so that no reader sees half of it; what cannot be written is `Forbidden`.

        Missing folders are made, as nginx does with `create_full_put_path on`: log and override folders are
        configured on the phone, and a phone cannot make them.
        """
        try:
            target = self._target(path)
            if target is None:
                return OUTSIDE
            if len(data) > self.upload_limit:
                return TooLarge(limit=self.upload_limit)
            if target.is_dir():
                return _FOLDER
            created = not target.exists()
            target.parent.mkdir(parents=True, exist_ok=True)
            _replace(target, data)
        except OSError as error:
            return Forbidden(reason=error.strerror or str(error))
        return Stored(created=created)

    def remove(self, path: str) -> RemoveAnswer:
        """Delete a file; of a symbolic link, the file that it leads to."""
        try:
            target = self._target(path)
            if target is None:
                return OUTSIDE
            if target.is_dir():
                return _FOLDER
            target.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return Missing()
        except OSError as error:
            return Forbidden(reason=error.strerror or str(error))
        return Removed()

    def _target(self, path: str) -> Path | None:
        """The place a path leads to, links followed; None where that is not below the root."""
        segments = locate(path)
        if segments is None:
            return None
        try:
            target = self.root.joinpath(*segments).resolve()
        except (RuntimeError, ValueError):  # links that lead in a circle; text that no file name can hold
            return None
        return target if target.is_relative_to(self.root) else None


def _replace(target: Path, data: bytes) -> None:
    temporary = target.with_name(f".{secrets.token_hex(8)}.upload")
    try:
        with temporary.open("xb") as file:
            file.write(data)
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
