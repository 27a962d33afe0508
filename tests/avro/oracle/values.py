"""Values as the libraries have them, and what is the same in them."""

import io
import struct

import rules
from oracle import Branch, words

# What the project has made of a datum that it refuses.
REFUSED = object()


class Default:
    """The default of a reader's field, as fastavro fills it in, and as the value that it means."""

    def __init__(self, pair, field):
        self.raw, self.type, self.names = field["default"], field["type"], pair.names["reader"]

    @property
    def value(self):
        return typed(self.type, self.raw, self.names)


def typed(schema, raw, names):
    """The value that a default means: fastavro leaves it as JSON."""
    schema = rules.definition(schema, names)
    match rules.kind(schema):
        case "union":
            index = next(at for at, branch in enumerate(schema) if accepts(branch, raw, names))
            return Branch(index, typed(schema[index], raw, names))
        case "record":
            return {
                field["name"]: typed(field["type"], raw[field["name"]], names)
                if field["name"] in raw
                else field["default"].value
                for field in schema["fields"]
            }
        case "array":
            return [typed(schema["items"], item, names) for item in raw]
        case "map":
            return {key: typed(schema["values"], item, names) for key, item in raw.items()}
        case "bytes" | "fixed":
            return raw.encode("latin-1")
        case "float" | "double":
            return float(raw)
    return raw


def accepts(schema, raw, names):
    kinds = {
        "null": type(None),
        "boolean": bool,
        "int": int,
        "long": int,
        "float": (int, float),
        "double": (int, float),
        "array": list,
        "map": dict,
        "record": dict,
    }
    kind = rules.kind(rules.definition(schema, names))
    return isinstance(raw, kinds.get(kind, str)) and not (isinstance(raw, bool) and kind != "boolean")


def read_all(datum, read):
    rest = io.BytesIO(datum)
    value = read(rest)
    if rest.tell() != len(datum):
        raise ValueError(f"{len(datum) - rest.tell()} bytes are left over")
    return value


def compare(value, ours):
    """A value of a library's, or its error, with what it makes of the project's datum."""
    if isinstance(ours, UnicodeDecodeError) and isinstance(value, UnicodeDecodeError):
        return {"verdict": "text"}
    if isinstance(ours, Exception):
        return {"verdict": "differs", "words": f"the project's datum is none: {words(ours)}"}
    if isinstance(value, Exception):
        if ours is REFUSED:
            return {"verdict": "refused"}
        return {"verdict": "differs", "words": f"refuses: {words(value)}"}
    if ours is not REFUSED and same(value, ours):
        return {"verdict": "same"}
    return {"verdict": "differs", "words": f"reads {shown(value)}"}


def same(left, right):
    if isinstance(left, Default):
        left = left.value
    if type(left) is not type(right):
        return False
    match left:
        case Branch():
            return left.index == right.index and same(left.value, right.value)
        case list():
            return len(left) == len(right) and all(map(same, left, right))
        case dict():
            return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
        case float():
            # 0.0 is not -0.0, and NaN is NaN.
            return struct.pack("<d", left) == struct.pack("<d", right) or (left != left and right != right)
    return left == right


def settled(value):
    """A value with its defaults as what they mean."""
    match value:
        case Branch():
            return Branch(value.index, settled(value.value))
        case Default():
            return value.value
        case list():
            return [settled(item) for item in value]
        case dict():
            return {key: settled(item) for key, item in value.items()}
    return value


def plain(value):
    match value:
        case Branch():
            return plain(value.value)
        case Default():
            return value.raw
        case list():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
    return value


def shown(value):
    match value:
        case Branch():
            return f"{value.index}:{shown(value.value)}"
        case Default():
            return shown(value.value)
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {shown(item)}' for key, item in value.items())}}}"
    return repr(value)
