"""A form as pyxform compiles it (XForm), read into plain objects: binds, body, texts, instances."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from .node import Node

XF = "{http://www.w3.org/2002/xforms}"
H = "{http://www.w3.org/1999/xhtml}"
JR = "{http://openrosa.org/javarosa}"
SENSITIVE = "{https://zhubao.invalid/xforms}sensitive"
CONTROLS = {
    "input": "input", "select1": "select1", "select": "select", "rank": "rank", "range": "range", "trigger": "trigger",
    "upload": "upload",
}  # fmt: skip
_ITEXT = re.compile(r"jr:itext\((?:'([^']*)'|\"([^\"]*)\"|([\w-]+))\)")


class FormUnreadable(ValueError):
    """An XForm can't be read."""


@dataclass(frozen=True, slots=True)
class Bind:
    """What holds of a node, whichever instance of a repeat it is in."""

    path: str
    type: str = "string"
    relevant: str = ""
    constraint: str = ""
    message: str = ""
    """Itext id, or the words themselves."""
    required: str = ""
    calculate: str = ""
    readonly: str = ""
    sensitive: bool = False
    preload: str = ""
    """What the program fills in at the start: `today`, `start` …"""


@dataclass(frozen=True, slots=True)
class Action:
    """A value that is set when something happens (`setvalue`), e.g. a default that must be reckoned."""

    events: frozenset[str]
    path: str
    value: str
    """An expression, or empty: then `text` is the value."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A text of the form: an itext id, or literal pieces, some of them expressions (`<output>`)."""

    itext: str = ""
    pieces: tuple[tuple[str, bool], ...] = ()
    """Each with whether it is an expression."""


@dataclass(frozen=True, slots=True)
class Items:
    """Where a question's choices come from."""

    fixed: tuple[tuple[str, Label], ...] = ()
    nodeset: str = ""
    value: str = ""
    label: str = ""
    label_is_itext: bool = False


@dataclass(slots=True)
class Element:
    """An element of the body: a control, a group or a repeat."""

    kind: str
    """`group`, `repeat`, or a control's name."""
    path: str
    label: Label = field(default_factory=Label)
    hint: Label = field(default_factory=Label)
    appearance: str = ""
    items: Items = field(default_factory=Items)
    children: list[Element] = field(default_factory=list)
    count: str = ""
    """Of a repeat: the node or expression that says how many instances there are."""
    fixed: bool = False
    """Of a repeat: none may be added."""

    def iterate(self) -> Iterator[Element]:
        """The element and everything inside."""
        yield self
        for child in self.children:
            yield from child.iterate()


class Form:
    """A questionnaire (问卷), ready to be interviewed with."""

    def __init__(self, xform: str) -> None:
        """Read an XForm; raises `FormUnreadable`."""
        self.xform = xform
        """As it was compiled, for who must go on with this very form when the program brings another."""
        try:
            root = ET.fromstring(xform)  # noqa: S314 - pyxform has just written it, or its digest was checked
            head, body = root.find(f"{H}head"), root.find(f"{H}body")
            model = head.find(f"{XF}model") if head is not None else None
            instances = model.findall(f"{XF}instance") if model is not None else []
            if head is None or body is None or model is None or not instances:
                raise FormUnreadable("no model")
            primary = instances[0][0]
        except (ET.ParseError, IndexError) as error:
            raise FormUnreadable(str(error)) from error
        self.title = (head.findtext(f"{H}title") or "").strip()
        self.id = primary.get("id", "")
        self.version = primary.get("version", "")
        self.binds = {bind.path: bind for bind in map(_bind, model.findall(f"{XF}bind"))}
        self._primary = primary
        self.instances = {element.get("id", ""): _secondary_document(element) for element in instances[1:]}
        self.actions = [_action(element) for element in root.iter(f"{XF}setvalue")]
        self.languages: list[str] = []
        self.default_language = ""
        self._itext: dict[str, dict[str, Label]] = {}
        for translation in model.findall(f"{XF}itext/{XF}translation"):
            self._read_translation(translation)
        above = f"/{_local(primary.tag)}"
        self.body = [element for child in body if (element := _element(child, above)) is not None]

    def _read_translation(self, translation: ET.Element) -> None:
        language = translation.get("lang", "")
        self.languages.append(language)
        if translation.get("default") or not self.default_language:
            self.default_language = language
        texts = self._itext.setdefault(language, {})
        for text in translation.findall(f"{XF}text"):
            plain = [value for value in text.findall(f"{XF}value") if not value.get("form")]
            if plain:
                texts[text.get("id", "")] = Label(pieces=_pieces(plain[0]))

    def data(self) -> Node:
        """A fresh main instance: its root element below a document."""
        return _document(self._build(self._primary, "")).children[0]

    def _build(self, element: ET.Element, above: str) -> Node:
        name = _local(element.tag)
        path = f"{above}/{name}"
        bind = self.binds.get(path)
        node = Node(name, type=bind.type if bind else "string")
        node.template = element.get(f"{JR}template") is not None
        if not len(element):
            node.text = (element.text or "").strip()
        for child in element:
            node.add(self._build(child, path))
        return node

    def language_of(self, code: str) -> str:
        """The form's own name for a language given as `zh` or `en`; its default where it has none such."""
        return next((name for name in self.languages if f"({code})" in name or name == code), self.default_language)

    def label(self, label: Label, language: str) -> Label:
        """A label with its itext looked up; falls back to the default language."""
        if not label.itext:
            return label
        for name in (language, self.default_language):
            found = self._itext.get(name, {}).get(label.itext)
            if found is not None:
                return found
        return Label()

    def itext(self, name: str, language: str) -> Label:
        """A text by its id."""
        return self.label(Label(itext=name), language)


