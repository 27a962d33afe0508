package main

import (
	"context"
	"fmt"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"
)

// Confluent's framing and registry by franz-go's sr, around the Avro library's reader and writer.
type registry struct {
	client  *sr.Client
	header  sr.ConfluentHeader
	writers map[int]*avro.Schema
	known   map[string]*avro.Schema
	ids     map[[2]string]int
}

func newRegistry(url string) *registry {
	return &registry{
		client:  must2(sr.NewClient(sr.URLs(url))),
		writers: map[int]*avro.Schema{},
		known:   map[string]*avro.Schema{},
		ids:     map[[2]string]int{},
	}
}

func (r *registry) parsed(schema string) (*avro.Schema, error) {
	if known, found := r.known[schema]; found {
		return known, nil
	}
	parsed, err := avro.Parse(schema)
	if err == nil {
		r.known[schema] = parsed
	}
	return parsed, err
}

// A value: an event, by a schema that is registered first.
func (r *registry) write(ctx context.Context, subject, schema string, event any) ([]byte, error) {
	parsed, err := r.parsed(schema)
	if err != nil {
		return nil, err
	}
	id, found := r.ids[[2]string{subject, schema}]
	if !found {
		if id, err = r.client.RegisterSchema(ctx, subject, sr.Schema{Schema: schema}, -1, -1); err != nil {
			return nil, err
		}
		r.ids[[2]string{subject, schema}] = id
	}
	value, err := r.header.AppendEncode(nil, id, nil)
	if err != nil {
		return nil, err
	}
	return parsed.AppendEncode(value, newForms(parsed).toEvent(event))
}

// An event's form, by the writer's schema, or by the reader's where there is one.
func (r *registry) read(ctx context.Context, value []byte, reader string) (any, error) {
	id, datum, err := r.header.DecodeID(value)
	if err != nil {
		return nil, err
	}
	schema, found := r.writers[id]
	if !found {
		text, err := r.client.SchemaByID(ctx, id)
		if err != nil {
			return nil, err
		}
		if schema, err = r.parsed(text.Schema); err != nil {
			return nil, err
		}
		r.writers[id] = schema
	}
	forms := newForms(schema)
	if reader != "" {
		parsed, err := r.parsed(reader)
		if err != nil {
			return nil, err
		}
		if schema, err = avro.Resolve(schema, parsed); err != nil {
			return nil, err
		}
		forms = newForms(parsed)
	}
	var event any
	rest, err := schema.Decode(datum, &event, avro.TaggedUnions())
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes are left over", len(rest))
	}
	return forms.ofEvent(event), nil
}
