"""The clients: how each makes an event's bytes, and what it makes of bytes."""

import io
import json

import fastavro
from cloudevents.core.bindings import kafka as cloudevents
from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    header_schema_id_serializer,
    record_subject_name_strategy,
    topic_record_subject_name_strategy,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

import forms
import schemas

STRATEGIES = {
    "RECORD": {"subject.name.strategy": record_subject_name_strategy},
    "TOPIC_RECORD": {"subject.name.strategy": topic_record_subject_name_strategy},
    "TOPIC": {},  # what it does when nothing is said
}


class Confluent:
    """AvroSerializer and AvroDeserializer as they are by default; a record in a union is ("ns.Name", {...})."""

    # The one of Java's clients, and ours. Unset, keys are spread by another rule.
    producer = {"partitioner": "murmur2_random"}
    settings = {}
    deserializer = {}

    def __init__(self, registry):
        # Now and then an answer of Apicurio without a body never comes; by default it is waited for without end.
        self.registry = SchemaRegistryClient({"url": registry, "timeout": 20})
        self.serializers, self.deserializers, self.types = {}, {}, {}

    @staticmethod
    def name_record(name, value):
        return (name, value)

    def write(self, topic, headers, subject, schema, event):
        """The value of a message; its headers are added to."""
        key = (topic, subject, schema, *event)
        if key not in self.serializers:
            self.serializers[key] = self.serializer(topic, subject, schema, *event)
        serializer, type = self.serializers[key]
        value = type.value(event if type.kind == "union" else next(iter(event.values())), self.name_record)
        return serializer(value, SerializationContext(topic, MessageField.VALUE, headers))

    def serializer(self, topic, subject, schema, name):
        """With the type of what it takes."""
        schema = json.loads(schema)
        schema = schema if subject == "TOPIC" else schemas.alone(schema, name)
        settings = self.settings | STRATEGIES[subject]
        return AvroSerializer(self.registry, json.dumps(schema), conf=settings), event_type(schema)

    def read(self, message, reader):
        """The form of a message's event."""
        if reader not in self.deserializers:
            self.deserializers[reader] = AvroDeserializer(self.registry, reader, **self.deserializer)
        context = SerializationContext(message.topic(), MessageField.VALUE, message.headers())
        value = self.deserializers[reader](message.value(), context)
        type = self.type(message, reader)
        # By default nothing tells the event of a union but the header that we write.
        name = dict(message.headers() or []).get("ce_type")
        if type.kind == "union" and name is not None and not isinstance(value, tuple):
            value = (name.decode(), value)
        return event_form(type, value)

    def type(self, message, reader):
        """The type of what is read: the reader's, or the one that the message names."""
        key = reader or int.from_bytes(message.value()[1:5], "big")
        if key not in self.types:
            schema = reader or self.registry.get_schema(key).schema_str
            self.types[key] = event_type(json.loads(schema))
        return self.types[key]


class Names(Confluent):
    """With `return_record_name`; a record in a union is {"-type": "ns.Name", ...}. It registers nothing: it takes the
    latest version of the subject, as in production."""

    settings = {"auto.register.schemas": False, "use.latest.version": True}
    deserializer = {"return_record_name": True}

    @staticmethod
    def name_record(name, value):
        return {"-type": name, **value}


class Guid(Confluent):
    """The same with the schema's GUID in a header instead of its id before the datum."""

    settings = {"schema.id.serializer": header_schema_id_serializer}


class References(Confluent):
    """The same, with every named type under a subject of its own."""

    def serializer(self, topic, subject, schema, name):
        schema = json.loads(schema)
        types, registered = schemas.definitions(schema), {}

        def referring(schema, *itself):
            names = sorted(schemas.uses(schema) - {*itself})
            return Schema(json.dumps(schema), "AVRO", [reference(name) for name in names])

        def reference(name):
            if name not in registered:
                part = referring(types[name], name)
                self.registry.register_schema(name, part)
                registered[name] = SchemaReference(name, name, self.registry.lookup_schema(name, part).version)
            return registered[name]

        if subject == "TOPIC":
            root, type = referring(schemas.names(schema)), event_type(schema)
        else:
            root, type = referring(types[name], name), event_type(schemas.alone(schema, name))
        return AvroSerializer(self.registry, root, conf=STRATEGIES[subject]), type


class Alone(Confluent):
    """A program with one event: its record under the topic's subject, by a producer with no setting that is not its
    default."""

    producer = {}

    def serializer(self, topic, subject, schema, name):
        return super().serializer(topic, "TOPIC", json.dumps(schemas.alone(json.loads(schema), name)), name)


class Fastavro(Confluent):
    """Reads by fastavro alone: the framing is taken off here, by Confluent's documentation."""

    def read(self, message, reader):
        frame, datum = message.value()[:5], io.BytesIO(message.value()[5:])
        if frame[0] != 0:
            raise ValueError(f"the framing begins with {frame[0]}")
        writer = self.registry.get_schema(int.from_bytes(frame[1:], "big")).schema_str
        writer, reader_schema = (schema and fastavro.parse_schema(json.loads(schema)) for schema in (writer, reader))
        value = fastavro.schemaless_reader(datum, writer, reader_schema, return_named_type=True)
        if datum.read():
            raise ValueError("bytes are left over")
        return event_form(self.type(message, reader), value)


class CloudEvents:
    """The CloudEvents SDK: its attributes are what it reads of an event."""

    producer = {}
    time = forms.read({"type": "long", "logicalType": "timestamp-millis"})

    def __init__(self, _):
        pass

    def read(self, message, _):
        headers = dict(message.headers())
        if len(headers) != len(message.headers()):
            raise ValueError("a header occurs twice")
        event = cloudevents.from_kafka_event(cloudevents.KafkaMessage(headers, message.key(), message.value()))
        attributes = event.get_attributes()
        return attributes | {"time": self.time.form(attributes["time"])}


def event_type(schema):
    type = forms.read(schema)
    # An event's form says which one it is, also where there is but one.
    if type.kind == "union":
        type.is_plain = False
    return type


def event_form(type, value):
    return type.form(value) if type.kind == "union" else {type.name: type.form(value)}


CLIENTS = {
    "confluent": Confluent,
    "names": Names,
    "guid": Guid,
    "references": References,
    "alone": Alone,
    "fastavro": Fastavro,
    "cloudevents": CloudEvents,
}
