"""Asks PyPI's fastavro and avro what a schema's values look like in Avro's binary encoding.

Reads a line of JSON per question and answers with a line of JSON:

    {"schema": S, "write": [FORM...], "read": [HEX...], "default": true, "other": S}
    {"fastavro": A, "avro": A, "same": true}

where A is {"error": TEXT} if the library does not take the schema, and otherwise

    {"write": [R...], "read": [R...], "default": R}, R being {"hex": HEX, "json": FORM} or {"error": TEXT}

"write" encodes a value and reads it back; "read" reads bytes to their end and encodes what was read; and "default", if
it is asked for, reads the first event from one without fields, which the library has to fill with the defaults. "same"
is whether the other schema says the same, in other words at most.

FORM is the JSON form of a value, the same that the generated types have:

    null, boolean, int, long, string    the same in JSON
    float, double                       a number; "NaN", "Infinity", "-Infinity"
    bytes, fixed                        a string of U+0000 to U+00FF, one for each byte
    enum, array, map, record            symbol, array, object, object
    union                               null; the value, where there is one type beside null; {BRANCH: value}
    uuid                                "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    decimal                             its digits as text, as many after the point as its scale
    date                                "2026-01-02"
    time-*                              "03:04:05.678", without trailing zeros
    timestamp-*, local-timestamp-*      "2026-01-02T03:04:05.678Z", the local ones without the Z
    duration                            {"months": 1, "days": 2, "millis": 3}

Both libraries forget on reading which branch of a union a value came from, and guess it on writing. So their functions
for unions, and nothing else of them, are replaced by ones that keep the branch; fastavro is asked in both of its
implementations, and what its unchanged compiled reader says must be the same value.
"""

import datetime
import decimal
import io
import json
import math
import re
import sys
import uuid
import warnings

import avro.io
import avro.schema
import fastavro
import fastavro._read_py as fast_read
import fastavro._schema_py as fast_schema
import fastavro._write_py as fast_write

PRIMITIVES = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
UNITS = {"millis": 10**3, "micros": 10**6, "nanos": 10**9}
EPOCH = datetime.datetime(1970, 1, 1)


