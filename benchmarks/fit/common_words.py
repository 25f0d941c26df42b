"""Counts which words anybody may use in English, so that these are never taken for typing errors.

    python -m benchmarks.fit.common_words DATA

It writes text/common_words_en.json: words in lower case that at least `LEAST_TEXTS` texts of edited prose
contain. DATA is the folder that holds `SETS`; only the words leave it, no text. Reviews and chats are left out, since
they are full of typing errors.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import results

TARGET = Path("text/common_words_en.json")
SETS = (
    "reading_en/squad_train_part",
    "reading_en/policyqa",
    "medquad_nih",
    "reading_en/covidqa",
    "reading_en/squadshifts_wiki",
    "reading_more/boolq_dev",
    "reading_more/hotpotqa_part",
    "reading_more/clapnq_dev",
    "reading_more/docs_howto_en",
    "reading_more/ropes_part",
    "reading_more/quoref_part",
    "reading_more/qed_dev",
    "reading_more/pubmedqa_labeled",
    "reading_more/fm2_support",
    "reading_more/fever_symmetric",
    "reading_more/condaqa",
    "reading_more/cad_nli",
    "mt_bench",
    "fastapi_docs_en_zh",
)
LEAST_TEXTS = 2
_WORD = re.compile(r"(?<![\w.@#/:`_'’-])[a-z]{3,24}(?![\w@/`_-])")


def main() -> None:
    """Count, and write the words with where they come from."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    counts: Counter[str] = Counter()
    for name in SETS:
        for text in set(_texts(parser.parse_args().data / name)):
            counts.update(set(_WORD.findall(text)))
    words = sorted(word for word, count in counts.items() if count >= LEAST_TEXTS)
    provenance = {"data": ", ".join(SETS), "least texts": LEAST_TEXTS, **results.provenance()}
    written = {"provenance": provenance, "words": " ".join(words)}
    TARGET.write_text(json.dumps(written, indent=1) + "\n", "utf-8")
    print(len(words), "words, wrote", TARGET)


def _texts(folder: Path) -> Iterator[str]:
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            if row.get("lang", "en") == "en":
                yield from (row[key] for key in ("context", "text") if isinstance(row.get(key), str))


if __name__ == "__main__":
    main()
