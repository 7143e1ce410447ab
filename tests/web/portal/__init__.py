"""The activation portal."""