def _document(root: Node) -> Node:
    document = Node("")
    document.add(root)
    return document


def _secondary_document(element: ET.Element) -> Node:
    """Choices that stand in the form; those of a file beside it are not at hand, so there are none."""
    empty = "src" in element.attrib or not len(element)
    return _document(Node("root") if empty else _secondary(element[0]))


def _action(element: ET.Element) -> Action:
    events = frozenset(element.get("event", "").split())
    return Action(events, element.get("ref") or "", element.get("value", ""), (element.text or "").strip())


def _secondary(element: ET.Element) -> Node:
    node = Node(_local(element.tag), text=(element.text or "") if not len(element) else "")
    for child in element:
        node.add(_secondary(child))
    return node


def _bind(element: ET.Element) -> Bind:
    get = element.get
    message = get(f"{JR}constraintMsg", "")
    kind = get("type", "string").rpartition(":")[2]
    return Bind(
        get("nodeset", ""),
        kind,
        get("relevant", "").strip(),
        get("constraint", "").strip(),
        message,
        _unless_false(get("required", "")),
        get("calculate", "").strip(),
        _unless_false(get("readonly", "")),
        get(SENSITIVE, "") == "yes",
        get(f"{JR}preloadParams", "") or get(f"{JR}preload", ""),
    )


def _unless_false(expression: str) -> str:
    plain = expression.strip()
    return "" if plain in ("false()", "") else plain


def _element(element: ET.Element, above: str) -> Element | None:
    kind = _local(element.tag)
    if kind == "group":
        return _group(element, above)
    if kind not in CONTROLS:
        return None
    path = _absolute(element.get("ref") or element.get("bind") or "", above)
    made = Element(CONTROLS[kind], path, _label(element, "label"), _label(element, "hint"))
    made.appearance = element.get("appearance", "")
    made.items = _items(element)
    return made


def _absolute(path: str, above: str) -> str:
    """A path of the body; a relative one goes on from the group around it."""
    plain = path.strip()
    return plain if plain.startswith("/") or not plain else f"{above}/{plain.removeprefix('./')}"


def _group(element: ET.Element, above: str) -> Element:
    repeat = element.find(f"{XF}repeat")
    inner = element if repeat is None else repeat
    path = _absolute(element.get("ref", "") if repeat is None else repeat.get("nodeset", ""), above)
    made = Element("group" if repeat is None else "repeat", path, _label(element, "label"))
    made.appearance = inner.get("appearance", element.get("appearance", ""))
    made.count = inner.get(f"{JR}count", "").strip()
    made.fixed = inner.get(f"{JR}noAddRemove", "").strip() == "true()"
    made.children = [child for one in inner if (child := _element(one, path or above)) is not None]
    return made


def _label(element: ET.Element, name: str) -> Label:
    found = element.find(f"{XF}{name}")
    if found is None:
        return Label()
    reference = found.get("ref")
    if reference:
        match = _ITEXT.fullmatch(reference.strip())
        return Label(itext=(match[1] or match[2] or match[3]) if match else "", pieces=())
    return Label(pieces=_pieces(found))


def _pieces(element: ET.Element) -> tuple[tuple[str, bool], ...]:
    pieces: list[tuple[str, bool]] = [(element.text, False)] if element.text else []
    for child in element:
        if _local(child.tag) == "output":
            pieces.append((child.get("value") or child.get("ref") or "", True))
        if child.tail:
            pieces.append((child.tail, False))
    return tuple(pieces)


def _items(element: ET.Element) -> Items:
    itemset = element.find(f"{XF}itemset")
    if itemset is None:
        fixed = tuple(
            ((item.findtext(f"{XF}value") or "").strip(), _label(item, "label"))
            for item in element.findall(f"{XF}item")
        )
        return Items(fixed)
    value, label = itemset.find(f"{XF}value"), itemset.find(f"{XF}label")
    reference = label.get("ref", "") if label is not None else ""
    match = _ITEXT.fullmatch(reference.strip())
    path = (match[1] or match[2] or match[3]) if match else reference
    return Items(
        (), itemset.get("nodeset", ""), value.get("ref", "") if value is not None else "", path, match is not None
    )  # fmt: skip


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def plain_path(ref: str) -> str:
    """A reference without its positions: `/data/issue[2]/words` -> `/data/issue/words`."""
    return re.sub(r"\[\d+\]", "", ref)
