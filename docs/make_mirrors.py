"""Write the table of mirrors into docs/mirrors.md and docs/mirrors.zh-CN.md: `python docs/make_mirrors.py`.

The rows come from src/provenv/spec/mirrors.json. A test fails where the pages are not what this would write.
"""

from __future__ import annotations

import sys
from pathlib import Path

from provenv.spec.presets import KINDS, table

HERE = Path(__file__).resolve().parent
PAGES = {"en": HERE / "mirrors.md", "zh_CN": HERE / "mirrors.zh-CN.md"}
BEGIN, END = "<!-- written by docs/make_mirrors.py -->", "<!-- end of what docs/make_mirrors.py writes -->"
WORDS = {
    "en": {
        "name": "name",
        "also": "also",
        "key": "key",
        "address": "address",
        "source": "source",
        "date": "date",
    },
    "zh_CN": {
        "name": "名称",
        "also": "别名",
        "key": "键",
        "address": "地址",
        "source": "出处",
        "date": "日期",
    },
}


def rows(language: str) -> str:
    """Return the table of one language; addresses and sources are the same in all."""
    words = WORDS[language]
    head = [words[key] for key in ("name", "also", "key", "address", "source", "date")]
    lines = [" | ".join(head), "|".join(["---"] * len(head))]
    for preset in table().presets.values():
        named = [f"`{preset.name}`", ", ".join(f"`{one}`" for one in preset.aliases)]
        for kind in KINDS:
            if address := preset.addresses.get(kind):
                cells = [*named, f"`{kind}`", f"`{address.url}`", address.source, address.date]
                lines.append(" | ".join(cells))
                named = ["", ""]
    return "".join(f"| {line} |\n" for line in lines)


def written(page: str, language: str) -> str:
    """Return a page with its table made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{rows(language)}\n{END}{after}"


def main() -> int:
    """Write both pages."""
    for language, path in PAGES.items():
        path.write_text(written(path.read_text(encoding="utf-8"), language), encoding="utf-8")
        print(path.relative_to(HERE.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
