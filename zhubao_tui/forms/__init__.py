"""Built-in questionnaires: XLSForms in Markdown, compiled by pyxform when first asked for."""

from __future__ import annotations

import hashlib
from importlib import metadata, resources
from pathlib import Path

from storage.files import read_at_most
from zhubao_tui.interview import Form, FormUnreadable

BUILT_IN = ("zhubao_household", "zhubao_return")
NO_SPECIALS = frozenset(
    {
        "/data/open/consent",
        "/data/worries/issue/words",
        "/data/worries/issue/category",
        "/data/worries/issue/place",
        "/data/worries/issue/urgency",
        "/data/worries/issue/show_words",
    }
)
"""Questions that take no «don't know» and no «would not say»: consent, and the required ones of an issue."""
LARGEST = 16 * 1024 * 1024
"""Bytes of a compiled form; what is larger in the cache is none."""
_loaded: dict[str, Form] = {}


def source(name: str) -> str:
    """A built-in questionnaire's XLSForm in Markdown."""
    return resources.files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8")


def load(name: str, cache: Path | None = None) -> Form:
    """A built-in questionnaire, compiled.

    Args:
        name: One of `BUILT_IN`.
        cache: A folder where the compiled form is kept, under the digest of all that it rests on; what is missing or
            harmed there is made anew.

    Raises:
        KeyError: There is no such questionnaire.
    """
    if name not in BUILT_IN:
        raise KeyError(name)
    if name not in _loaded:
        _loaded[name] = _load(source(name), cache)
    return _loaded[name]


def _load(markdown: str, cache: Path | None) -> Form:
    seed = f"{metadata.version('pyxform')}\n{markdown}"
    path = cache / f"form-{hashlib.sha256(seed.encode()).hexdigest()[:32]}.xml" if cache else None
    if path is not None:
        try:
            xform, _, check = read_at_most(path, LARGEST).decode().rpartition("\n")
            if hashlib.sha256(xform.encode()).hexdigest() == check:
                return Form(xform)
        except (OSError, UnicodeDecodeError, FormUnreadable):
            pass  # a cache may be lost or harmed at any time: what follows makes it anew
    xform = compile_markdown(markdown)
    if path is not None:
        _keep(path, xform)
    return Form(xform)


def _keep(path: Path, xform: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{xform}\n{hashlib.sha256(xform.encode()).hexdigest()}", encoding="utf-8")
    except OSError:
        return  # without a cache it is compiled again next time


def compile_markdown(markdown: str) -> str:
    """An XLSForm in Markdown as an XForm; raises pyxform's own errors for a form that is not sound."""
    from pyxform.xls2xform import convert

    return str(convert(xlsform=markdown, file_type=".md", validate=False, pretty_print=False).xform)
