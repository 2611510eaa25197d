"""Files as R's saveRDS writes them, put together from the description of its format (R Internals,
section 1.8, "Serialization Formats"), version 3, XDR."""

import gzip
import struct

NA_INTEGER, NA_REAL = -(2**31), struct.unpack(">d", bytes.fromhex("7ff00000000007a2"))[0]
LOGICAL, INTEGER, REAL, TEXT, LIST, NOTHING = 10, 13, 14, 16, 19, 254


def _int(number):
    return struct.pack(">i", number)


def _char(text):
    if text is None:
        return _int(9) + _int(-1)
    raw = text.encode()
    return _int(9 | (8 << 12)) + _int(len(raw)) + raw


def vector(kind, values, **attributes):
    """One vector; a list's values are vectors themselves. ``row_names`` is R's row.names."""
    flags = kind | (bool(attributes) << 9) | (("class_" in attributes) << 8)
    body = _int(flags) + _int(len(values))
    for value in values:
        if kind == LIST:
            body += value
        elif kind == TEXT:
            body += _char(value)
        elif kind == REAL:
            body += value if isinstance(value, bytes) else struct.pack(">d", value)
        else:
            body += _int(value)
    if not attributes:
        return body
    for name, value in attributes.items():
        tag = {"class_": "class", "row_names": "row.names"}.get(name, name)
        body += _int(2 | (1 << 10)) + _int(1) + _char(tag) + value
    return body + _int(NOTHING)


def texts(*values):
    return vector(TEXT, values)


def short_form(name, state):
    """What R writes in short (ALTREP, version 3): 1:n, numbers to be written out as text."""
    words = b"".join(_int(2) + _int(1) + _char(word) for word in (name, "base"))
    return (
        _int(238) + words + _int(2) + vector(INTEGER, [13]) + _int(NOTHING) + state + _int(NOTHING)
    )


def pair(first, second):
    return _int(2) + first + second


def data_frame(columns, row_names=None, classes=("data.frame",)):
    """``columns``: (name, vector) pairs."""
    rows = row_names or vector(INTEGER, [NA_INTEGER, -3])
    return vector(
        LIST,
        [column for _, column in columns],
        names=texts(*(name for name, _ in columns)),
        class_=texts(*classes),
        row_names=rows,
    )


def as_file(path, content, packed=gzip.compress):
    encoding = _int(5) + b"UTF-8"
    whole = b"X\n" + _int(3) + _int(0x00040500) + _int(0x00030500) + encoding + content
    path.write_bytes(packed(whole) if packed else whole)
    return path
