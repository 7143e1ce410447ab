"""What it costs to read the largest input that is accepted, against one of a tenth of its size.

    python -m tests.bench.readers

The test of the same readers (`tests/test_cost_of_readers.py`) uses smaller inputs, at which a cost that grows with the
square of the size shows as well, and takes seconds instead of minutes.
"""

from phone_sim import toml_table
from phone_sim.authority.activation import BATCH_LIMIT
from phone_sim.firmware import contact_directory, flash, master_config
from phone_sim.firmware.parameters import layers
from phone_sim.licensing import license_file
from tests.test_cost_of_readers import READERS, peak, seconds

LIMITS = {
    "XML: attributes": layers.SIZE_LIMIT,
    "XML: elements": layers.SIZE_LIMIT,
    "XML: nested": layers.SIZE_LIMIT,
    "XML: namespaces": layers.SIZE_LIMIT,
    "XML: comments": layers.SIZE_LIMIT,
    "XML: blanks": layers.SIZE_LIMIT,
    "master configuration file": master_config.SIZE_LIMIT,
    "contacts": contact_directory.SIZE_LIMIT,
    "activation file": license_file.SIZE_LIMIT,
    "activation file of a phone": license_file.SIZE_LIMIT,
    "TOML: keys": toml_table.SIZE_LIMIT,
    "TOML: dotted keys": toml_table.SIZE_LIMIT,
    "log: lines": BATCH_LIMIT,
    "recording": BATCH_LIMIT,
    "flash": flash.SIZE_LIMIT,
}
_FULL = 0.99  # what is made is about as large as asked for, and larger is refused


def main() -> None:
    """Print a line for each reader: seconds and memory for a tenth of the limit and for the limit, and their ratios."""
    print(f"{'reader':<28}{'limit':>9}{'tenth':>9}{'whole':>9}{'ratio':>7}{'memory':>10}{'ratio':>7}")
    for name, limit in LIMITS.items():
        reader = READERS[name]
        tenth, whole = reader.make(limit // 10), reader.make(int(_FULL * limit))
        times = [min(seconds(reader.read, data, 1) for _ in range(3)) for data in (tenth, whole)]
        memory = [peak(reader.read, data) for data in (tenth, whole)]
        print(
            f"{name:<28}{limit // 1024:>6} KB{times[0]:>7.3f} s{times[1]:>7.3f} s{times[1] / times[0]:>7.1f}"
            f"{memory[1] / 2**20:>7.1f} MB{memory[1] / memory[0]:>7.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
