package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"
)

// Confluent's framing and registry by franz-go's sr, around the Avro library's reader and writer.
type registry struct {
	client  *sr.Client
	header  sr.ConfluentHeader
	writers map[int]*schema
	known   map[string]*schema
	ids     map[[2]string]int
}

// A schema, with the forms of its events.
type schema struct {
	*avro.Schema
	*forms
}

func newRegistry(url string) *registry {
	return &registry{
		client:  checked(sr.NewClient(sr.URLs(url))),
		writers: map[int]*schema{},
		known:   map[string]*schema{},
		ids:     map[[2]string]int{},
	}
}

func (r *registry) parsed(text string) (*schema, error) {
	if known, found := r.known[text]; found {
		return known, nil
	}
	parsed, err := avro.Parse(text)
	if err != nil {
		return nil, err
	}
	r.known[text] = &schema{parsed, newForms(parsed)}
	return r.known[text], nil
}

// The schema that is registered for an event, and its subject.
func (r *registry) registered(message message) (*schema, string, error) {
	stream, err := r.parsed(message.Schema)
	if err != nil || message.Subject == "TOPIC" {
		return stream, message.Topic + "-value", err
	}
	name := eventName(message.Event)
	branches := stream.Root().Branches
	record := slices.IndexFunc(branches, func(branch avro.SchemaNode) bool { return fullname(&branch) == name })
	parsed, err := branches[record].Schema()
	if err != nil {
		return nil, "", err
	}
	alone, err := r.parsed(parsed.String())
	if message.Subject == "RECORD" {
		return alone, name, err
	}
	return alone, message.Topic + "-" + name, err
}

// A value: an event, by a schema that is registered first.
func (r *registry) write(ctx context.Context, message message) ([]byte, error) {
	schema, subject, err := r.registered(message)
	if err != nil {
		return nil, err
	}
	registered := [2]string{subject, schema.String()}
	id, found := r.ids[registered]
	if !found {
		if id, err = r.client.RegisterSchema(ctx, subject, sr.Schema{Schema: schema.String()}, -1, -1); err != nil {
			return nil, err
		}
		r.ids[registered] = id
	}
	value, err := r.header.AppendEncode(nil, id, nil)
	if err != nil {
		return nil, err
	}
	return schema.AppendEncode(value, schema.toEvent(message.Event))
}

// An event's form, by the writer's schema, or by the reader's where there is one.
func (r *registry) read(ctx context.Context, value []byte, reader string) (any, error) {
	id, datum, err := r.header.DecodeID(value)
	if err != nil {
		return nil, err
	}
	writer, found := r.writers[id]
	if !found {
		text, err := r.client.SchemaByID(ctx, id)
		if err != nil {
			return nil, err
		}
		if writer, err = r.parsed(text.Schema); err != nil {
			return nil, err
		}
		r.writers[id] = writer
	}
	resolved, forms := writer.Schema, writer.forms
	if reader != "" {
		parsed, err := r.parsed(reader)
		if err != nil {
			return nil, err
		}
		if resolved, err = avro.Resolve(writer.Schema, parsed.Schema); err != nil {
			return nil, err
		}
		forms = parsed.forms
	}
	var event any
	rest, err := resolved.Decode(datum, &event, avro.TaggedUnions())
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes are left over", len(rest))
	}
	return forms.ofEvent(event), nil
}
