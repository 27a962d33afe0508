"""avro's own reader, with repairs as fastavro has them in repairs.py."""

import json

import avro.io
import avro.schema
import repairs
import rules
from values import compare, plain, read_all

REPAIRS = (
    "fullnames",
    "outer elements",
    "union as one",
    "promotion",
    "enum default",
    "field aliases",
    "defaults",
    "first branch",
    "logical types",
)


class Avro:
    def __init__(self, pair, reader, writer):
        self.pair = pair
        self.reader, self.writer = (avro.schema.parse(json.dumps(schema)) for schema in (reader, writer))

    def verdict(self, datum, ours):
        ours = plain(self.pair.read_ours(ours))
        return repairs.verdict(REPAIRS, lambda active: compare(self.resolve(datum, active), ours))

    def resolve(self, datum, active):
        reader = Repaired(self, active) if active else avro.io.DatumReader(self.writer, self.reader)
        try:
            return read_all(datum, lambda rest: reader.read(avro.io.BinaryDecoder(rest)))
        except Exception as error:
            return error


class Repaired(avro.io.DatumReader):
    """avro's reader with some repairs."""

    def __init__(self, schemas, active):
        super().__init__(schemas.writer, schemas.reader)
        self.active, self.names = active, schemas.pair.names

    def writer(self, schema):
        return rules.definition(tree(schema), self.names["writer"])

    def reader(self, schema):
        return rules.definition(tree(schema), self.names["reader"])

    def matches(self, reader, writer):
        if writer.type == "union":
            return reader.type == "union" or "union as one" in self.active
        if reader.type == "union":
            return any(self.matches(branch, writer) for branch in reader.schemas)
        rank = rules.rank(self.writer(writer), self.reader(reader))
        if writer.type in rules.NAMED and "fullnames" in self.active:
            return rank is not None and getattr(writer, "size", None) == getattr(reader, "size", None)
        if writer.type in ("array", "map") and "outer elements" in self.active:
            return rank == 0
        if {writer.type, reader.type} == {"string", "bytes"}:
            return "promotion" in self.active
        return reader.match(writer)

    def read_data(self, writer, reader, decoder):
        if not self.matches(reader, writer):
            raise avro.errors.SchemaResolutionException("Schemas do not match.", writer, reader)
        if writer.type == "union":
            return self.read_union(writer, reader, decoder)
        if reader.type == "union":
            return self.read_data(writer, self.branch(writer, reader), decoder)
        if "logical types" in self.active and rules.conflict(self.writer(writer), self.reader(reader)):
            raise avro.errors.SchemaResolutionException("Logical types do not match.", writer, reader)
        read = {"array": self.read_array, "map": self.read_map, "record": self.read_record, "enum": self.read_enum}
        if writer.type in read:
            return read[writer.type](writer, reader, decoder)
        value = super().read_data(writer, writer, decoder)
        if "promotion" not in self.active:
            return value
        if reader.type == "float" and writer.type in ("int", "long"):
            return rules.single(value)
        return repairs.original["maybe_promote"](value, writer.type, reader.type)

    def branch(self, writer, reader):
        if "first branch" in self.active:
            index = rules.choose(self.writer(writer), [tree(branch) for branch in reader.schemas], self.names)
            return reader.schemas[index]
        return next(branch for branch in reader.schemas if self.matches(branch, writer))

    def read_enum(self, writer, reader, decoder):
        try:
            start = decoder.reader.tell()
            return super().read_enum(writer, reader, decoder)
        except avro.errors.SchemaResolutionException:
            decoder.reader.seek(start)
            is_symbol = 0 <= decoder.read_int() < len(writer.symbols)
            if "enum default" in self.active and is_symbol and reader.default is not None:
                return reader.default
            raise

    def read_record(self, writer, reader, decoder):
        sources = rules.writer_fields(self.writer(writer), self.reader(reader))
        fields = [dict(field) for field in self.reader(reader)["fields"]]
        types = reader.fields_dict
        for field in fields:
            name, source = field["name"], sources[field["name"]]
            if source is not None and "field aliases" not in self.active and writer.fields[source].name != name:
                sources[name] = None
            if "default" in field and sources[name] is None:
                field["default"] = self.default(field, types[name])
        return repairs.read_fields(
            decoder.reader,
            writer.fields,
            fields,
            sources,
            lambda source, field: self.read_data(source.type, types[field["name"]].type, decoder),
            lambda source: self.skip_data(source.type, decoder),
        )

    def default(self, field, own):
        if "defaults" in self.active:
            return plain(field["default"].value)
        return self._read_default_value(own.type, own.default)


def tree(schema):
    """A schema as fastavro has it, named types by their fullnames."""
    match schema.type:
        case "union":
            return [tree(branch) for branch in schema.schemas]
        case "array":
            return {"type": "array", "items": tree(schema.items)}
        case "map":
            return {"type": "map", "values": tree(schema.values)}
    if schema.type in rules.NAMED:
        return schema.fullname
    return {"type": schema.type, **schema.other_props}
