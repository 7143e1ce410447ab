"""XML from outside: what is read, what is refused, and that nothing else happens (field notes 11 and 12)."""

import codecs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phone_sim.bounded_xml import attribute_lines, attributes, is_declaration_alone, parse_xml
from phone_sim.errors import DocumentError

LIMIT = 16 * 1024 * 1024
DOCUMENT = b"""<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?>
<licenses><licenseKey Serial='000000012345' Type='Site'/><!-- c --><other.name other.name="&lt;1&#x41;"/></licenses>"""
DECLARED = "<?xml version='1.0'?><a b='c'/>"


@pytest.mark.parametrize(
    "data",
    [
        b"<a b='c'/>",
        b'<a b = "c"></a>\n',
        b"<?xml version='1.0' standalone='yes'?><a b='c'/>",
        b"<?xml version='1.0' encoding='utf-8'?><a b='c'/>",
        b"<?xml version='1.0' encoding='US-ASCII'?><a b='c'/>",
        b"<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?>\n<a b='c'/>",
        codecs.BOM_UTF8 + b"<?xml version='1.0' encoding='UTF-8'?><a b='c'/>",
        codecs.BOM_UTF8 + b"<a b='c'/>",
        b"<?xml version='1.0'?>\r\n<!-- sip.cfg -->\r\n<a b='c'>\r\n</a>\r\n",
        b"<!-- before --><a b='c'>stray<x.y/>text</a><!-- after -->",
        b"<?target data?><a b='c'/>",
        b"\n\n<a b='c'/>",
    ],
)
def test_ordinary_forms_are_read(data: bytes) -> None:
    root = parse_xml(data, limit=LIMIT)
    assert (root.tag, dict(root.attrib)) == ("a", {"b": "c"})


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><a b='\xe9\xff'/>", "\xe9\xff"),
        ("<a b='\xe9\u4e2d'/>".encode(), "\xe9\u4e2d"),
        (b"<a b='&#233;&amp;&lt;&quot;'/>", '\xe9&<"'),
        (b"<a b='1\r\n2\t3'/>", "1 2 3"),
    ],
)
def test_values_are_read_in_their_encoding(data: bytes, value: str) -> None:
    assert parse_xml(data, limit=LIMIT).get("b") == value


def test_comments_and_instructions_are_left_out() -> None:
    root = parse_xml(b"<a><!-- 1 --><?p q?><b/><!-- 2 --></a>", limit=LIMIT)
    assert [child.tag for child in root.iter()] == ["a", "b"]


BILLION_LAUGHS = b"<!DOCTYPE a [<!ENTITY l0 'lol'>%s]><a>&l9;</a>" % b"".join(
    b"<!ENTITY l%d '%s'>" % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (b"<?xml version='1.0' standalone='yes'?>", "not well-formed"),
        (b"<!-- nothing else -->", "not well-formed"),
        (b"<!DOCTYPE a><a/>", "document type declaration"),
        (b"<!DOCTYPE a SYSTEM 'http://boot.example/a.dtd'><a/>", "document type declaration"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a b='&x;'>&x;</a>", "document type declaration"),
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "document type declaration"),
        (b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'file:///etc/passwd'>%x;]><a/>", "document type declaration"),
        (BILLION_LAUGHS, "document type declaration|not well-formed"),
        (BILLION_LAUGHS.replace(b"<a>&l9;</a>", b"<a b='&l9;'/>"), "document type declaration|not well-formed"),
        (b"<a>&undefined;</a>", "Entity 'undefined' not defined"),
        (b"<a>" * 300 + b"</a>" * 300, "Excessive depth"),
        (b"<a>" * 100_000, "Excessive depth"),
        (b"<a b='%s'/>" % (b"x" * 11_000_000), "not well-formed"),
        (b"<a>%s</a>" % (b"x" * 11_000_000), "not well-formed"),
        (b"<?xml version='1.0' encoding='UTF-7'?>+ADw-a/+AD4-", "'UTF-7' is not one of"),
        (b"<?xml version='1.0' encoding='windows-1252'?><a/>", "'windows-1252' is not one of"),
        (b"<?xml version='1.0' encoding='UTF-16'?><a/>", "UTF-16|not well-formed"),
        (b"<?xml version='1.0' encoding='UTF-32'?><a/>", "UTF-32|not well-formed"),
        (b"<?xml version='1.0' encoding='nonsense'?><a/>", "not well-formed"),
        (DECLARED.encode("utf-16"), "UTF-16"),
        (DECLARED.encode("utf-16-le"), "UTF-16"),
        (DECLARED.encode("utf-16-be"), "UTF-16"),
        (codecs.BOM_UTF16_BE + DECLARED.encode("utf-16-be"), "UTF-16"),
        (DECLARED.encode("utf-32"), "UTF-32"),
        (DECLARED.encode("utf-32-le"), "UTF-32"),
        (DECLARED.encode("utf-32-be"), "UTF-32"),
        (codecs.BOM_UTF32_BE + DECLARED.encode("utf-32-be"), "UTF-32"),
        (DECLARED.encode("cp037"), "EBCDIC"),
        (DECLARED.replace("?>", " encoding='cp037'?>").encode("cp037"), "EBCDIC"),
        (b"\0", "binary"),
        (b"<a>\0</a>", "binary"),
        (b"<a/>\0", "binary"),
        (b"<a b='\xff'/>", "not well-formed"),
        (b"<a b='1' b='2'/>", "redefined"),
        (b"<a/>junk", "Extra content"),
        (b"<a/><b/>", "Extra content"),
        (b"<a", "not well-formed"),
        (b"<a b='c'>", "not well-formed"),
        (b"<a b='1' sampled_audio/>", "sampled_audio"),
        (b"\n<?xml version='1.0'?><a/>", "declaration allowed only at the start"),
        (b"<!DOCTYPE html><html><body><h1>Not Found</h1><br></body></html>", "HTML page"),
        (b"\r\n<HTML><head>", "HTML page"),
        (b"404 Not Found", "not well-formed"),
        (b"\x89PNG\r\n\x1a\n", "not well-formed"),
    ],
)
def test_what_is_refused_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason) as caught:
        parse_xml(data, limit=LIMIT)
    assert "\n" not in str(caught.value)


