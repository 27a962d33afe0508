import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.header.Headers;

/** What turns events into messages' values, and back. */
interface Client {
    /** Which subject a schema is registered under. */
    enum Subject { TOPIC, RECORD, TOPIC_RECORD }

    /** A value: an event, by a schema that is registered first. */
    byte[] write(String topic, Headers headers, Subject subject, Schema schema, GenericRecord event) throws Exception;

    /** An event, by the writer's schema, or by the reader's where there is one. */
    GenericRecord read(String topic, Headers headers, byte[] value, Schema reader) throws Exception;
}
