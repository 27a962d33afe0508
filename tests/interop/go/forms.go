package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/avro"
)

// The JSON forms of values (rustdoc of cq_events::json), from and to Go's types as the Avro library has them: decoded
// with every union tagged, {"string": "text"}, and encoded from the same.
type forms struct {
	root  *avro.SchemaNode
	named map[string]*avro.SchemaNode
}

func newForms(schema *avro.Schema) *forms {
	f := &forms{root: schema.Root(), named: map[string]*avro.SchemaNode{}}
	f.define(f.root, "")
	return f
}

// Keeps the named types, and turns short names of them into fullnames.
func (f *forms) define(node *avro.SchemaNode, namespace string) {
	if node == nil {
		return
	}
	switch node.Type {
	case "record", "enum", "fixed":
		name := fullname(node)
		f.named[name] = node
		namespace = name[:max(strings.LastIndex(name, "."), 0)]
	case "null", "boolean", "int", "long", "float", "double", "bytes", "string", "array", "map", "union":
	default:
		if namespace != "" && !strings.Contains(node.Type, ".") {
			node.Type = namespace + "." + node.Type
		}
	}
	for i := range node.Fields {
		f.define(&node.Fields[i].Type, namespace)
	}
	for i := range node.Branches {
		f.define(&node.Branches[i], namespace)
	}
	f.define(node.Items, namespace)
	f.define(node.Values, namespace)
}

func fullname(node *avro.SchemaNode) string {
	if node.Namespace == "" || strings.Contains(node.Name, ".") {
		return node.Name
	}
	return node.Namespace + "." + node.Name
}

// What a type is called as a branch of a union.
func label(node *avro.SchemaNode) string {
	if node.Name != "" {
		return fullname(node)
	}
	return node.Type
}

func (f *forms) definition(node *avro.SchemaNode) *avro.SchemaNode {
	if named, found := f.named[node.Type]; found {
		return named
	}
	return node
}

// The form of an event: its record under its fullname.
func (f *forms) ofEvent(value any) any {
	if f.root.Type != "union" {
		return map[string]any{fullname(f.root): f.of(f.root, value)}
	}
	return f.ofUnion(f.root, value, false)
}

// The fullname of a form's event.
func eventName(form any) string {
	for name := range form.(map[string]any) {
		return name
	}
	panic("a form without an event")
}

// The event of a form.
func (f *forms) toEvent(form any) any {
	if f.root.Type != "union" {
		return f.to(f.root, form.(map[string]any)[fullname(f.root)])
	}
	return f.toUnion(f.root, form)
}

func (f *forms) of(node *avro.SchemaNode, value any) any {
	node = f.definition(node)
	switch node.LogicalType {
	case "decimal":
		return value.(*big.Rat).FloatString(node.Scale)
	case "uuid":
		if bytes, ok := value.([16]byte); ok {
			return fmt.Sprintf("%x-%x-%x-%x-%x", bytes[:4], bytes[4:6], bytes[6:8], bytes[8:10], bytes[10:])
		}
		return value
	case "date":
		return value.(time.Time).Format(time.DateOnly)
	case "time-millis", "time-micros":
		return time.Time{}.Add(value.(time.Duration)).Format("15:04:05.999999999")
	case "timestamp-millis", "timestamp-micros", "timestamp-nanos":
		return value.(time.Time).Format("2006-01-02T15:04:05.999999999Z")
	case "local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos":
		return value.(time.Time).Format("2006-01-02T15:04:05.999999999")
	case "duration":
		duration := value.(avro.Duration)
		return map[string]any{"months": duration.Months, "days": duration.Days, "millis": duration.Milliseconds}
	}
	switch node.Type {
	case "float":
		return number(float64(value.(float32)))
	case "double":
		return number(value.(float64))
	case "bytes", "fixed":
		var text strings.Builder
		for _, b := range value.([]byte) {
			text.WriteRune(rune(b))
		}
		return text.String()
	case "array":
		items := []any{}
		for _, item := range value.([]any) {
			items = append(items, f.of(node.Items, item))
		}
		return items
	case "map":
		entries := map[string]any{}
		for key, entry := range value.(map[string]any) {
			entries[key] = f.of(node.Values, entry)
		}
		return entries
	case "record":
		record := map[string]any{}
		for i := range node.Fields {
			field := &node.Fields[i]
			record[field.Name] = f.of(&field.Type, value.(map[string]any)[field.Name])
		}
		return record
	case "union":
		return f.ofUnion(node, value, only(node) != nil)
	default:
		return value
	}
}