def test_the_line_of_a_mistake_is_named_once() -> None:
    with pytest.raises(DocumentError) as caught:
        parse_xml(b"<a>\n\n<b></a>", limit=LIMIT)
    assert caught.value.line == 3
    assert str(caught.value).startswith("line 3: not well-formed XML: ")
    assert ", line " not in str(caught.value)


def test_the_limit_is_the_last_size_that_is_read() -> None:
    assert parse_xml(b"<a/>", limit=4).tag == "a"
    with pytest.raises(DocumentError, match="more than 3 bytes"):
        parse_xml(b"<a/>", limit=3)


def test_many_siblings_and_attributes_are_read() -> None:
    assert len(parse_xml(b"<a>%s</a>" % (b"<b/>" * 200_000), limit=LIMIT)) == 200_000
    attributes = b" ".join(b"a%d='1'" % number for number in range(50_000))
    assert len(parse_xml(b"<a %s/>" % attributes, limit=LIMIT).attrib) == 50_000


def test_an_inclusion_stays_an_element() -> None:
    document = b"<a xmlns:i='http://www.w3.org/2001/XInclude'><i:include href='file:///etc/passwd' parse='text'/></a>"
    root = parse_xml(document, limit=LIMIT)
    assert "".join(str(text) for text in root.itertext()) == ""


def read_or_refused(data: bytes) -> None:
    try:
        root = parse_xml(data, limit=LIMIT)
    except DocumentError:
        return
    for found in root.iter():
        assert isinstance(found.tag, str)
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in found.attrib.items())


@pytest.mark.slow
@given(st.binary(max_size=200))
@example(b"<?xml version='1.0' encoding=''?><a/>")
@example(b"<!DOCTYPE")
@example(b"<![CDATA[")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refused(data)


@given(st.text(alphabet="<>/?!-[]=&;#%'\" \nabAB:xml0", max_size=60))
def test_any_markup_is_read_or_refused(text: str) -> None:
    read_or_refused(text.encode())


@given(st.integers(0, len(DOCUMENT)), st.integers(0, 20), st.binary(max_size=12))
def test_a_changed_document_is_read_or_refused(start: int, length: int, put: bytes) -> None:
    read_or_refused(DOCUMENT[:start] + put + DOCUMENT[start + length :])


def test_every_flipped_bit_is_read_or_refused() -> None:
    for index in range(len(DOCUMENT)):
        for bit in range(8):
            read_or_refused(DOCUMENT[:index] + bytes([DOCUMENT[index] ^ 1 << bit]) + DOCUMENT[index + 1 :])


def test_declaration_alone_is_told_from_an_empty_file_and_a_damaged_one() -> None:
    bare = b"<?xml version='1.0' standalone='yes'?>"
    assert all(map(is_declaration_alone, (bare, bare + b"\r\n\n", codecs.BOM_UTF8 + bare)))
    damaged = (bare[:-1], bare * 2, b"\n" + bare, bare + b"<!-- -->", bare + b"<a/>", b"<?xml?>", b"<?other a?>")
    assert not any(map(is_declaration_alone, (b"", b" ", *damaged)))


BETWEEN = ("\n", "text\n", "<!-- a='1'\n -->", '<![CDATA[<b c="2"\n/>]]>', "<?d e='3'\n?>", "x = 'y\"'\n")
PARTS = st.tuples(
    st.sampled_from(("", "", *BETWEEN)),
    st.sampled_from((" ", "\n", "\r\n  ", "\n\t")),
    st.sampled_from(("=", "=", "=", " = ", "\n=", "= \r\n ")),
    st.sampled_from('""""\''),
    st.text(st.sampled_from("ab=\n'\"> \t"), max_size=6),
)


@given(st.lists(PARTS, max_size=8))
def test_each_attribute_has_the_line_of_its_name(drawn: list[tuple[str, str, str, str, str]]) -> None:
    document, lines = "<?xml version='1.0'?>\n<a>", list[int | None]()
    for number, (between, blank, equals, quote, value) in enumerate(drawn):
        document += f"{between}<b{blank}"
        lines.append(document.count("\n") + 1)
        document += f"n{number}{equals}{quote}{value.replace(quote, '')}{quote}/>"
    data = f"{document}</a>".encode()
    names = [name for name, _ in attributes(parse_xml(data, limit=LIMIT), below=True)]
    assert attribute_lines(data, names) == tuple(lines)


def test_attribute_that_is_there_twice_has_the_line_of_the_first() -> None:
    data = b"<a>\n<b x='1'/>\n<b x='2'\n y='\"' z='\"'/></a>"
    assert attribute_lines(data, ["x", "y", "z"]) == (2, 4, 4)
