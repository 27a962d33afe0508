"""Judges what a consumer made of events that were written with other schemas, by fastavro.

    python.sh evolved.py --schemas FOLDER --reader FILE.avsc < LINES

FOLDER has a schema for each id, ID.avsc. Each line of the input is

    {"place": "0/7", "value": HEX, "event": HEX or null, "unknown": NAME or null}

"value" is the message's: a zero byte, the id of the writer's schema, the datum. "event" is what the consumer read,
written again with the reader's schema. fastavro reads the datum with both schemas, and what it makes of it must be what
it reads from "event" with the reader's alone. (fastavro takes a field's default as the JSON that it is: the text of bytes
is no bytes, and a record lacks the fields that have defaults of their own. So the defaults are made values first.) Of an
event that the reader does not have, the name of the writer's record must be "unknown", and fastavro must refuse it.

Prints one line of JSON: how many events were compared, by schema id, how many of each field, how many values in all, how
many events were unknown, how many differences there are and the first ten of them.
"""

import argparse
import collections
import io
import json
import math
import pathlib
import sys

import fastavro


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--schemas", type=pathlib.Path, required=True)
    parser.add_argument("--reader", type=pathlib.Path, required=True)
    args = parser.parse_args()
    reader = json.loads(args.reader.read_text())
    parsed = fastavro.parse_schema(reader)
    make_values(parsed)
    writers = {int(path.stem): fastavro.parse_schema(json.loads(path.read_text())) for path in args.schemas.glob("*.avsc")}
    events, fields, unknown = collections.Counter(), collections.Counter(), collections.Counter()
    values, differences = 0, []
    for line in sys.stdin:
        read = json.loads(line)
        value = bytes.fromhex(read["value"])
        schema_id = int.from_bytes(value[1:5], "big")
        name, expected = resolved(value[5:], writers[schema_id], parsed)
        if read["event"] is None:
            unknown[read["unknown"]] += 1
            if expected is not None or read["unknown"] != name:
                differences.append(f"{read['place']}: {name} is unknown as {read['unknown']}, fastavro reads {expected}")
            continue
        found = whole(bytes.fromhex(read["event"]), parsed)
        events[schema_id] += 1
        values += count(found)
        record, parts = found
        fields.update(f"{record}.{field}" for field in parts)
        if not same(found, expected):
            differences.append(f"{read['place']}: {name} became {found}, fastavro reads {expected}")
    counts = {"events": events, "fields": fields, "values": values, "unknown": unknown}
    print(json.dumps(counts | {"different": len(differences), "differences": differences[:10]}))


def make_values(schema):
    """Makes values of the defaults in a schema."""
    if isinstance(schema, list):
        for branch in schema:
            make_values(branch)
    elif isinstance(schema, dict):
        for inner in ("type", "items", "values"):
            make_values(schema.get(inner))
        for field in schema.get("fields", []):
            make_values(field["type"])
            if "default" in field:
                field["default"] = as_value(field["type"], field["default"])


def as_value(schema, default):
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind in ("bytes", "fixed"):
        return default.encode("latin-1")
    if kind == "record":
        # A field that is left out has its own default, which is a value by now.
        given = {field["name"]: field["type"] for field in schema["fields"] if field["name"] in default}
        filled = {field["name"]: field.get("default") for field in schema["fields"]}
        return filled | {name: as_value(ty, default[name]) for name, ty in given.items()}
    return default


def resolved(datum, writer, reader):
    """The writer's record, and the value as the reader has it: None where it has no such event."""
    name = whole(datum, writer)[0]
    known = {type["name"] for type in reader} | {alias for type in reader for alias in type.get("aliases", [])}
    try:
        value = whole(datum, writer, reader)
    except fastavro.read.SchemaResolutionError:
        value = None
    if value is None and name in known:
        raise SystemExit(f"fastavro cannot read {name}, which the reader has")
    return name, value


def whole(datum, *schemas):
    stream = io.BytesIO(datum)
    value = fastavro.schemaless_reader(stream, *schemas, return_record_name=True)
    if stream.read():
        raise SystemExit("bytes are left over")
    return value


def same(left, right):
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return math.copysign(1, left) == math.copysign(1, right) if left == right else left != left and right != right
    return left == right


def count(value):
    """How many values that have no parts."""
    if isinstance(value, dict):
        return sum(map(count, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(count, value))
    return 1


main()