func (f *forms) ofUnion(node *avro.SchemaNode, value any, isBare bool) any {
	if value == nil {
		return nil
	}
	for name, inner := range value.(map[string]any) {
		form := f.of(f.branch(node, name), inner)
		if isBare {
			return form
		}
		return map[string]any{name: form}
	}
	panic("a tag without a value")
}

func (f *forms) to(node *avro.SchemaNode, form any) any {
	node = f.definition(node)
	text, _ := form.(string)
	switch node.LogicalType {
	case "decimal":
		value, ok := new(big.Rat).SetString(text)
		if !ok {
			panic(text + " is no decimal")
		}
		return value
	case "uuid":
		return text
	case "date":
		return parsed(time.DateOnly, text)
	case "time-millis", "time-micros":
		at := parsed("15:04:05.999999999", text)
		return at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))
	case "timestamp-millis", "timestamp-micros", "timestamp-nanos":
		return parsed(time.RFC3339Nano, text)
	case "local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos":
		return parsed("2006-01-02T15:04:05.999999999", text)
	case "duration":
		part := func(name string) uint32 { return uint32(integer(form.(map[string]any)[name])) }
		return avro.Duration{Months: part("months"), Days: part("days"), Milliseconds: part("millis")}
	}
	switch node.Type {
	case "int":
		return int32(integer(form))
	case "long":
		return integer(form)
	case "float":
		return float32(real(form))
	case "double":
		return real(form)
	case "bytes", "fixed":
		bytes := []byte{}
		for _, character := range text {
			bytes = append(bytes, byte(character))
		}
		return bytes
	case "array":
		items := []any{}
		for _, item := range form.([]any) {
			items = append(items, f.to(node.Items, item))
		}
		return items
	case "map":
		entries := map[string]any{}
		for key, entry := range form.(map[string]any) {
			entries[key] = f.to(node.Values, entry)
		}
		return entries
	case "record":
		record := map[string]any{}
		for i := range node.Fields {
			field := &node.Fields[i]
			record[field.Name] = f.to(&field.Type, form.(map[string]any)[field.Name])
		}
		return record
	case "union":
		if branch := only(node); branch != nil && form != nil {
			name := label(f.definition(branch))
			return map[string]any{name: f.to(branch, form)}
		}
		return f.toUnion(node, form)
	default:
		return form
	}
}

func (f *forms) toUnion(node *avro.SchemaNode, form any) any {
	if form == nil {
		return nil
	}
	for name, inner := range form.(map[string]any) {
		return map[string]any{name: f.to(f.branch(node, name), inner)}
	}
	panic("a tag without a value")
}

func (f *forms) branch(union *avro.SchemaNode, name string) *avro.SchemaNode {
	for i := range union.Branches {
		if branch := f.definition(&union.Branches[i]); label(branch) == name {
			return branch
		}
	}
	panic(name + " is no branch of the union")
}

// The one type of a union beside null; nil where there are several.
func only(union *avro.SchemaNode) *avro.SchemaNode {
	var found *avro.SchemaNode
	for i := range union.Branches {
		if union.Branches[i].Type == "null" {
			continue
		}
		if found != nil {
			return nil
		}
		found = &union.Branches[i]
	}
	return found
}

// A number that stays one with a point, so that 1.0 is no integer and -0.0 is not 0.
func number(value float64) any {
	switch {
	case math.IsNaN(value):
		return "NaN"
	case math.IsInf(value, 0):
		return map[bool]string{true: "Infinity", false: "-Infinity"}[value > 0]
	}
	return json.Number(strconv.FormatFloat(value, 'e', -1, 64))
}

func real(form any) float64 {
	if text, ok := form.(string); ok {
		return checked(strconv.ParseFloat(text, 64))
	}
	return checked(form.(json.Number).Float64())
}

func integer(form any) int64 {
	return checked(form.(json.Number).Int64())
}

func parsed(layout, text string) time.Time {
	return checked(time.Parse(layout, text))
}

func checked[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
