"""License keys and activation files: reading, writing, verifying, expiry. No I/O, and nothing about phones but their
serial."""
