"""Where fastavro departs from Avro's schema resolution, each departure with a name and what is right.

fastavro is asked as it is, and with all repairs. What the project says must be what it says with all of them; and where it
says something else as it is, it is asked again with as few as it takes to agree. So each disagreement is due to some
departure that has a name, or it is a failure.
"""

import fastavro._read_py as fast_read
from fastavro._read_common import SchemaResolutionError
from oracle import Branch
from rules import NAMED, choose, conflict, definition, kind, logical, rank, single, writer_fields

# The reasons are in src/known.rs.
REPAIRS = (
    "first branch",
    "shallow match",
    "kinds",
    "aliases",
    "shared field",
    "reference",
    "single precision",
    "logical types",
)

# What is in force at the moment.
active = set()


def verdict(names, agrees):
    """What a library says, with as few of its repairs as it takes to agree: `agrees` asks it with some."""
    found, mended = agrees(set()), agrees(set(names))
    if mended["verdict"] == "differs":
        return {**mended, "as it is": found}
    if found["verdict"] == mended["verdict"]:
        return found

    def mend(some):
        return agrees(some)["verdict"] == mended["verdict"]

    needed = next(({name} for name in names if mend({name})), set(names))
    for name in names:
        if len(needed) > 1 and mend(needed - {name}):
            needed = needed - {name}
    return {**found, **mended, "repairs": sorted(needed)}


original = {name: getattr(fast_read, name) for name in ("match_types", "match_schemas", "read_data", "maybe_promote")}


def opinion(writer, reader, names):
    """Whether the outer types match, where a repair has an opinion on it."""
    writer, reader = definition(writer, names["writer"]), definition(reader, names["reader"])
    if kind(writer) != kind(reader):
        return False if "kinds" in active and kind(writer) in NAMED and kind(reader) in NAMED else None
    if "shallow match" in active and kind(writer) in ("array", "map"):
        return True
    if "aliases" in active and kind(writer) in NAMED and rank(writer, reader) is None:
        return False
    return None


def match_types(writer, reader, names):
    if not isinstance(writer, list) and not isinstance(reader, list):
        if (known := opinion(writer, reader, names)) is not None:
            return known
    return original["match_types"](writer, reader, names)


def match_schemas(writer, reader, names, raise_on_error=True):
    if not isinstance(writer, list) and not isinstance(reader, list):
        match opinion(writer, reader, names):
            case True:
                return reader
            case False if raise_on_error:
                raise SchemaResolutionError(f"Schema mismatch: {writer} is not {reader}")
            case False:
                return None
    return original["match_schemas"](writer, reader, names, raise_on_error)


def choose_branch(writer, branches, names):
    """The index of the branch of the reader's union."""
    if "first branch" in active:
        index = choose(writer, branches, names)
    else:
        matching = (at for at, branch in enumerate(branches) if fast_read.match_types(writer, branch, names))
        index = next(matching, None)
    if index is None:
        raise SchemaResolutionError(f"Schema mismatch: {writer} is not {branches}")
    return index


def read_union(decoder, writer_schema, named_schemas, reader_schema=None, options={}):
    """fastavro's, but it says of which branch of whose union the value is."""
    index = decoder.read_index()
    writer = writer_schema[index]
    if not reader_schema:
        return Branch(index, fast_read.read_data(decoder, writer, named_schemas, None, options))
    if isinstance(reader_schema, list):
        index = choose_branch(writer, reader_schema, named_schemas)
        return Branch(index, fast_read.read_data(decoder, writer, named_schemas, reader_schema[index], options))
    if not fast_read.match_types(writer, reader_schema, named_schemas):
        raise SchemaResolutionError(f"schema mismatch: {writer_schema} not found in {reader_schema}")
    return fast_read.read_data(decoder, writer, named_schemas, reader_schema, options)


def read_data(decoder, writer_schema, named_schemas, reader_schema=None, options={}):
    """fastavro's, but it says of which branch of the reader's union the value is."""
    if isinstance(reader_schema, list) and not isinstance(writer_schema, list):
        index = choose_branch(writer_schema, reader_schema, named_schemas)
        if "reference" in active:
            branch = reader_schema[index]
            return Branch(index, fast_read.read_data(decoder, writer_schema, named_schemas, branch, options))
        # A definition of the reader's is looked up as if it were a name, and a name is taken for a definition.
        branch = [reader_schema[index]]
        return Branch(index, original["read_data"](decoder, writer_schema, named_schemas, branch, options))
    if "logical types" in active and reader_schema:
        writer = definition(writer_schema, named_schemas["writer"])
        reader = definition(reader_schema, named_schemas["reader"])
        if conflict(writer, reader):
            raise SchemaResolutionError(f"{logical(writer)} is not {logical(reader)}")
    return original["read_data"](decoder, writer_schema, named_schemas, reader_schema, options)


def read_record(decoder, writer_schema, named_schemas, reader_schema=None, options={}):
    if reader_schema is None or "shared field" not in active:
        return plain_read_record(decoder, writer_schema, named_schemas, reader_schema, options)
    return read_fields(
        decoder.fo,
        writer_schema["fields"],
        reader_schema["fields"],
        writer_fields(writer_schema, reader_schema),
        lambda source, field: fast_read.read_data(decoder, source["type"], named_schemas, field["type"], options),
        lambda source: fast_read.skip_data(decoder, source["type"], named_schemas),
    )


def read_fields(rest, writer, reader, sources, read, skip):
    """A record, of which a field of the writer's may be read more than once."""
    record = {field["name"]: field["default"] for field in reader if "default" in field}
    if missing := [name for name, source in sources.items() if source is None and name not in record]:
        raise SchemaResolutionError(f"No default value for {missing}")
    for at, source in enumerate(writer):
        start = rest.tell()
        users = [field for field in reader if sources[field["name"]] == at]
        for field in users:
            rest.seek(start)
            record[field["name"]] = read(source, field)
        if not users:
            skip(source)
    return record


def maybe_promote(data, writer_type, reader_type):
    if "single precision" in active and reader_type == "float" and writer_type in ("int", "long"):
        return single(data)
    return original["maybe_promote"](data, writer_type, reader_type)


def skip_blocks(inner, has_keys):
    """By the blocks' sizes, as fastavro's compiled reader does it: the other reads what it skips."""

    def skip(decoder, writer_schema, named_schemas):
        while (count := decoder.read_long()) != 0:
            if count < 0:
                decoder.read_fixed(decoder.read_long())
                continue
            for _ in range(count):
                if has_keys:
                    decoder.read_utf8()
                fast_read.skip_data(decoder, writer_schema[inner], named_schemas)

    return skip


plain_read_record = fast_read.READERS["record"]
fast_read.match_types, fast_read.match_schemas = match_types, match_schemas
fast_read.read_data, fast_read.maybe_promote = read_data, maybe_promote
fast_read.READERS["union"], fast_read.READERS["record"] = read_union, read_record
fast_read.SKIPS["array"], fast_read.SKIPS["map"] = skip_blocks("items", False), skip_blocks("values", True)
