"""Writes and reads events as tests/src/languages/program.rs asks for them, which says what goes through standard input
and output.

    python.sh interop.py SERVERS REGISTRY CLIENT

CLIENT is one of those in clients.py.
"""

import json
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import SerializationError

from clients import CLIENTS

PATIENCE = 30  # seconds


def main():
    servers, registry, client = sys.argv[1:]
    client = CLIENTS[client](registry)
    for line in sys.stdin:
        task = json.loads(line)
        for answer in {"write": write, "read": read}[task["do"]](servers, client, task):
            print(json.dumps(answer), flush=True)


def write(servers, client, task):
    """Writes events, each where the partitioner puts its key, and tells where they lie."""
    producer = Producer({"bootstrap.servers": servers, **client.producer})
    written = [None] * len(task["messages"])

    def told(at):
        def delivered(error, message):
            if error is not None:
                raise KafkaException(error)
            written[at] = {"partition": message.partition(), "offset": message.offset()}

        return delivered

    for at, message in enumerate(task["messages"]):
        topic, headers = message["topic"], []
        try:
            value = client.write(topic, headers, message["subject"], message["schema"], message["event"])
        except (SerializationError, SchemaRegistryError) as error:
            written[at] = {"error": f"{type(error).__name__}: {error}"}
            continue
        producer.produce(topic, value, message["key"], headers=headers, on_delivery=told(at))
        producer.poll(0)
    if producer.flush(PATIENCE) > 0:
        raise TimeoutError("not all messages are acknowledged")
    return written


def read(servers, client, task):
    """Reads a topic from its beginning until there were so many messages, and tells each."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "nobody", "enable.auto.commit": False})
    deadline = time.monotonic() + PATIENCE
    missing = task["count"]
    try:
        topic = consumer.list_topics(task["topic"], PATIENCE).topics[task["topic"]]
        consumer.assign([TopicPartition(topic.topic, partition, OFFSET_BEGINNING) for partition in topic.partitions])
        while missing > 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{missing} messages of {topic.topic} did not come")
            message = consumer.poll(0.1)
            if message is None:
                continue
            if message.error() is not None:
                raise KafkaException(message.error())
            yield told(client, message, task["reader"])
            missing -= 1
    finally:
        consumer.close()


def told(client, message, reader):
    told = {
        "partition": message.partition(),
        "offset": message.offset(),
        "key": text(message.key()),
        "headers": {name: text(value) for name, value in message.headers() or []},
    }
    try:
        return told | {"event": client.read(message, reader)}
    except Exception as error:  # a client raises nearly anything on bytes that fit no schema
        return told | {"error": f"{type(error).__name__}: {error}"}


def text(value):
    # A GUID in a header is none.
    return None if value is None else value.decode("utf-8", "replace")


if __name__ == "__main__":
    main()