def main():
    warnings.simplefilter("ignore")  # avro warns of each logical type that it does not know
    decimal.getcontext().prec = 200
    for question in sys.stdin:
        json.dump(answer(json.loads(question)), sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()


def answer(question):
    schema = question["schema"]
    root = Node.parse(schema, "", {})
    root.is_plain = False  # an event always says which one it is
    result = {}
    for name, library in (("fastavro", Fastavro), ("avro", Avro)):
        try:
            result[name] = verdicts(library(schema), root, question)
        except Exception as error:
            result[name] = {"error": words(error)}
    if question.get("other") is not None:
        result["same"] = normal(schema) == normal(question["other"])
    return result


def normal(schema):
    """A schema as fastavro keeps it, with fullnames, in text."""

    def bare(value):
        if isinstance(value, dict):
            value = {key: bare(item) for key, item in value.items() if not key.startswith("__")}
            # What fastavro leaves as it is written.
            if value.get("logicalType") == "decimal":
                value.setdefault("scale", 0)
            if "aliases" in value:
                namespace = value["name"].rpartition(".")[0]
                value["aliases"] = [fullname(alias, namespace) for alias in value["aliases"]]
            return value
        return [bare(item) for item in value] if isinstance(value, list) else value

    return json.dumps(bare(fastavro.parse_schema(schema)), sort_keys=True)


def verdicts(library, root, question):
    def verdict(ask, given):
        try:
            return ask(given)
        except Exception as error:  # the libraries raise nearly anything
            return {"error": words(error)}

    def written(form):
        datum = library.write(root.value(form, library.knows))
        return {"hex": datum.hex(), "json": root.form(library.read(datum))}

    def read(digits):
        value = library.read(bytes.fromhex(digits))
        return {"hex": library.write(root.sorted(value)).hex(), "json": root.form(value)}

    def default(record):
        form = {record.label: record.form(record.tagged(library.default(record.label)))}
        return {"json": form, "hex": library.write(root.value(form, library.knows)).hex()}

    return {
        "write": [verdict(written, form) for form in question.get("write", [])],
        "read": [verdict(read, digits) for digits in question.get("read", [])],
        "default": verdict(default, root.branches[0]) if question.get("default") else None,
    }


def words(error):
    # Addresses would differ from run to run.
    return re.sub(r" object at 0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")


class Branch:
    """A value of a union that remembers its branch."""

    def __init__(self, index, value):
        self.index, self.value = index, value


class Fastavro:
    # Of the others, fastavro gives and takes the plain type.
    knows = {"uuid", "decimal", "date", "time-millis", "time-micros"}
    knows |= {f"{local}timestamp-{unit}" for local in ("", "local-") for unit in ("millis", "micros")}

    def __init__(self, schema):
        self.schema = schema
        self.compiled = fastavro.parse_schema(schema)
        self.parsed = fast_schema.parse_schema(schema)

    def write(self, value):
        out = io.BytesIO()
        fast_write.schemaless_writer(out, self.parsed, value)
        return out.getvalue()

    def read(self, datum):
        rest = io.BytesIO(datum)
        value = fast_read.schemaless_reader(rest, self.parsed, None)
        if rest.tell() != len(datum):
            raise ValueError(f"{len(datum) - rest.tell()} bytes are left over")
        compiled = fastavro.schemaless_reader(io.BytesIO(datum), self.compiled, None)
        # Text tells NaN from nothing, and -0.0 from 0.0.
        if repr(plain(value)) != repr(compiled):
            raise ValueError(f"the compiled reader says {compiled!r}, the other {plain(value)!r}")
        return value

    def default(self, fullname):
        writer = {"type": "record", "name": fullname, "fields": []}
        return fastavro.schemaless_reader(io.BytesIO(), fastavro.parse_schema(writer), self.compiled[0])


def plain(value):
    match value:
        case Branch():
            return plain(value.value)
        case list():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value


def fast_read_union(decoder, writer_schema, named_schemas, reader_schema=None, options={}):
    index = decoder.read_index()
    return Branch(index, fast_read.read_data(decoder, writer_schema[index], named_schemas, None, options))


def fast_write_union(encoder, datum, schema, named_schemas, fname, options):
    encoder.write_index(datum.index, schema[datum.index])
    fast_write.write_data(encoder, datum.value, schema[datum.index], named_schemas, fname, options)


fast_read.READERS["union"] = fast_read_union
fast_write.WRITERS["union"] = fast_write_union


class Avro:
    knows = {"decimal", "date", "time-millis", "time-micros", "timestamp-millis", "timestamp-micros"}

    class Reader(avro.io.DatumReader):
        def read_union(self, writers_schema, readers_schema, decoder):
            index = decoder.read_long()
            branch = writers_schema.schemas[index]
            return Branch(index, self.read_data(branch, readers_schema.schemas[index], decoder))

    class Writer(avro.io.DatumWriter):
        def write_union(self, writers_schema, datum, encoder):
            encoder.write_long(datum.index)
            self.write_data(writers_schema.schemas[datum.index], datum.value, encoder)

    def __init__(self, schema):
        self.parsed = avro.schema.parse(json.dumps(schema))

    def write(self, value):
        out = io.BytesIO()
        # Not write(), whose validation does not know the branch.
        self.Writer().write_data(self.parsed, value, avro.io.BinaryEncoder(out))
        return out.getvalue()

    def read(self, datum):
        rest = io.BytesIO(datum)
        value = self.Reader(self.parsed).read(avro.io.BinaryDecoder(rest))
        if rest.tell() != len(datum):
            raise ValueError(f"{len(datum) - rest.tell()} bytes are left over")
        return value

    def default(self, fullname):
        writer = avro.schema.parse(json.dumps({"type": "record", "name": fullname, "fields": []}))
        return avro.io.DatumReader(writer, self.parsed.schemas[0]).read(avro.io.BinaryDecoder(io.BytesIO()))


class Node:
    """A type of the schema: what it takes to tell the libraries' values from JSON forms."""

    @classmethod
    def parse(cls, schema, namespace, names):
        node = cls()
        node.names, node.logical = names, None
        if isinstance(schema, list):
            node.kind = node.label = "union"
            node.branches = [cls.parse(branch, namespace, names) for branch in schema]
            # Its form is the plain value where there is but one type beside null.
            node.is_plain = sum(branch.kind != "null" for branch in node.branches) < 2
            return node
        if isinstance(schema, str):
            schema = {"type": schema}
        kind = schema["type"]
        if not isinstance(kind, str):
            return cls.parse(kind, namespace, names)
        if kind in ("record", "enum", "fixed"):
            node.label = fullname(schema["name"], schema.get("namespace", namespace))
            names[node.label] = node
            namespace = node.label.rpartition(".")[0]
        elif kind not in PRIMITIVES and kind not in ("array", "map"):
            return names[fullname(kind, namespace)]
        else:
            node.label = kind
        node.kind = kind
        node.set_logical(schema)
        if kind == "record":
            node.fields = [
                (field["name"], cls.parse(field["type"], namespace, names), field.get("default"))
                for field in schema["fields"]
            ]
        elif kind in ("array", "map"):
            node.inner = cls.parse(schema["items" if kind == "array" else "values"], namespace, names)
        return node

    def set_logical(self, schema):
        """Unknown ones, and those over a wrong base, mean nothing."""
        logical, kind, size = schema.get("logicalType"), self.kind, schema.get("size")
        bases = {"uuid": "string", "decimal": "bytes", "date": "int", "time-millis": "int", "time-micros": "long"}
        if isinstance(logical, str) and "timestamp-" in logical:
            fits = kind == "long" and logical.removeprefix("local-").removeprefix("timestamp-") in UNITS
        else:
            fits = bases.get(logical) == kind or (kind, logical, size) in (
                ("fixed", "uuid", 16),
                ("fixed", "decimal", size),
                ("fixed", "duration", 12),
            )
        if fits:
            self.logical, self.size = logical, size
            self.scale = schema.get("scale", 0)

    def value(self, form, knows):
        """What a library is given for a form."""
        match self.kind:
            case "union":
                for index, branch in enumerate(self.branches):
                    if (branch.kind == "null") != (form is None):
                        continue
                    if form is None or self.is_plain:
                        return Branch(index, branch.value(form, knows))
                    if branch.label in form:
                        return Branch(index, branch.value(form[branch.label], knows))
                raise ValueError(f"{form} is of no branch")
            case "record":
                return {name: field.value(form[name], knows) for name, field, _ in self.fields}
            case "array":
                return [self.inner.value(item, knows) for item in form]
            case "map":
                return {key: self.inner.value(form[key], knows) for key in sorted(form)}
        if self.logical is not None:
            raw = self.raw(form)
            return self.interpreted(form, raw) if self.logical in knows and self.has_object() else raw
        match self.kind:
            case "bytes" | "fixed":
                return form.encode("latin-1")
            case "float" | "double":
                return float(form)
        return form

    def has_object(self):
        return not (self.kind == "fixed" and self.logical == "uuid")

    def raw(self, form):
        """The plain value of a logical type, by arithmetic of our own."""
        match self.logical:
            case "uuid":
                return form if self.kind == "string" else uuid.UUID(form).bytes
            case "duration":
                return b"".join(form[part].to_bytes(4, "little") for part in ("months", "days", "millis"))
            case "decimal":
                unscaled = int(form.replace(".", ""))
                size = self.size or ((unscaled if unscaled >= 0 else ~unscaled).bit_length() // 8 + 1)
                return unscaled.to_bytes(size, "big", signed=True)
            case "date":
                return days(form)
        unit = UNITS[self.logical.rpartition("-")[2]]
        date, _, clock = form.removesuffix("Z").rpartition("T")
        clock, _, fraction = clock.partition(".")
        hours, minutes, seconds = map(int, clock.split(":"))
        whole = (days(date) if date else 0) * 86400 + hours * 3600 + minutes * 60 + seconds
        return whole * unit + int(fraction.ljust(9, "0")) // (10**9 // unit)

    def interpreted(self, form, raw):
        """The object of python's that a library writes as this logical type."""
        match self.logical:
            case "uuid":
                return uuid.UUID(form)
            case "decimal":
                return decimal.Decimal(form)
            case "date":
                return datetime.date(1970, 1, 1) + datetime.timedelta(days=raw)
        moment = EPOCH + datetime.timedelta(microseconds=raw * 10**6 // UNITS[self.logical.rpartition("-")[2]])
        if self.logical.startswith("time-"):
            return moment.time()
        return moment if self.logical.startswith("local-") else moment.replace(tzinfo=datetime.timezone.utc)

    def form(self, value):
        """The form of what a library has read."""
        match self.kind:
            case "union":
                branch = self.branches[value.index]
                form = branch.form(value.value)
                return form if form is None or self.is_plain else {branch.label: form}
            case "record":
                return {name: field.form(value[name]) for name, field, _ in self.fields}
            case "array":
                return [self.inner.form(item) for item in value]
            case "map":
                return {key: self.inner.form(value[key]) for key in sorted(value)}
            case "float" | "double" if not math.isfinite(value):
                return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        if self.logical is not None:
            return self.logical_form(value)
        return value.decode("latin-1") if isinstance(value, bytes) else value

    def logical_form(self, value):
        match value:
            case uuid.UUID():
                return str(value)
            case decimal.Decimal():
                return f"{value:f}"
            case datetime.datetime():  # before date, of which it is a kind
                return short(value.isoformat().removesuffix("+00:00")) + ("Z" if value.tzinfo else "")
            case datetime.date():
                return value.isoformat()
            case datetime.time():
                return short(value.isoformat())
        match self.logical:
            case "uuid":
                return value if isinstance(value, str) else str(uuid.UUID(bytes=value))
            case "duration":
                parts = (int.from_bytes(value[at : at + 4], "little") for at in (0, 4, 8))
                return dict(zip(("months", "days", "millis"), parts))
            case "decimal":
                return f"{decimal.Decimal(int.from_bytes(value, 'big', signed=True)).scaleb(-self.scale):f}"
            case "date":
                return date_text(value)
        unit = UNITS[self.logical.rpartition("-")[2]]
        whole, fraction = divmod(value, unit)
        day, second = divmod(whole, 86400)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        clock = short(f"{clock}.{fraction * (10**9 // unit):09}")
        if self.logical.startswith("time-"):
            return clock
        return f"{date_text(day)}T{clock}" + ("" if self.logical.startswith("local-") else "Z")

    def sorted(self, value):
        """A value with its maps in the order of their keys."""
        match self.kind:
            case "union":
                return Branch(value.index, self.branches[value.index].sorted(value.value))
            case "record":
                return {name: field.sorted(value[name]) for name, field, _ in self.fields}
            case "array":
                return [self.inner.sorted(item) for item in value]
            case "map":
                return {key: self.inner.sorted(value[key]) for key in sorted(value)}
        return value

    def tagged(self, default):
        """A value from a default, which the libraries leave as JSON where it pleases them."""
        match self.kind:
            case "union":
                index = next(at for at, branch in enumerate(self.branches) if branch.accepts(default))
                return Branch(index, self.branches[index].tagged(default))
            case "record":
                return {
                    name: field.tagged(default[name] if name in default else own) for name, field, own in self.fields
                }
            case "array":
                return [self.inner.tagged(item) for item in default]
            case "map":
                return {key: self.inner.tagged(item) for key, item in default.items()}
            case "bytes" | "fixed" if isinstance(default, str):
                return default.encode("latin-1")
            case "float" | "double":
                return float(default)
        return default

    def accepts(self, default):
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
        is_kind = isinstance(default, kinds.get(self.kind, (str, bytes)))
        return is_kind and not (isinstance(default, bool) and self.kind != "boolean")


def fullname(name, namespace):
    return name if "." in name or not namespace else f"{namespace}.{name}"


def short(clock):
    """A time without trailing zeros after its point."""
    return clock.rstrip("0").rstrip(".") if "." in clock else clock


def days(text):
    """Days since 1970-01-01; years may have a sign and more than four digits."""
    year, month, day = text.rsplit("-", 2)
    year, month, day = int(year), int(month), int(day)
    # The calendar repeats every 400 years of 146,097 days; python's has the years 1 to 9999.
    shift = (year - 2000) // 400
    return (datetime.date(year - 400 * shift, month, day) - datetime.date(1970, 1, 1)).days + shift * 146_097


def date_text(days):
    shift, rest = divmod(days, 146_097)
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=rest)
    year = date.year + 400 * shift
    return f"{year:04}{date:-%m-%d}" if 0 <= year <= 9999 else f"{year:+07}{date:-%m-%d}"


if __name__ == "__main__":
    main()
