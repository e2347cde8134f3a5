"""Every text that a person reads can be read in every language.

When one of these fails: `python -m app.i18n.extract`, then write the translations that it lists.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from app.i18n import LANGUAGES
from app.i18n.catalogue import SOURCE, po_file, read
from app.i18n.extract import key_of, keys, merged, strings_of, untranslated, written
from app.i18n.sources import FOLDERS, ROOT, find, keyword, placeholders, sources

OTHERS = [language for language in LANGUAGES if language != SOURCE]

# Where a text passes through on its way to gettext: these take any string.
PASSAGES = ("app/domain/message.py", "app/ui/text.py", "app/i18n/")

# Where widgets are drawn.
SCREENS = [p for p in (*sources(ROOT, ("pages", "components", "app/ui")), ROOT / "app" / "main.py") if p.exists()]

# Streamlit's calls whose arguments a person reads, whatever they are called on: st, a column, a container.
WIDGETS = frozenset(
    re.findall(
        r"\w+",
        """
        title header subheader caption markdown write write_stream text info warning error success exception toast
        badge metric button download_button link_button form_submit_button menu_button checkbox toggle radio selectbox
        multiselect pills segmented_control slider select_slider text_input text_area number_input date_input time_input
        chat_input file_uploader camera_input audio_input expander popover status spinner progress tabs dialog html
        Column TextColumn NumberColumn CheckboxColumn SelectboxColumn ProgressColumn LinkColumn DateColumn
        DatetimeColumn TimeColumn ListColumn LineChartColumn AreaChartColumn BarChartColumn MultiselectColumn JsonColumn
        """,
    )
)
# Of those, the arguments by position that are read; the rest are keys, values and sizes.
READ_BY_POSITION = {"metric": 3, "selectbox": 2, "radio": 2, "multiselect": 2, "pills": 2, "segmented_control": 2}
# Keyword arguments that are read, in any call on a screen, our own functions included.
READ_BY_NAME = frozenset({"label", "help", "placeholder", "caption", "captions", "title", "page_title", "tooltip"})
# Names, units and signs that are the same in every language.
SAME_EVERYWHERE = frozenset({"Understudy", "OpenAI", "Ollama", "English", "한국어", "Ctrl", "Enter", "Esc", "px"})


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_in_the_code_is_translated(language: str) -> None:
    catalogue = read(language)
    known = {key_of(m) for m in catalogue if m.id}
    places = keys(find())
    lacking = [f"{file}: {key!r}" for key, file in places.items() if key not in known]
    lacking += [f"{places.get(key)}: {key!r}" for key in untranslated(catalogue) if key in places]
    assert not lacking, "\n".join(lacking)


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_of_a_text_that_is_gone(language: str) -> None:
    places = keys(find())
    gone = [key_of(m) for m in read(language) if m.id and key_of(m) not in places]
    assert not gone


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_placeholders_of_its_text(language: str) -> None:
    wrong = []
    for message in read(language):
        if not message.id or not all(strings_of(message)):
            continue
        key = key_of(message)
        # A plural's singular may spell out the one, so a form may leave out what one of the two leaves out.
        required, allowed = (
            (placeholders(key), placeholders(key))
            if isinstance(key, str)
            else (placeholders(key[0]) & placeholders(key[1]), placeholders(key[0]) | placeholders(key[1]))
        )
        wrong += [
            (key, string)
            for string in strings_of(message)
            if not required <= placeholders(string) <= allowed or string.count("{") != string.count("}")
        ]
    assert not wrong


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_commands_variables_and_addresses_as_they_are(language: str) -> None:
    """What a person copies: `code in backquotes`, VARIABLES_LIKE_THIS, https:// addresses."""
    exact = re.compile(r"`[^`]*`|\b[A-Z]{2,}(?:_[A-Z]+)+\b|https?://[^\s,;:)]+[^\s,.;:)]")
    wrong = []
    for message in read(language):
        if isinstance(message.id, str) and message.id and message.string:
            wanted, given = sorted(exact.findall(message.id)), sorted(exact.findall(str(message.string)))
            if wanted != given:
                wrong.append((message.id, wanted, given))
    assert not wrong


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_is_written_as_the_extractor_writes_it(language: str) -> None:
    """Or the next update would rewrite lines that nobody changed."""
    catalogue = read(language)
    assert po_file(language).read_bytes() == written(merged(catalogue, [key_of(m) for m in catalogue if m.id]))


def test_every_text_to_translate_is_a_literal_at_its_call() -> None:
    """A variable cannot be extracted: write Message("…") where the text is made, and t.message where it is shown."""
    dynamic = [f"{f.file}:{f.line}" for f in find() if f.key is None and not f.file.startswith(PASSAGES)]
    assert not dynamic


