"""The number format in which a model runs fastest on this CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_BF16_UNITS = ("avx512_bf16", "amx_bf16", "sve_bf16", "bf16")


def fastest_dtype() -> torch.dtype:
    """bf16 where the CPU multiplies it in hardware; elsewhere that is emulated, and fp32 is faster."""
    import torch

    capabilities = torch.cpu.get_capabilities()
    has_bf16 = any(capabilities.get(unit, False) for unit in _BF16_UNITS)
    return torch.bfloat16 if has_bf16 else torch.float32
