import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.avro.Schema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes and reads events as tests/src/languages/program.rs asks for them, which says what goes through standard input and output.
 *
 * <p>Arguments: Kafka's servers, the registry's address, and the client: avro, apicurio or apicurio-inlined.
 */
public final class Interop {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final String servers;
    private final Client client;
    private final KafkaProducer<byte[], byte[]> producer;
    private final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    private Interop(String servers, Client client) {
        this.servers = servers;
        this.client = client;
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", servers), new ByteArraySerializer(), new ByteArraySerializer());
    }

    public static void main(String[] arguments) throws Exception {
        Forms.convertLogicalTypes();
        Client client = switch (arguments[2]) {
            case "avro" -> new Confluent(arguments[1]);
            case "apicurio" -> new Apicurio(arguments[1], false);
            case "apicurio-inlined" -> new Apicurio(arguments[1], true);
            default -> throw new IllegalArgumentException(arguments[2]);
        };
        Interop program = new Interop(arguments[0], client);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode task = MAPPER.readTree(line);
            switch (task.get("do").textValue()) {
                case "write" -> program.write(task);
                case "read" -> program.read(task);
                default -> throw new IllegalArgumentException(line);
            }
            program.out.flush();
        }
    }

    /** Writes events, each where the default partitioner puts its key, and tells where they lie. */
    private void write(JsonNode task) throws Exception {
        Map<String, Schema> schemas = new HashMap<>();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (JsonNode message : task.get("messages")) {
            String topic = message.get("topic").textValue();
            Schema schema = schemas.computeIfAbsent(message.get("schema").textValue(), new Schema.Parser()::parse);
            byte[] key = message.get("key").isNull() ? null : message.get("key").textValue().getBytes(StandardCharsets.UTF_8);
            Headers headers = new RecordHeaders();
            Client.Subject subject = Client.Subject.valueOf(message.get("subject").textValue());
            byte[] value = client.write(topic, headers, subject, schema, Forms.toEvent(schema, message.get("event")));
            sent.add(producer.send(new ProducerRecord<>(topic, null, key, value, headers)));
        }
        for (Future<RecordMetadata> receipt : sent) {
            RecordMetadata written = receipt.get();
            out.println(MAPPER.createObjectNode().put("partition", written.partition()).put("offset", written.offset()));
        }
    }

    /** Reads a topic from its beginning until there were so many messages, and tells each. */
    private void read(JsonNode task) throws IOException {
        String topic = task.get("topic").textValue();
        Schema reader = task.get("reader").isNull() ? null : new Schema.Parser().parse(task.get("reader").textValue());
        // What there is comes at once, and nobody waits for more.
        Map<String, Object> settings =
                Map.of("bootstrap.servers", servers, "enable.auto.commit", false, "fetch.max.wait.ms", 20);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            int missing = task.get("count").intValue();
            Instant deadline = Instant.now().plus(PATIENCE);
            while (missing > 0) {
                if (Instant.now().isAfter(deadline)) {
                    throw new IOException(missing + " messages of " + topic + " did not come");
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    out.println(told(record, reader));
                    missing--;
                }
            }
        }
    }

    private ObjectNode told(ConsumerRecord<byte[], byte[]> record, Schema reader) {
        ObjectNode told = MAPPER.createObjectNode().put("partition", record.partition()).put("offset", record.offset());
        told.put("key", record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8));
        ObjectNode headers = told.putObject("headers");
        for (Header header : record.headers()) {
            headers.put(header.key(), header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8));
        }
        try {
            told.set("event", Forms.ofEvent(client.read(record.topic(), record.headers(), record.value(), reader)));
        } catch (Exception error) {
            told.put("error", error.toString());
        }
        return told;
    }
}
