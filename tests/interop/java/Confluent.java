import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.header.Headers;

/** Confluent's framing and registry, as their documentation has it, around Avro's own reader and writer. */
final class Confluent implements Client {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final String registry;
    private final Map<Integer, Schema> schemas = new HashMap<>();
    private final Map<String, Map<Schema, Integer>> ids = new HashMap<>();

    Confluent(String registry) {
        this.registry = registry;
    }

    @Override
    public byte[] write(String topic, Headers headers, Subject subject, Schema schema, GenericRecord event) throws Exception {
        String record = event.getSchema().getFullName();
        String name = switch (subject) {
            case TOPIC -> topic + "-value";
            case RECORD -> record;
            case TOPIC_RECORD -> topic + "-" + record;
        };
        Map<Schema, Integer> known = ids.computeIfAbsent(name, any -> new HashMap<>());
        Integer id = known.get(schema);
        if (id == null) {
            id = register(name, schema);
            known.put(schema, id);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0);
        out.writeBytes(ByteBuffer.allocate(4).putInt(id).array());
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(schema).write(event, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    @Override
    public GenericRecord read(String topic, Headers headers, byte[] value, Schema reader) throws Exception {
        ByteBuffer frame = ByteBuffer.wrap(value);
        if (value.length < 5 || frame.get() != 0) {
            throw new IOException("no Confluent framing");
        }
        int id = frame.getInt();
        Schema writer = schemas.get(id);
        if (writer == null) {
            writer = new Schema.Parser().parse(ask("/schemas/ids/" + id, null).get("schema").textValue());
            schemas.put(id, writer);
        }
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null);
        GenericRecord event =
                new GenericDatumReader<GenericRecord>(writer, reader == null ? writer : reader).read(null, decoder);
        if (!decoder.isEnd()) {
            throw new IOException("bytes are left over");
        }
        return event;
    }

    private int register(String subject, Schema schema) throws Exception {
        String body = MAPPER.writeValueAsString(Map.of("schema", schema.toString()));
        String name = URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20");
        return ask("/subjects/" + name + "/versions", body).get("id").intValue();
    }

    private JsonNode ask(String path, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(registry + path)).timeout(Duration.ofSeconds(15));
        if (body != null) {
            request.header("Content-Type", "application/vnd.schemaregistry.v1+json")
                    .POST(HttpRequest.BodyPublishers.ofString(body));
        }
        HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(path + ": " + answer.statusCode() + " " + answer.body());
        }
        return MAPPER.readTree(answer.body());
    }
}
