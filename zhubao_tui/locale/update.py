"""Keep the English catalogue in step with the sources: `python -m zhubao_tui.locale.update` rewrites it, `--check` only asks.

Needs Babel (a test requirement). The check fails where a string has no English, a translation has lost or gained a
`{field}`, holds a Han character, or the compiled catalogue is older than the text.
"""

from __future__ import annotations

import io
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).parent
PO = HERE / "en" / "LC_MESSAGES" / "zhubao.po"
MO = PO.with_suffix(".mo")
SOURCES = (HERE.parent, HERE.parent.parent / "screens")
_FIELD = re.compile(r"\{\w+\}")
_IN_F_STRING = re.compile(r"\{_\(['\"]")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def template() -> Catalog:
    """All strings that the sources mark, in their order."""
    catalog = Catalog(charset="utf-8")
    for root in SOURCES:
        found = extract_from_dir(str(root), [("**.py", "python")], keywords={"_": None, "N_": None})
        for _name, _line, message, _comments, context in sorted(found, key=lambda item: (item[0], item[1])):
            catalog.add(message, context=context)
    return catalog


def hidden() -> list[str]:
    """Places where a string stands inside an f-string: Babel does not see it there before Python 3.12."""
    return [
        f"{path.name}:{number}: a translated string inside an f-string is not extracted"
        for root in SOURCES
        for path in sorted(root.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if _IN_F_STRING.search(line)
    ]


def compiled(catalog: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    data = io.BytesIO()
    write_mo(data, catalog)
    return data.getvalue()


def faults(catalog: Catalog) -> list[str]:
    """What is wrong with a catalogue, one line each."""
    found: list[str] = []
    for message in catalog:
        source, english = str(message.id), str(message.string or "")
        if not source:
            continue
        if not english:
            found.append(f"no English: {source}")
        elif _HAN.search(english):
            found.append(f"Han in the English of: {source}")
        elif not set(_FIELD.findall(english)) <= set(_FIELD.findall(source)) | {"{name}"}:
            found.append(f"unknown field in the English of: {source}")
    return found


def main() -> int:
    """Rewrite the catalogue, or check it."""
    current = read_po(io.BytesIO(PO.read_bytes()))
    current.update(template(), no_fuzzy_matching=True)
    current.obsolete.clear()
    current.creation_date = datetime(
        2026, 11, 24, tzinfo=UTC
    )  # any fixed day: else every run would make another catalogue
    text = io.BytesIO()
    write_po(text, current, width=120, omit_header=False, sort_output=False, include_lineno=False, no_location=True)
    if "--check" not in sys.argv:
        PO.write_bytes(text.getvalue())
        MO.write_bytes(compiled(current))
    wrong = faults(current) + hidden()
    if "--check" in sys.argv and (not MO.exists() or MO.read_bytes() != compiled(current)):
        wrong.append("the compiled catalogue is not up to date: run python -m zhubao_tui.locale.update")
    sys.stderr.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
