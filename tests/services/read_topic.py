"""Reads a topic and decodes its events, without a line of the project's own code.

    python.sh read_topic.py --bootstrap HOST:PORT --topic T --schema FILE.json --count N [--timeout 30]

Reads all partitions from their beginning, commits nothing, and checks each message: the Confluent
framing (a zero byte, the schema id as four bytes, big-endian, then the Avro datum), the datum by the
schema in FILE (a union of records, or one record), and that no bytes are left over. Prints one line of
JSON for each:

    {"topic": "t", "partition": 0, "offset": 7, "key": "k", "headers": {"h": "text"},
     "schema_id": 1, "event": "ns.Name", "fields": {...}}

Key and headers are UTF-8 text or null. A tombstone has null as schema_id, event and fields. The order
is that of the log within a partition; between partitions there is none.

In "fields" an Avro value is written as

    null, boolean, int, long, string    the same in JSON
    enum                                its symbol
    float, double                       a number; "NaN", "Infinity" and "-Infinity" as text
    bytes, fixed                        hexadecimal digits, lower case
    array, map, record                  array, object, object
    union                               the value; a record that shares the union with other records
                                        is {"ns.Name": {...}}
    uuid                                "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    decimal                             its digits as text, "12.30", never an exponent
    date                                "2026-01-02"
    time-millis, time-micros            "03:04:05.678", "03:04:05.678901"
    timestamp-millis, -micros           "2026-01-02T03:04:05.678Z", in UTC
    local-timestamp-millis, -micros     "2026-01-02T03:04:05.678"

Times have three digits after the second, or six where three would lose something.

Ends as soon as N messages are read, with 0. Ends with 1 and a line on stderr when the time is up, at
the first message that fails a check, and when Kafka reports an error; with 2 on wrong usage.
"""

import argparse
import datetime
import decimal
import io
import json
import math
import sys
import time
import uuid

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition


class Failure(Exception):
    """What stops the reading; its text is for the user."""


def main():
    args = arguments()
    try:
        schema = Schema(args.schema)
        read(args, schema, time.monotonic() + args.timeout)
    except Failure as failure:
        print(f"read_topic.py: {failure}", file=sys.stderr)
        sys.exit(1)


def arguments():
    parser = argparse.ArgumentParser(
        description="Reads and decodes the events of a topic.",
        epilog="The head of the file describes the output.",
    )
    parser.add_argument("--bootstrap", required=True, help="HOST:PORT[,HOST:PORT...]")
    parser.add_argument("--topic", required=True)
    parser.add_argument("--schema", required=True, help="file with the topic's Avro schema as JSON")
    parser.add_argument("--count", required=True, type=int, help="how many messages to read")
    parser.add_argument("--timeout", default=30.0, type=float, help="seconds for all of it (30)")
    args = parser.parse_args()
    if args.count < 1:
        parser.error("--count must be at least 1")
    return args


def read(args, schema, deadline):
    trouble = []  # what may explain it if nothing comes, such as a refused connection
    consumer = Consumer(
        {
            "bootstrap.servers": args.bootstrap,
            "group.id": f"read_topic-{uuid.uuid4()}",  # must be set; nothing joins or commits to it
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "error_cb": lambda error: trouble.append(error.str()),
            "log_level": 0,  # what matters of it comes by error_cb
        }
    )
    count = 0
    try:
        consumer.assign(
            [
                TopicPartition(args.topic, partition, OFFSET_BEGINNING)
                for partition in partitions(consumer, args.topic, deadline, trouble)
            ]
        )
        while count < args.count:
            message = consumer.poll(min(0.2, remaining(deadline)))
            if message is None:
                remaining(deadline)
                continue
            if message.error() is not None:
                raise Failure(f"Kafka reports: {message.error()}")
            print(line(message, schema), flush=True)
            count += 1
    except Late:
        read_so_far = f"only {count} of {args.count} messages of {args.topic}"
        reason = f"; last trouble: {trouble[-1]}" if trouble else ""
        raise Failure(f"{read_so_far} within {args.timeout:g} s{reason}") from None
    except KafkaException as error:
        raise Failure(f"Kafka reports: {error.args[0]}") from None
    finally:
        consumer.close()


class Late(Exception):
    """The deadline has passed."""


def remaining(deadline):
    left = deadline - time.monotonic()
    if left <= 0:
        raise Late
    return left


