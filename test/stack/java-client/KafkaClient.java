import java.io.*;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

/** Kafka's own client: a command a line, words separated by blanks, one answer each: "= ok" or "= error <why>". */
public class KafkaClient {
    static String brokers;
    static final Map<String, Producer<byte[], byte[]>> producers = new HashMap<>();
    static final Map<String, Consumer<byte[], byte[]>> consumers = new HashMap<>();

    public static void main(String[] args) throws Exception {
        brokers = args[0];
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null;) {
            try {
                answer("ok" + run(line.split(" ")));
            } catch (Exception failure) {
                answer("error " + failure);
            }
        }
        System.exit(0);
    }

    static void answer(String text) {
        System.out.println("= " + text);
        System.out.flush();
    }

    static String run(String[] words) throws Exception {
        switch (words[0]) {
            case "produce": // <codec> <topic> <key> <base64>
                producer(words[1]).send(new ProducerRecord<>(words[2], words[3].getBytes(StandardCharsets.UTF_8), Base64.getDecoder().decode(words[4])));
                return "";
            case "flush": // <codec>
                producer(words[1]).flush();
                return "";
            case "read": // <group> <protocol> <topic> <count>: a member until "leave"
                read(words[1], words[2], words[3], Integer.parseInt(words[4]));
                return "";
            case "share": // <group> <topic>: a member of a share group until the end
                KafkaShareConsumer<byte[], byte[]> sharer = new KafkaShareConsumer<>(Map.of("bootstrap.servers", brokers, "group.id", words[1]), new ByteArrayDeserializer(), new ByteArrayDeserializer());
                sharer.subscribe(List.of(words[2]));
                sharer.poll(Duration.ofMillis(1000));
                return "";
            case "leave": // <group>
                consumers.remove(words[1]).close();
                return "";
            case "commit": // <group> <topic> <partition> <offset>: without being a member, as Flink's source does
                try (Consumer<byte[], byte[]> consumer = consumer(words[1], "classic")) {
                    TopicPartition partition = new TopicPartition(words[2], Integer.parseInt(words[3]));
                    consumer.assign(List.of(partition));
                    consumer.commitSync(Map.of(partition, new OffsetAndMetadata(Long.parseLong(words[4]))));
                }
                return "";
            case "trim": // <topic> <partition> <before>
                try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
                    admin.deleteRecords(Map.of(new TopicPartition(words[1], Integer.parseInt(words[2])), RecordsToDelete.beforeOffset(Long.parseLong(words[3])))).all().get();
                }
                return "";
            case "key": // <keystore> <alias> <password>: its private key as base64 PKCS 8
                KeyStore store = KeyStore.getInstance(new File(words[1]), words[3].toCharArray());
                return " " + Base64.getEncoder().encodeToString(store.getKey(words[2], words[3].toCharArray()).getEncoded());
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    static void read(String group, String protocol, String topic, int count) {
        Consumer<byte[], byte[]> consumer = consumer(group, protocol);
        consumers.put(group, consumer);
        consumer.subscribe(List.of(topic));
        for (int got = 0; got < count;) got += consumer.poll(Duration.ofMillis(100)).count();
        consumer.commitSync();
    }

    static Producer<byte[], byte[]> producer(String codec) {
        return producers.computeIfAbsent(codec, name -> new KafkaProducer<>(Map.of("bootstrap.servers", brokers, "compression.type", name, "linger.ms", 100), new ByteArraySerializer(), new ByteArraySerializer()));
    }

    static Consumer<byte[], byte[]> consumer(String group, String protocol) {
        Map<String, Object> settings = Map.of("bootstrap.servers", brokers, "group.id", group, "group.protocol", protocol, "auto.offset.reset", "earliest", "enable.auto.commit", false);
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
