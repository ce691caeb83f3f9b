"""Try `init` and `lock` on well-known repositories: `python docs/make_repositories.py FOLDER...`.

Each FOLDER is a checkout, named OWNER__NAME. `init` runs there, then `lock` for this machine and for
the machines of MACHINES (facts files); all that they tell goes to docs/repositories.json, one entry a
repository. Without a FOLDER only the pages docs/repositories*.md are written anew from it. A test
fails where they are not what this would write.
"""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from provenv.errors import Text
from provenv.ui.words import Words

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "repositories.json"
PAGES = {"en": HERE / "repositories.md", "zh_CN": HERE / "repositories.zh-CN.md"}
FACTS = HERE.parent / "tests" / "machines"
MACHINES = {"cpu": None, "v100": FACTS / "v100-driver535.json", "h100": FACTS / "h100-driver580.json"}
FRAMEWORKS = ("torch", "tensorflow", "jax", "paddlepaddle")
_FOLDER = re.compile(r"(?<![\w.:/])(file://)?(?:/[\w.+@-]+){2,}/?")
_HOST = re.compile(r"https?://(?!download\.pytorch\.org|github\.com|\.\.\.)[^/\s\"]+")
"""Addresses other than those that the repositories themselves are known by."""
_REFUSED = "lock.torch.refused"
"""Sources of one machine; nobody else has them."""
LONGEST = 400
"""Seconds that one command may take."""
LONGEST_WORDS = 420
"""Characters of a reason in the table."""
WORDS = {
    "en": {
        "title": "Well-known repositories, tried",
        "intro": (
            "`provenv init` and `provenv lock` in checkouts of well-known repositories, old and new. "
            "Nothing was edited in between: what a row says is what a user gets. `init` reads what the "
            "repository declares (or imports) and runs none of its code; `lock` resolves for three machines: "
            "one without an accelerator, a V100 (driver 535) and an H100 (driver 580). "
            "Where it fails, the row has the reason that provenv gave."
        ),
        "made": (
            "Made by `docs/make_repositories.py` on {date}, on a machine without an accelerator that reaches "
            "the package index and copies of some repositories that others require, but not PyTorch's own "
            "index: where its CPU builds are needed, it says so. Seconds are of that machine, with a warm "
            "cache."
        ),
        "columns": ("repository", "adopted", "CPU", "V100", "H100"),
        "brief": "{n} packages",
        "details": "What was left out, and how each ended",
        "left": "left out:",
        "locked": "locked: {n} packages, {seconds} s",
        "refused": "**{code}** {what}",
        "warned": "{code}: {what}",
        "python": "Python {python}",
        "counts": "{n} requirements",
        "suggested": "{n} as comments",
        "reference": "refers to `{file}`",
        "nothing": "-",
    },
    "zh_CN": {
        "title": "知名代码仓库的试用结果",
        "intro": (
            "在一些知名代码仓库（有新有旧）的检出目录中运行 `provenv init` 和 `provenv lock`，"
            "中间没有做任何修改：表中所写就是用户会看到的结果。"
            "`init` 读取仓库的声明（或 import），不运行其中的代码；"
            "`lock` 分别为三种机器解析：没有加速器的机器、V100（驱动 535）和 H100（驱动 580）。"
            "失败之处写的是 provenv 给出的原因。"
        ),
        "made": (
            "由 `docs/make_repositories.py` 于 {date} 生成；所用机器没有加速器，"
            "能访问软件包索引以及部分被依赖的代码仓库的副本，但不能访问 PyTorch 自己的索引："
            "需要其 CPU 构建之处会如实说明。秒数是该机器在缓存已预热时的用时。"
        ),
        "columns": ("仓库", "转入", "CPU", "V100", "H100"),
        "brief": "{n} 个软件包",
        "details": "未转入的内容，以及各自的结果",
        "left": "未转入：",
        "locked": "已锁定：{n} 个软件包，{seconds} 秒",
        "refused": "**{code}** {what}",
        "warned": "{code}：{what}",
        "python": "Python {python}",
        "counts": "{n} 项依赖",
        "suggested": "{n} 项作为注释",
        "reference": "引用 `{file}`",
        "nothing": "-",
    },
}