def partitions(consumer, topic, deadline, trouble):
    """The topic's partitions. A topic that was just made may not be known to every broker yet, and a
    broker may be down for a moment, so both are waited for."""
    while True:
        try:
            found = consumer.list_topics(topic, timeout=remaining(deadline)).topics[topic]
        except KafkaException as error:
            if error.args[0].code() not in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT):
                raise
        else:
            if found.error is None and found.partitions:
                return sorted(found.partitions)
            trouble.append(f"{topic}: {found.error or 'no partitions'}")
        consumer.poll(0)  # lets error_cb run
        time.sleep(min(0.2, remaining(deadline)))


def line(message, schema):
    where = f"{message.topic()}, partition {message.partition()}, offset {message.offset()}"
    try:
        schema_id, event, fields = decode(message.value(), schema)
        result = {
            "topic": message.topic(),
            "partition": message.partition(),
            "offset": message.offset(),
            "key": text(message.key(), "the key"),
            "headers": headers(message.headers() or []),
            "schema_id": schema_id,
            "event": event,
            "fields": fields,
        }
    except Failure as failure:
        raise Failure(f"{where}: {failure}") from None
    return json.dumps(result, ensure_ascii=False, allow_nan=False)


def headers(pairs):
    result = {}
    for name, value in pairs:
        if name in result:
            raise Failure(f"the header {name!r} occurs twice")
        result[name] = text(value, f"the header {name!r}")
    return result


def text(value, what):
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failure(f"{what} is not UTF-8: {error}") from None


class Schema:
    def __init__(self, path):
        try:
            with open(path, encoding="utf-8") as file:
                self.parsed = fastavro.parse_schema(json.load(file))
        except (OSError, ValueError, fastavro.schema.SchemaParseException) as error:
            raise Failure(f"{path}: {error}") from None
        branches = self.parsed if isinstance(self.parsed, list) else [self.parsed]
        names = [
            branch["name"]
            for branch in branches
            if isinstance(branch, dict) and branch.get("type") == "record"
        ]
        if not names or len(names) != len(branches):
            raise Failure(f"{path}: the schema must be a union of records, or one record")
        # fastavro names a record only where a union offers several.
        self.only = names[0] if len(names) == 1 else None


def decode(value, schema):
    """Schema id, event name and fields of a message; all None for a tombstone."""
    if value is None:
        return None, None, None
    if len(value) < 5:
        raise Failure(f"{len(value)} bytes are too short for the framing: {value.hex()}")
    if value[0] != 0:
        raise Failure(f"the framing begins with byte {value[0]}, not 0: {value[:16].hex()}...")
    schema_id = int.from_bytes(value[1:5], "big")
    datum = io.BytesIO(value[5:])
    try:
        result = fastavro.schemaless_reader(
            datum,
            schema.parsed,
            return_record_name=True,
            return_record_name_override=True,
        )
    except Exception as error:  # fastavro raises nearly anything on bytes that fit no schema
        raise Failure(
            f"the datum does not decode: {type(error).__name__}: {error}; bytes: {value[5:].hex()}"
        ) from None
    left = len(value) - 5 - datum.tell()
    if left:
        raise Failure(f"{left} bytes are left over behind the datum: {value[-left:].hex()}")
    event, fields = (schema.only, result) if schema.only else result
    return schema_id, event, json_form(fields)


def json_form(value):
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            if math.isnan(value):
                return "NaN"
            if math.isinf(value):
                return "Infinity" if value > 0 else "-Infinity"
            return value
        case bytes():
            return value.hex()
        case uuid.UUID():
            return str(value)
        case decimal.Decimal():
            return f"{value:f}"
        case datetime.datetime():  # before date, of which it is a kind
            digits = value.isoformat(timespec=precision(value))
            return digits.removesuffix("+00:00") + "Z" if value.tzinfo else digits
        case datetime.date():
            return value.isoformat()
        case datetime.time():
            return value.isoformat(timespec=precision(value))
        case list():
            return [json_form(item) for item in value]
        case dict():
            return {name: json_form(item) for name, item in value.items()}
        case (str(name), dict(record)):  # of a union of several records
            return {name: json_form(record)}
        case (str(), other):  # fastavro also names an enum or fixed that was defined elsewhere
            return json_form(other)
        case _:
            raise Failure(f"no JSON form for {type(value).__name__}: {value!r}")


def precision(value):
    return "microseconds" if value.microsecond % 1000 else "milliseconds"


if __name__ == "__main__":
    main()
