// Writes and reads events as tests/src/languages/program.rs asks for them, which says what goes through standard input and
// output.
//
// Arguments: Kafka's servers and the registry's address.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const patience = 30 * time.Second

type task struct {
	Do       string
	Messages []message
	Topic    string
	Count    int
	Reader   string
}

type message struct {
	Topic   string
	Subject string
	Schema  string
	Key     *string
	Event   any
}

func main() {
	servers, registry := os.Args[1], newRegistry(os.Args[2])
	producer, err := kgo.NewClient(kgo.SeedBrokers(servers))
	if err != nil {
		fail(err)
	}
	out := bufio.NewWriter(os.Stdout)
	answers := json.NewEncoder(out)
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var task task
		// Numbers as they are: a long is no float64.
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		if err := decoder.Decode(&task); err != nil {
			fail(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		switch task.Do {
		case "write":
			err = write(ctx, producer, registry, task, answers)
		case "read":
			err = read(ctx, servers, registry, task, answers)
		default:
			err = fmt.Errorf("what is %q?", task.Do)
		}
		cancel()
		if err == nil {
			err = out.Flush()
		}
		if err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Writes events, each where the default partitioner puts its key, and tells where they lie.
func write(ctx context.Context, producer *kgo.Client, registry *registry, task task, answers *json.Encoder) error {
	var records []*kgo.Record
	for _, message := range task.Messages {
		value, err := registry.write(ctx, message)
		if err != nil {
			return err
		}
		record := &kgo.Record{Topic: message.Topic, Value: value}
		if message.Key != nil {
			record.Key = []byte(*message.Key)
		}
		records = append(records, record)
	}
	if err := producer.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return err
	}
	for _, record := range records {
		if err := answers.Encode(map[string]any{"partition": record.Partition, "offset": record.Offset}); err != nil {
			return err
		}
	}
	return nil
}

// Reads a topic from its beginning until there were so many messages, and tells each.
func read(ctx context.Context, servers string, registry *registry, task task, answers *json.Encoder) error {
	start := kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())
	// What there is comes at once, and nobody waits for more.
	quick := kgo.FetchMaxWait(20 * time.Millisecond)
	client, err := kgo.NewClient(kgo.SeedBrokers(servers), kgo.ConsumeTopics(task.Topic), start, quick)
	if err != nil {
		return err
	}
	defer client.Close()
	for missing := task.Count; missing > 0; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("%d messages of %s did not come: %w", missing, task.Topic, err)
		}
		for _, record := range fetches.Records() {
			if err := answers.Encode(told(ctx, registry, task.Reader, record)); err != nil {
				return err
			}
			missing--
		}
	}
	return nil
}

func told(ctx context.Context, registry *registry, reader string, record *kgo.Record) map[string]any {
	told := map[string]any{"partition": record.Partition, "offset": record.Offset, "key": nil}
	if record.Key != nil {
		told["key"] = string(record.Key)
	}
	headers := map[string]any{}
	for _, header := range record.Headers {
		headers[header.Key] = string(header.Value)
	}
	told["headers"] = headers
	event, err := registry.read(ctx, record.Value, reader)
	if err != nil {
		told["error"] = err.Error()
	} else {
		told["event"] = event
	}
	return told
}
