// Written by hand, and copied as it is into what `python -m codegen generate` makes. Do not edit the copy.

package colonyos

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Drift is something that a server sent and the schema does not know: a field, or the value of an enum.
type Drift struct {
	// Message is the message type of the request that was answered; empty for what was read by itself.
	Message string

	// Path leads to it, such as $.spec.fieldOfTomorrow.
	Path string

	// Value is the unknown number of an enum; nil for an unknown field.
	Value any
}

// ReadError says where a JSON text is not what the schema says.
type ReadError struct {
	// Path leads to the value, such as $.spec.args[0].
	Path string

	// Reason says what is wrong with it.
	Reason string
}

// Error names the place and what is wrong there.
func (e *ReadError) Error() string { return e.Path + ": " + e.Reason }

// place is where a value stands, told from the inside to the outside.
type place struct {
	around *place
	name   string
	number int
	listed bool
}

func (p *place) key(name string) *place { return &place{around: p, name: name} }

func (p *place) item(number int) *place { return &place{around: p, number: number, listed: true} }

func (p *place) String() string {
	if p == nil {
		return "$"
	}
	if p.listed {
		return p.around.String() + "[" + strconv.Itoa(p.number) + "]"
	}
	return p.around.String() + "." + p.name
}

// reader remembers what was wrong first, and tells of what is unknown.
type reader struct {
	wrong *ReadError
	drift func(path string, value any)

	// lenient is reading as the server does: what is missing or null is zero.
	lenient bool
}

func (r *reader) fail(at *place, reason string) {
	if r.wrong == nil {
		r.wrong = &ReadError{Path: at.String(), Reason: reason}
	}
}

func (r *reader) expected(at *place, what string, value any) {
	r.fail(at, "expected "+what+", got "+kindOf(value))
}

func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a text"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	}
	return "an object"
}

// parse reads exactly one JSON value. Numbers keep their digits.
func parse(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, &ReadError{Path: "$", Reason: "no JSON: " + err.Error()}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, &ReadError{Path: "$", Reason: "more than one JSON value"}
	}
	return value, nil
}

// read makes a value of a JSON text.
func read[T any](text []byte, into func(*reader, *place, any) T, drift func(string, any)) (T, error) {
	var none T
	value, err := parse(text)
	if err != nil {
		return none, err
	}
	r := &reader{drift: drift}
	made := into(r, nil, value)
	if r.wrong != nil {
		return none, r.wrong
	}
	return made, nil
}

// unmarshal is what every UnmarshalJSON does.
func unmarshal[T any](text []byte, target *T, into func(*reader, *place, any) T) error {
	made, err := read(text, into, nil)
	if err == nil {
		*target = made
	}
	return err
}

// object is a JSON object that is being read, field by field.
type object struct {
	fields map[string]any
	at     *place
	met    int
}

func (r *reader) object(at *place, value any) *object {
	fields, ok := value.(map[string]any)
	if !ok {
		r.expected(at, "an object", value)
		return nil
	}
	return &object{fields: fields, at: at}
}

// presence says whether a field may be missing or null.
type presence int

const (
	// optional fields may be missing.
	optional presence = iota
	// required fields may not.
	required
	// nullable fields may be missing, or null in the place of something empty.
	nullable
	// requiredNullable fields may only be null.
	requiredNullable
)

// field reads one field into its place, which holds the default.
func field[T any](r *reader, o *object, name string, is presence, into *T, read func(*reader, *place, any) T) {
	value, there := o.fields[name]
	if !there {
		if !r.lenient && (is == required || is == requiredNullable) {
			r.fail(o.at.key(name), "is missing")
		}
		return
	}
	o.met++
	if value == nil && (r.lenient || is >= nullable) {
		return
	}
	*into = read(r, o.at.key(name), value)
}

// constant reads the field by which a request says what it is.
func constant(r *reader, o *object, name, expected string) {
	value, there := o.fields[name]
	if !there {
		return
	}
	o.met++
	if value != expected {
		r.fail(o.at.key(name), "expected "+strconv.Quote(expected))
	}
}

