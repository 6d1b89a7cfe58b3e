import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

/** Answers lines of `sluice compat --jsonl` with Avro Java itself. */
public class Oracle {
  private static final ObjectMapper MAPPER = new ObjectMapper(new JsonFactory());

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(MAPPER.writeValueAsString(answer(MAPPER.readTree(line))));
    }
    out.flush();
  }

  private static ObjectNode answer(JsonNode question) {
    ObjectNode answer = MAPPER.createObjectNode();
    answer.set("id", question.get("id"));
    String side = "reader";
    try {
      Schema reader = parse(question.get("reader"), question.get("readerRefs"));
      side = "writer";
      Schema writer = parse(question.get("writer"), question.get("writerRefs"));
      side = "reader";
      SchemaCompatibility.SchemaCompatibilityResult result = SchemaCompatibility
          .checkReaderWriterCompatibility(reader, writer).getResult();
      answer.put("compatible", result.getIncompatibilities().isEmpty());
      ArrayNode found = answer.putArray("incompatibilities");
      for (SchemaCompatibility.Incompatibility one : result.getIncompatibilities()) {
        found.addObject().put("type", one.getType().name()).put("location", one.getLocation()).put("message", one.getMessage());
      }
    } catch (Throwable failure) {
      answer.remove("compatible");
      answer.remove("incompatibilities");
      answer.putObject("error").put("message", String.valueOf(failure.getMessage())).put("side", side);
    }
    return answer;
  }

  private static Schema parse(JsonNode schema, JsonNode references) {
    Schema.Parser parser = new Schema.Parser();
    if (references != null) {
      for (JsonNode reference : references) {
        parser.parse(text(reference));
      }
    }
    return parser.parse(text(schema));
  }

  private static String text(JsonNode schema) {
    boolean document = schema.isTextual() && schema.textValue().matches("(?s)\\s*[\\[{\"].*");
    return document ? schema.textValue() : schema.toString();
  }
}
