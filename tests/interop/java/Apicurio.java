import io.apicurio.registry.resolver.config.SchemaResolverConfig;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import io.apicurio.registry.serde.avro.strategy.RecordIdStrategy;
import io.apicurio.registry.serde.avro.strategy.TopicRecordIdStrategy;
import io.apicurio.registry.serde.strategy.TopicIdStrategy;
import java.util.EnumMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.header.Headers;

/** Apicurio's own serializer and deserializer, by the registry's own interface. */
final class Apicurio implements Client {
    private final String registry;
    private final boolean inlines;
    private final Map<Subject, AvroKafkaSerializer<GenericRecord>> serializers = new EnumMap<>(Subject.class);
    private final AvroKafkaDeserializer<GenericRecord> deserializer = new AvroKafkaDeserializer<>();

    /**
     * Takes the address of the interface for Confluent's clients, beside which the registry's own lies.
     *
     * @param inlines whether a schema is registered whole; by default each named type in it is a schema of its own, in a
     *     group that is called like its namespace, and a reference to that.
     */
    Apicurio(String confluent, boolean inlines) {
        this.inlines = inlines;
        registry = confluent.substring(0, confluent.indexOf("/apis/")) + "/apis/registry/v3";
        deserializer.configure(Map.of(SchemaResolverConfig.REGISTRY_URL, registry), false);
    }

    @Override
    public byte[] write(String topic, Headers headers, Subject subject, Schema schema, GenericRecord event) {
        // It takes the schema from the event: that of the record alone.
        return serializers.computeIfAbsent(subject, this::serializer).serialize(topic, headers, event);
    }

    @Override
    public GenericRecord read(String topic, Headers headers, byte[] value, Schema reader) {
        if (reader != null) {
            throw new UnsupportedOperationException("it takes the reader's schema from a class");
        }
        return deserializer.deserialize(topic, headers, value);
    }

    private AvroKafkaSerializer<GenericRecord> serializer(Subject subject) {
        Class<?> strategy = switch (subject) {
            case TOPIC -> TopicIdStrategy.class;
            case RECORD -> RecordIdStrategy.class;
            case TOPIC_RECORD -> TopicRecordIdStrategy.class;
        };
        AvroKafkaSerializer<GenericRecord> serializer = new AvroKafkaSerializer<>();
        serializer.configure(Map.of(
                SchemaResolverConfig.REGISTRY_URL, registry,
                SchemaResolverConfig.AUTO_REGISTER_ARTIFACT, true,
                SchemaResolverConfig.DEREFERENCE_SCHEMA, inlines,
                SchemaResolverConfig.ARTIFACT_RESOLVER_STRATEGY, strategy.getName()), false);
        return serializer;
    }
}