def run(folder: Path, *arguments: str) -> tuple[dict[str, Any], float]:
    """Return the JSON document of a command in `folder`, and the seconds it took."""
    began = time.monotonic()
    command = [sys.executable, "-m", "provenv", "-C", str(folder), *arguments, "--json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
        document = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        document = {"ok": False, "data": None, "problems": []}
    except ValueError:
        document = {"ok": False, "data": None, "problems": [], "output": done.stderr[-2000:]}
    return document, time.monotonic() - began


def tried(folder: Path) -> dict[str, Any]:
    """Return what `init` and `lock` say in a checkout."""
    for name in ("provenv.toml", "requirements.provenv.txt", "constraints.provenv.txt"):
        (folder / name).unlink(missing_ok=True)
    made, _ = run(folder, "init")
    result: dict[str, Any] = {
        "name": folder.name.replace("__", "/"),
        "commit": _commit(folder),
        "tried": datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
        "adopted": _adopted(made),
        "locks": {},
    }
    for machine, facts in MACHINES.items():
        output = folder / f"pylock.{machine}.toml"
        output.unlink(missing_ok=True)
        chosen = ("--facts", str(facts)) if facts else ()
        document, seconds = run(folder, "lock", "--output", str(output), *chosen)
        result["locks"][machine] = _locked(document, seconds)
    return result


def _commit(folder: Path) -> str:
    noted = folder / ".commit"
    if noted.is_file():
        return noted.read_text(encoding="utf-8").strip()[:12]
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()[:12]


def _adopted(document: dict[str, Any]) -> dict[str, Any]:
    data = document["data"] or {}
    carried = data.get("carried", [])
    left: dict[str, list[str]] = {}
    reasons: dict[str, Any] = {}
    for one in data.get("left_out", []):
        key = one["why"]["key"] + json.dumps(one["why"]["args"], sort_keys=True)
        left.setdefault(key, []).append(one["words"])
        reasons[key] = _text(one["why"])
    return {
        "python": next((one["words"] for one in carried if one["kind"] == "python"), None),
        "references": [one["words"] for one in carried if one["kind"] == "reference"],
        "requirements": sum(one["kind"] == "requirement" for one in carried),
        "suggestions": sum(one["kind"] == "suggestion" for one in carried),
        "system": [one["words"] for one in carried if one["kind"] == "system"],
        "left_out": [{"why": reasons[key], "words": words} for key, words in left.items()],
    }


def _locked(document: dict[str, Any], seconds: float) -> dict[str, Any]:
    if document["ok"]:
        lock = document["data"]["lock"]
        chosen = {one["subject"]: one["value"] for one in lock["choices"]}
        warned = [one for one in lock["findings"] if one["severity"] == "warning"]
        return {
            "packages": len(lock["packages"]),
            "seconds": round(seconds),
            "python": lock["python"],
            "accelerator": chosen.get("accelerator"),
            "frameworks": {
                one["name"]: one["version"] for one in lock["packages"] if one["name"] in FRAMEWORKS
            },
            "warnings": [{"code": one["code"], "what": _text(one["what"])} for one in warned[:4]],
        }
    errors = [one for one in document["problems"] if one["severity"] == "error"]
    return {
        "problems": [
            {
                "code": one["code"],
                "what": _text(one["what"]),
                "why": _text(one["why"]) if one["why"] else None,
                "hints": [_text(hint["text"]) for hint in one["hints"] if _is_general(hint["text"])],
            }
            for one in errors[:3]
        ],
        **({"output": document["output"]} if "output" in document else {}),
    }


def _text(value: dict[str, Any]) -> dict[str, Any]:
    args = {name: _public(one) if isinstance(one, str) else one for name, one in value["args"].items()}
    return {"key": value["key"], "args": args}


def _is_general(hint: dict[str, Any] | None) -> bool:
    return hint is not None and hint["key"] != _REFUSED


def _public(words: str) -> str:
    """Return another program's words without folders of this machine; of a chain of causes its two ends."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    if len(lines) > 2 and lines[0].startswith("error:"):
        words = f"{lines[0]} ... {lines[-1]}"
    words = _HOST.sub("https://...", words)
    return _FOLDER.sub(lambda match: f"{match[1] or ''}.../{match[0].rstrip('/').rpartition('/')[2]}", words)


def page(language: str, results: list[dict[str, Any]]) -> str:
    """Return the page of one language."""
    words, speak = WORDS[language], Words(language)
    date = max(one["tried"] for one in results)
    lines = [f"# {words['title']}", "", words["intro"], "", str(words["made"]).format(date=date), ""]
    ordered = sorted(results, key=lambda one: str(one["name"]).lower())
    lines += [f"| {' | '.join(words['columns'])} |", f"|{' --- |' * len(words['columns'])}"]
    for one in ordered:
        outcomes = [_brief(one["locks"].get(machine), words) for machine in MACHINES]
        name = f"[{one['name']}](#{_anchor(one['name'])}) `{one['commit'][:7]}`"
        lines.append(f"| {' | '.join([name, _kept(one['adopted'], words), *outcomes])} |")
    lines += ["", f"## {words['details']}"]
    for one in ordered:
        lines += ["", f"### {one['name']}", ""]
        lines += [f"- {words['left']} {left}" for left in _left(one["adopted"], speak)]
        for machine, label in zip(MACHINES, words["columns"][2:], strict=True):
            lines += [f"- {label}: {told}" for told in _outcome(one["locks"].get(machine), speak, words)]
    return "\n".join([*lines, ""])


def _anchor(name: str) -> str:
    """Return the anchor that a Markdown page gives a heading."""
    return re.sub(r"[^\w-]", "", name.lower())


def _brief(lock: dict[str, Any] | None, words: dict[str, Any]) -> str:
    if lock is None:
        return str(words["nothing"])
    if "packages" not in lock:
        return " ".join(f"**{code}**" for code in dict.fromkeys(one["code"] for one in lock["problems"]))
    codes = "".join(f" {code}" for code in dict.fromkeys(one["code"] for one in lock["warnings"]))
    return f"{words['brief'].format(n=lock['packages'])}{codes}"


def _kept(adopted: dict[str, Any], words: dict[str, Any]) -> str:
    parts = [words["reference"].format(file=file) for file in adopted["references"]]
    if adopted["requirements"]:
        parts.append(words["counts"].format(n=adopted["requirements"]))
    if adopted["suggestions"]:
        parts.append(words["suggested"].format(n=adopted["suggestions"]))
    if adopted["python"]:
        parts.append(words["python"].format(python=f"`{adopted['python']}`"))
    parts += [f"`{one}`" for one in adopted["system"]]
    return _cell("; ".join(parts)) or words["nothing"]


def _left(adopted: dict[str, Any], speak: Words) -> list[str]:
    return [
        f"{', '.join(f'`{word}`' for word in one['words'][:4])}{', ...' if len(one['words']) > 4 else ''}: "
        f"{_said(one['why'], speak)}"
        for one in adopted["left_out"]
    ]


def _outcome(lock: dict[str, Any] | None, speak: Words, words: dict[str, Any]) -> list[str]:
    """Return what a lock came to, and each of its warnings or reasons."""
    if lock is None:
        return []
    if "packages" not in lock:
        return [_short("; ".join(_reasons(one, speak, words))) for one in lock["problems"][:2]]
    told = [words["locked"].format(n=lock["packages"], seconds=lock["seconds"]), f"Python {lock['python']}"]
    told += [f"{name} {version}" for name, version in lock["frameworks"].items()]
    parts = [", ".join([*told, *([lock["accelerator"]] if lock["accelerator"] else [])])]
    for one in lock["warnings"]:
        parts.append(_short(words["warned"].format(code=one["code"], what=_said(one["what"], speak))))
    return parts


def _reasons(one: dict[str, Any], speak: Words, words: dict[str, Any]) -> list[str]:
    parts = [words["refused"].format(code=one["code"], what=_said(one["what"], speak))]
    parts += [_said(one["why"], speak)] if one["why"] else []
    return parts + [_said(hint, speak) for hint in one["hints"][:2]]


def _said(message: dict[str, Any], speak: Words) -> str:
    return speak(Text(message["key"], message["args"]))


def _short(words: str) -> str:
    joined = " ".join(words.split())
    return joined if len(joined) <= LONGEST_WORDS else f"{joined[: LONGEST_WORDS - 3]}..."


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


def main(folders: Iterable[str]) -> None:
    """Try the folders, keep what they say, and write the pages."""
    known: dict[str, Any] = {}
    if RESULTS.is_file():
        known = {one["name"]: one for one in json.loads(RESULTS.read_text(encoding="utf-8"))}
    for folder in folders:
        result = tried(Path(folder).resolve())
        known[result["name"]] = result
        RESULTS.write_text(
            json.dumps(list(known.values()), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        print(
            result["name"], {machine: lock.get("packages", "-") for machine, lock in result["locks"].items()}
        )
    for language, path in PAGES.items():
        path.write_text(page(language, list(known.values())), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