// end tells of the fields that nobody has asked for.
func (r *reader) end(o *object, known ...string) {
	if r.drift == nil || o.met == len(o.fields) {
		return
	}
	names := make(map[string]bool, len(known))
	for _, name := range known {
		names[name] = true
	}
	for _, name := range sorted(o.fields) {
		if !names[name] {
			r.drift(o.at.key(name).String(), nil)
		}
	}
}

func readText(r *reader, at *place, value any) string {
	text, ok := value.(string)
	if !ok {
		r.expected(at, "a text", value)
	}
	return text
}

func readBoolean(r *reader, at *place, value any) bool {
	truth, ok := value.(bool)
	if !ok {
		r.expected(at, "a boolean", value)
	}
	return truth
}

func readInteger(r *reader, at *place, value any) int64 {
	digits, ok := value.(json.Number)
	if !ok {
		r.expected(at, "an integer", value)
		return 0
	}
	number, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		r.fail(at, "expected an integer of 64 bits, got "+string(digits))
	}
	return number
}

func readNumber(r *reader, at *place, value any) float64 {
	digits, ok := value.(json.Number)
	if !ok {
		r.expected(at, "a number", value)
		return 0
	}
	number, err := digits.Float64()
	if err != nil {
		r.fail(at, "expected a number of 64 bits, got "+string(digits))
	}
	return number
}

// readTime reads a point in time; the zero time stands for null, and for any time in the year 1 or before.
func readTime(r *reader, at *place, value any) time.Time {
	if value == nil {
		return time.Time{}
	}
	text, ok := value.(string)
	if !ok {
		r.expected(at, "a time", value)
		return time.Time{}
	}
	moment, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		r.fail(at, "expected a time as RFC 3339 with a zone")
	}
	if moment.Year() <= 1 {
		return time.Time{}
	}
	return moment
}

func readBytes(r *reader, at *place, value any) []byte {
	text, ok := value.(string)
	if !ok {
		r.expected(at, "base64", value)
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		r.fail(at, "expected base64")
	}
	return data
}

func readAny(_ *reader, _ *place, value any) any { return value }

func readNothing(_ *reader, _ *place, _ any) struct{} { return struct{}{} }

func readEnum[E interface {
	~int64
	Known() bool
}](r *reader, at *place, value any) E {
	member := E(readInteger(r, at, value))
	if r.drift != nil && !member.Known() {
		r.drift(at.String(), int64(member))
	}
	return member
}

func pointerTo[T any](read func(*reader, *place, any) T) func(*reader, *place, any) *T {
	return func(r *reader, at *place, value any) *T {
		if value == nil {
			return nil
		}
		made := read(r, at, value)
		return &made
	}
}

func listOf[T any](read func(*reader, *place, any) T) func(*reader, *place, any) []T {
	return func(r *reader, at *place, value any) []T {
		given, ok := value.([]any)
		if !ok {
			r.expected(at, "a list", value)
		}
		items := make([]T, len(given))
		for number, item := range given {
			items[number] = read(r, at.item(number), item)
		}
		return items
	}
}

func mapOf[T any](read func(*reader, *place, any) T) func(*reader, *place, any) map[string]T {
	return func(r *reader, at *place, value any) map[string]T {
		given, ok := value.(map[string]any)
		if !ok {
			r.expected(at, "an object", value)
		}
		entries := make(map[string]T, len(given))
		for key, item := range given {
			entries[key] = read(r, at.key(key), item)
		}
		return entries
	}
}

// orEmpty reads null as something empty.
func orEmpty[T any](empty T, read func(*reader, *place, any) T) func(*reader, *place, any) T {
	return func(r *reader, at *place, value any) T {
		if value == nil {
			return empty
		}
		return read(r, at, value)
	}
}

// As makes a T of a value of any type in an answer, such as an output of a process: numbers are held there as json.Number,
// which loses no digit, and lists and objects as []any and map[string]any.
func As[T any](value any) (T, error) {
	var made T
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &made)
	}
	if err != nil {
		return made, fmt.Errorf("no %T: %w", made, err)
	}
	return made, nil
}