def test_no_widget_shows_a_text_that_cannot_be_translated() -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{line}: {text!r}"
        for path in SCREENS
        for line, text in untranslatable(path.read_text(encoding="utf-8"))
    ]
    assert not found, "write t(…) around these:\n" + "\n".join(found)


def test_the_folders_that_are_searched_exist() -> None:
    assert all((ROOT / folder).is_dir() for folder in FOLDERS)


@pytest.mark.parametrize(
    "code",
    [
        'st.title("Compare")',
        'column.button("Stop")',
        'st.sidebar.selectbox(t("Model"), ["one", "two"])',
        'st.text_input(t("Name"), placeholder="your name")',
        'st.markdown(f"**{n}** answers")',
        'st.button("Stop" if running else t("Send"))',
        'st.caption("a " + x)',
        "st.html(\"<p class='note'>Nothing here</p>\")",
        'pane(answer, title="Left")',
        'st.tabs(["Answer", t("Sources")])',
        '@st.dialog("Reveal")\ndef reveal(): ...',
        'st.caption("{} answers".format(n))',
        'st.chat_input("Ask")',
        'st.column_config.TextColumn("Model")',
    ],
)
def test_the_search_finds_a_bare_literal(code: str) -> None:
    assert list(untranslatable(code))


@pytest.mark.parametrize(
    "code",
    [
        'st.title(t("Compare"))',
        'st.button(t("Stop"), key="stop", icon=":material/stop:")',
        "st.markdown(f'**{n}** · {t(word)}')",
        "st.html(f\"<div class='pane' style='color:{c}'>{escape(x)}</div>\")",
        'st.html("<style>.pane { color: red }</style>")',
        'st.caption(" · ")',
        'st.markdown(":material/lock:")',
        'st.markdown(f":gray[{label}]")',
        'st.markdown("&nbsp;")',
        'st.code("pip install x")',
        'st.selectbox(t("Model"), models, format_func=str)',
        'st.button(t("Stop") if running else t("Send"))',
        "st.caption(say(message))",
        'st.page_link("pages/compare.py", label=t("Compare"))',
        'st.Page(ROOT / "pages" / "compare.py", title=t("Compare"), url_path="compare")',
        'st.metric(t("Cost"), "$0.01")',
        'translator.text("Compare")',
        'with st.container(key="pane"): pass',
        'st.feedback("stars")',
        'st.segmented_control(t("Start"), ["together", "one"], format_func=lambda m: t("Together"))',
        'sys.stderr.write("Understudy cannot start.")',
    ],
)
def test_the_search_lets_pass_what_needs_no_translation(code: str) -> None:
    assert not list(untranslatable(code))


def untranslatable(code: str) -> Iterator[tuple[int, str]]:
    """The literals that a call in `code` would show as they are, each with its line."""
    for call in ast.walk(ast.parse(code)):
        if not isinstance(call, ast.Call) or keyword(call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        given = {k.arg: k.value for k in call.keywords}
        read = [value for argument, value in given.items() if argument in READ_BY_NAME]
        if name in WIDGETS and not _is_stream(call.func):
            # With format_func the options are keys, and what it returns is shown.
            positions = 1 if "format_func" in given else READ_BY_POSITION.get(name, 1)
            read += call.args[:positions]
            bodies = ("body", "text") if "format_func" in given else ("body", "text", "options", "tabs")
            read += [given[argument] for argument in bodies if argument in given]
        for argument in read:
            for literal in shown(argument):
                if _words(literal):
                    yield argument.lineno, literal


def _is_stream(func: ast.expr) -> bool:
    """sys.stderr.write and the like: the operator's console, not the screen."""
    return isinstance(func, ast.Attribute) and getattr(func.value, "attr", "") in ("stderr", "stdout")


def shown(node: ast.expr) -> Iterator[str]:
    """The literal texts that an expression's value holds; what calls return is not looked into."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            # One text: a tag's attributes may be split over several parts of it.
            yield "".join(v.value if isinstance(v, ast.Constant) else "\0" for v in values)
            for part in values:
                if isinstance(part, ast.FormattedValue):
                    yield from shown(part.value)
        case ast.IfExp(body=body, orelse=other):
            yield from shown(body)
            yield from shown(other)
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            yield from shown(left)
            yield from shown(right)
        case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
            for value in values:
                yield from shown(value)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            yield re.sub(r"\{[^}]*\}", "\0", text)


def _words(text: str) -> bool:
    """Whether letters are left when markup, code, icons, colours and names are taken away."""
    for markup in (
        r"(?s)<(style|script)\b.*?</\1>",
        r"(?s)<[^>]*>",
        r"&#?\w+;",
        r"`[^`]*`",
        r":material/\w*:?",
        r":[\w-]*\[",
        r"\{[^}]*\}",
        r"\\?\$",
    ):
        text = re.sub(markup, "\0", text)
    return any(any(c.isalpha() for c in word) for word in re.findall(r"[^\W\d_]+", text) if word not in SAME_EVERYWHERE)
