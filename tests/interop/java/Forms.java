import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalType;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.util.TimePeriod;

/** The JSON forms of values (rustdoc of cq_events::json), from and to those of Avro's generic classes. */
final class Forms {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder()
            .appendPattern("HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .toFormatter();
    private static final DateTimeFormatter DATE_TIME = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendLiteral('T')
            .append(TIME)
            .toFormatter();

    private Forms() {}

    /** Lets Avro turn all of its logical types into Java's types: it does so for none by itself. */
    static void convertLogicalTypes() {
        GenericData data = GenericData.get();
        data.addLogicalTypeConversion(new Conversions.DecimalConversion());
        data.addLogicalTypeConversion(new Conversions.UUIDConversion());
        data.addLogicalTypeConversion(new Conversions.DurationConversion());
        data.addLogicalTypeConversion(new TimeConversions.DateConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimeMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimeMicrosConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampNanosConversion());
        data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMicrosConversion());
        data.addLogicalTypeConversion(new TimeConversions.LocalTimestampNanosConversion());
    }

    /** The form of an event: its record under its fullname. */
    static JsonNode ofEvent(GenericRecord event) {
        Schema schema = event.getSchema();
        return JSON.objectNode().set(schema.getFullName(), of(schema, event));
    }

    /** The event of a form, as the record of that name in a schema: a union of records, or one record. */
    static GenericRecord toEvent(Schema schema, JsonNode form) {
        String name = form.fieldNames().next();
        List<Schema> events = schema.isUnion() ? schema.getTypes() : List.of(schema);
        for (Schema event : events) {
            if (event.getFullName().equals(name)) {
                return (GenericRecord) to(event, form.get(name));
            }
        }
        throw new IllegalArgumentException(name + " is no event of the schema");
    }

    private static JsonNode of(Schema schema, Object value) {
        if (schema.isUnion()) {
            Schema branch = schema.getTypes().get(GenericData.get().resolveUnion(schema, value));
            JsonNode form = of(branch, value);
            boolean bare = branch.getType() == Schema.Type.NULL || only(schema) != null;
            return bare ? form : JSON.objectNode().set(branch.getFullName(), form);
        }
        if (value instanceof BigDecimal || value instanceof UUID || value instanceof LocalDate) {
            return JSON.textNode(value instanceof BigDecimal decimal ? decimal.toPlainString() : value.toString());
        }
        if (value instanceof LocalTime time) {
            return JSON.textNode(TIME.format(time));
        }
        if (value instanceof Instant instant) {
            return JSON.textNode(DATE_TIME.format(instant.atOffset(ZoneOffset.UTC)) + "Z");
        }
        if (value instanceof LocalDateTime time) {
            return JSON.textNode(DATE_TIME.format(time));
        }
        if (value instanceof TimePeriod period) {
            return JSON.objectNode()
                    .put("months", period.getMonths())
                    .put("days", period.getDays())
                    .put("millis", period.getMillis());
        }
        return switch (schema.getType()) {
            case NULL -> JSON.nullNode();
            case BOOLEAN -> JSON.booleanNode((Boolean) value);
            case INT -> JSON.numberNode((Integer) value);
            case LONG -> JSON.numberNode((Long) value);
            case FLOAT, DOUBLE -> {
                double number = ((Number) value).doubleValue();
                yield Double.isFinite(number) ? JSON.numberNode(number) : JSON.textNode(Double.toString(number));
            }
            case STRING, ENUM -> JSON.textNode(value.toString());
            case BYTES -> {
                byte[] bytes = new byte[((ByteBuffer) value).remaining()];
                ((ByteBuffer) value).duplicate().get(bytes);
                yield JSON.textNode(new String(bytes, StandardCharsets.ISO_8859_1));
            }
            case FIXED -> JSON.textNode(new String(((GenericFixed) value).bytes(), StandardCharsets.ISO_8859_1));
            case ARRAY -> {
                ArrayNode array = JSON.arrayNode();
                ((List<?>) value).forEach(item -> array.add(of(schema.getElementType(), item)));
                yield array;
            }
            case MAP -> {
                ObjectNode object = JSON.objectNode();
                ((Map<?, ?>) value).forEach((key, item) -> object.set(key.toString(), of(schema.getValueType(), item)));
                yield object;
            }
            case RECORD -> {
                ObjectNode object = JSON.objectNode();
                for (Schema.Field field : schema.getFields()) {
                    object.set(field.name(), of(field.schema(), ((IndexedRecord) value).get(field.pos())));
                }
                yield object;
            }
            case UNION -> throw new IllegalStateException("its branches were told apart above");
        };
    }

    private static Object to(Schema schema, JsonNode form) {
        LogicalType logical = schema.getLogicalType();
        if (logical != null) {
            return toLogical(schema, logical.getName(), form);
        }
        return switch (schema.getType()) {
            case NULL -> null;
            case BOOLEAN -> form.booleanValue();
            case INT -> form.intValue();
            case LONG -> form.longValue();
            case FLOAT -> (float) number(form);
            case DOUBLE -> number(form);
            case STRING -> form.textValue();
            case ENUM -> new GenericData.EnumSymbol(schema, form.textValue());
            case BYTES -> ByteBuffer.wrap(form.textValue().getBytes(StandardCharsets.ISO_8859_1));
            case FIXED -> new GenericData.Fixed(schema, form.textValue().getBytes(StandardCharsets.ISO_8859_1));
            case ARRAY -> {
                List<Object> items = new ArrayList<>();
                form.forEach(item -> items.add(to(schema.getElementType(), item)));
                yield items;
            }
            case MAP -> {
                Map<String, Object> entries = new HashMap<>();
                form.properties().forEach(entry ->
                        entries.put(entry.getKey(), to(schema.getValueType(), entry.getValue())));
                yield entries;
            }
            case RECORD -> {
                GenericRecord record = new GenericData.Record(schema);
                schema.getFields().forEach(field -> record.put(field.pos(), to(field.schema(), form.get(field.name()))));
                yield record;
            }
            case UNION -> {
                if (form.isNull()) {
                    yield null;
                }
                Schema only = only(schema);
                if (only != null) {
                    yield to(only, form);
                }
                String name = form.fieldNames().next();
                yield to(schema.getTypes().get(schema.getIndexNamed(name)), form.get(name));
            }
        };
    }

    private static Object toLogical(Schema schema, String logical, JsonNode form) {
        return switch (logical) {
            case "decimal" -> new BigDecimal(form.textValue());
            case "uuid" -> UUID.fromString(form.textValue());
            case "date" -> LocalDate.parse(form.textValue());
            case "time-millis", "time-micros" -> LocalTime.parse(form.textValue());
            case "timestamp-millis", "timestamp-micros", "timestamp-nanos" -> Instant.parse(form.textValue());
            case "local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos" ->
                    LocalDateTime.parse(form.textValue());
            case "duration" ->
                    TimePeriod.of(form.get("months").longValue(), form.get("days").longValue(), form.get("millis").longValue());
            default -> throw new IllegalArgumentException("no form for " + schema);
        };
    }

    private static double number(JsonNode form) {
        return form.isTextual() ? Double.parseDouble(form.textValue()) : form.doubleValue();
    }

    /** The one type of a union beside null; null where there are several. */
    private static Schema only(Schema union) {
        List<Schema> types = union.getTypes().stream().filter(type -> type.getType() != Schema.Type.NULL).toList();
        return types.size() == 1 ? types.get(0) : null;
    }
}
