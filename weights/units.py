"""The unit in which sizes are compared and told, everywhere. Edit this file when another unit is needed."""

from __future__ import annotations

MEGABYTE = 1_000_000
"""Bytes. As disks, downloads and the settings count them, not 2**20."""
