"""The rules of schema resolution, on schemas as fastavro parses them: what a library that departs from them is repaired
by. `names` are the definitions of the reader's and the writer's named types."""

import struct

PRIMITIVES = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
PROMOTIONS = {
    ("int", "long"),
    ("int", "float"),
    ("int", "double"),
    ("long", "float"),
    ("long", "double"),
    ("float", "double"),
    ("string", "bytes"),
    ("bytes", "string"),
}
NAMED = {"record", "enum", "fixed"}


def kind(schema):
    return "union" if isinstance(schema, list) else schema["type"] if isinstance(schema, dict) else schema


def definition(schema, names):
    """A type, or the definition that a name stands for."""
    return names.get(schema, schema) if isinstance(schema, str) else schema


def short(name):
    return name.rpartition(".")[2]


def logical(schema):
    """What a type means, where that is known: oracle/pairs.py has put it there."""
    return schema.get("cq.logical") if isinstance(schema, dict) else None


def conflict(writer, reader):
    writer, reader = logical(writer), logical(reader)
    if writer is None or reader is None:
        return False
    if writer[0] == reader[0] == "decimal":
        return writer[2] != reader[2] or reader[1] < writer[1]
    return writer != reader


def rank(writer, reader):
    """How well the outer types match: 0 for the same, 1 by alias, 2 by the unqualified name, 3 by promotion."""
    if kind(writer) in NAMED:
        if kind(writer) != kind(reader):
            return None
        if writer["name"] == reader["name"]:
            return 0
        if writer["name"] in aliases(reader):
            return 1
        return 2 if short(writer["name"]) == short(reader["name"]) else None
    if kind(writer) == kind(reader):
        return 0
    return 3 if (kind(writer), kind(reader)) in PROMOTIONS else None


def aliases(named):
    namespace = named["name"].rpartition(".")[0]
    names = named.get("aliases", [])
    return [alias if "." in alias or not namespace else f"{namespace}.{alias}" for alias in names]


def writer_fields(writer, reader):
    """For each field of the reader, the index of the writer's that it is read from."""
    places = {field["name"]: at for at, field in enumerate(writer["fields"])}
    sources = {}
    for field in reader["fields"]:
        found = [places[name] for name in (field["name"], *field.get("aliases", [])) if name in places]
        sources[field["name"]] = found[0] if found else None
    return sources


class Judge:
    """Whether all data of a type can be read as another, or any."""

    def __init__(self, names):
        self.names, self.known, self.all = names, {}, {}

    def reads(self, writer, reader, whole):
        """A type that holds itself is assumed to be read as a whole; but that something of it is has to be shown."""
        while True:
            known = dict(self.known)
            result = self.judge(writer, reader, whole, set())
            if known == self.known:
                return result

    def judge(self, writer, reader, whole, within):
        writer = definition(writer, self.names["writer"])
        reader = definition(reader, self.names["reader"])
        key = (id(writer), id(reader), whole)
        if self.known.get(key, whole) != whole:
            return not whole
        if key in within:
            return whole
        result = self.parts(writer, reader, whole, within | {key})
        if result != whole:
            self.known[key] = result
        return result

    def parts(self, writer, reader, whole, within):
        def below(writer, reader):
            return self.judge(writer, reader, whole, within)

        every = all if whole else any
        if kind(writer) == "union":
            return every(below(branch, reader) for branch in writer)
        if kind(reader) == "union":
            branches = (definition(branch, self.names["reader"]) for branch in reader)
            return any(below(writer, branch) for branch in branches if rank(writer, branch) is not None)
        if rank(writer, reader) is None:
            return False
        match kind(writer):
            case "array" | "map":
                inner = "items" if kind(writer) == "array" else "values"
                return below(writer[inner], reader[inner]) if whole else True
            case "enum":
                return "default" in reader or every(symbol in reader["symbols"] for symbol in writer["symbols"])
            case "fixed":
                return writer["size"] == reader["size"] and not conflict(writer, reader)
            case "record":
                sources = writer_fields(writer, reader)
                return all(
                    "default" in field
                    if sources[field["name"]] is None
                    else below(writer["fields"][sources[field["name"]]]["type"], field["type"])
                    for field in reader["fields"]
                )
        return not conflict(writer, reader)


def choose(writer, branches, names):
    """The index of the reader's branch."""
    writer = definition(writer, names["writer"])
    branches = [definition(branch, names["reader"]) for branch in branches]
    ranks = [rank(writer, branch) for branch in branches]
    ranked = sorted((rank, at) for at, rank in enumerate(ranks) if rank is not None)
    judge = Judge(names)
    for whole in (True, False):
        for _, at in ranked:
            if judge.reads(writer, branches[at], whole):
                return at
    return ranked[0][1] if ranked else None


def single(number):
    """The float nearest to a whole number; of two, the one whose last bit is 0."""
    rest = max(abs(number).bit_length() - 24, 0)
    low = abs(number) >> rest
    over, half = abs(number) - (low << rest), 1 << rest >> 1
    low += over > half or (rest > 0 and over == half and low % 2 == 1)
    return struct.unpack("<f", struct.pack("<f", (low << rest) * (-1 if number < 0 else 1)))[0]
