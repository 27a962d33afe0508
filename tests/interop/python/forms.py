"""The JSON forms of values (rustdoc of cq_events::json), from and to what fastavro has for them.

Where a union has several types, its form names the one: {"ns.Name": {...}}, {"long": 1}. fastavro tells that only of
named types, and only where it is asked to: then a value comes as ("ns.Name", value). Otherwise the type is found by the
value, as every user of it has to.
"""

import datetime
import decimal
import math
import uuid

PRIMITIVES = {
    "null": type(None),
    "boolean": bool,
    "int": int,
    "long": int,
    "float": float,
    "double": float,
    "bytes": bytes,
    "string": str,
}
# What fastavro gives for a logical type; for the others, the plain value.
OBJECTS = {
    "uuid": uuid.UUID,
    "decimal": decimal.Decimal,
    "date": datetime.date,
    "time-millis": datetime.time,
    "time-micros": datetime.time,
    "timestamp-millis": datetime.datetime,
    "timestamp-micros": datetime.datetime,
    "local-timestamp-millis": datetime.datetime,
    "local-timestamp-micros": datetime.datetime,
}
EPOCH = datetime.datetime(1970, 1, 1)
NANOS = 10**9


class Type:
    """A type of a schema."""

    def __init__(self, schema, namespace, named):
        self.named, self.logical = named, None
        if isinstance(schema, list):
            self.kind = self.name = "union"
            self.branches = [read(branch, namespace, named) for branch in schema]
            # Its form is the plain value where there is but one type beside null.
            self.is_plain = sum(branch.kind != "null" for branch in self.branches) < 2
            return
        if isinstance(schema, str):
            schema = {"type": schema}
        self.kind, self.schema = schema["type"], schema
        self.logical, self.size = schema.get("logicalType"), schema.get("size")
        self.name = self.kind
        if self.kind in ("record", "enum", "fixed"):
            self.name = fullname(schema["name"], schema.get("namespace", namespace))
            namespace = self.name.rpartition(".")[0]
            named[self.name] = self
        if self.kind == "record":
            fields = [(field, read(field["type"], namespace, named)) for field in schema["fields"]]
            self.fields = {field["name"]: type for field, type in fields}
        elif self.kind in ("array", "map"):
            self.inner = read(schema["items" if self.kind == "array" else "values"], namespace, named)

    def takes(self, value):
        """Whether a value may be of this type."""
        if self.kind == "record":
            return isinstance(value, dict) and value.keys() == self.fields.keys()
        if self.kind == "enum":
            return value in self.schema["symbols"]
        if self.kind in ("array", "map"):
            return isinstance(value, list if self.kind == "array" else dict)
        if self.logical in OBJECTS and not (self.kind == "fixed" and self.logical == "uuid"):
            return type(value) is OBJECTS[self.logical]
        if self.kind == "fixed":
            return isinstance(value, bytes) and len(value) == self.size
        return type(value) is PRIMITIVES[self.kind]

    def form(self, value):
        """The form of what fastavro has read."""
        match self.kind:
            case "union":
                return self.union_form(value)
            case "record":
                return {name: type.form(value[name]) for name, type in self.fields.items()}
            case "array":
                return [self.inner.form(item) for item in value]
            case "map":
                return {key: self.inner.form(item) for key, item in value.items()}
            case "float" | "double" if not math.isfinite(value):
                return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        if self.logical is not None:
            return self.logical_form(value)
        return value.decode("latin-1") if isinstance(value, bytes) else value

    def union_form(self, value):
        name = None
        if isinstance(value, tuple):
            name, value = value
        # Named types first: a symbol is a text as well, and a fixed is bytes.
        order = sorted(self.branches, key=lambda branch: branch.kind not in ("record", "enum", "fixed"))
        fits = (branch for branch in order if (branch.name == name if name else branch.takes(value)))
        branch = next(fits, None)
        if branch is None:
            raise ValueError(f"{value!r} is of no type of {[branch.name for branch in self.branches]}")
        form = branch.form(value)
        return form if form is None or self.is_plain else {branch.name: form}

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
            case bytes() if self.logical == "uuid":
                return str(uuid.UUID(bytes=value))
            case bytes() if self.logical == "duration":
                parts = (int.from_bytes(value[at : at + 4], "little") for at in (0, 4, 8))
                return dict(zip(("months", "days", "millis"), parts))
            case int() if self.logical.endswith("timestamp-nanos"):
                whole, fraction = divmod(value, NANOS)
                text = (EPOCH + datetime.timedelta(seconds=whole)).isoformat()
                return short(f"{text}.{fraction:09}") + ("" if self.logical.startswith("local-") else "Z")
        raise ValueError(f"no form for {value!r} of {self.schema}")

    def value(self, form, name_records):
        """What fastavro is given for a form; `name_records` makes of a record in a union what names it."""
        match self.kind:
            case "union":
                return self.union_value(form, name_records)
            case "record":
                return {name: type.value(form[name], name_records) for name, type in self.fields.items()}
            case "array":
                return [self.inner.value(item, name_records) for item in form]
            case "map":
                return {key: self.inner.value(item, name_records) for key, item in form.items()}
            case "float" | "double":
                return float(form)
        if self.logical is not None:
            return self.logical_value(form)
        return form.encode("latin-1") if self.kind in ("bytes", "fixed") else form

    def union_value(self, form, name_records):
        if form is None:
            return None
        if self.is_plain:
            return next(branch for branch in self.branches if branch.kind != "null").value(form, name_records)
        ((name, form),) = form.items()
        branch = next(branch for branch in self.branches if branch.name == name)
        value = branch.value(form, name_records)
        if branch.kind == "record":
            return name_records(name, value)
        # There is one notation for these alone: without it, a symbol would be a string where there is one.
        return (name, value) if branch.kind in ("enum", "fixed") else value

    def logical_value(self, form):
        match self.logical:
            case "uuid":
                return uuid.UUID(form).bytes if self.kind == "fixed" else uuid.UUID(form)
            case "decimal":
                return decimal.Decimal(form)
            case "date":
                return datetime.date.fromisoformat(form)
            case "time-millis" | "time-micros":
                return datetime.time.fromisoformat(form)
            case "duration":
                return b"".join(form[part].to_bytes(4, "little") for part in ("months", "days", "millis"))
        if self.logical.endswith("nanos"):
            whole, _, fraction = form.removesuffix("Z").partition(".")
            seconds = (datetime.datetime.fromisoformat(whole) - EPOCH) // datetime.timedelta(seconds=1)
            return seconds * NANOS + int(fraction.ljust(9, "0"))
        return datetime.datetime.fromisoformat(form)


def read(schema, namespace="", named=None):
    """The type that a schema says; the names that are defined so far go into `named`."""
    named = {} if named is None else named
    if isinstance(schema, dict) and not isinstance(schema["type"], str):
        return read(schema["type"], namespace, named)
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, str) and kind not in PRIMITIVES and kind not in ("record", "enum", "fixed", "array", "map"):
        return named[fullname(kind, namespace)]
    return Type(schema, namespace, named)


def fullname(name, namespace):
    return name if "." in name or not namespace else f"{namespace}.{name}"


def short(clock):
    """A time without the zeros at the end of its fraction."""
    return clock.rstrip("0").removesuffix(".") if "." in clock else clock
