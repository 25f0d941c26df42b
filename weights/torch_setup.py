"""Sets torch up for this process: number format, threads, and which warnings of the model libraries are silenced.

Edit this file for another kind of CPU, or when a new version of a library prints what nobody needs.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_BF16_UNITS = ("avx512_bf16", "amx_bf16", "sve_bf16", "bf16")


def configure_torch(threads: int) -> torch.dtype:
    """Cap the process's threads, and return the number format that is fastest on this CPU.

    That is bf16 where the CPU multiplies it in hardware: elsewhere it is emulated, and fp32 is faster.
    """
    import torch
    from transformers.utils.logging import disable_progress_bar, set_verbosity_error

    torch.set_num_threads(min(threads, torch.get_num_threads()))
    disable_progress_bar()  # type: ignore[no-untyped-call]
    # A prepared folder is known by its hash: reports on how its parameters were matched are of no use.
    set_verbosity_error()  # type: ignore[no-untyped-call]
    # peft 0.21 asks transformers 5.23 for it by its old name.
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`", category=FutureWarning)
    capabilities = torch.cpu.get_capabilities()
    has_bf16 = any(capabilities.get(unit, False) for unit in _BF16_UNITS)
    return torch.bfloat16 if has_bf16 else torch.float32
