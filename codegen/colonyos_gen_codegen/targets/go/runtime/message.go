// Written by hand, and copied as it is into what `python -m codegen generate` makes. Do not edit the copy.

package colonyos

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Role says who may sign a message.
type Role string

// Idempotency says what happens when a message arrives twice.
type Idempotency string

// Message describes one message of the protocol.
type Message struct {
	// MsgType is its type on the wire.
	MsgType string

	// PayloadType is the type that a successful reply carries.
	PayloadType string

	// Method is the call that sends it, as the schema names it.
	Method string

	// Domain is the part of the protocol that it belongs to.
	Domain string

	// Streams tells whether it is sent over a WebSocket and answered again and again.
	Streams bool

	// Roles may sign it, the usual one first.
	Roles []Role

	// Idempotency says whether it may be sent twice.
	Idempotency Idempotency

	// WhenNull is what null means in the place of a reply, if it is a failure in disguise.
	WhenNull Code

	// WhenEmpty is what an empty body means under status 200, if the server answers so.
	WhenEmpty Code

	// Errors are the ways in which it is refused.
	Errors []Refusal

	request func(*reader, *place, any) request
	reply   func(*reader, *place, any) any
	replies bool
}

// request is what all requests of the schema are.
type request interface {
	describe() *Message
	check(c *checker, at *place)
}

func asRequest[T any, P interface {
	*T
	request
}](read func(*reader, *place, any) T) func(*reader, *place, any) request {
	return func(r *reader, at *place, value any) request {
		made := read(r, at, value)
		return P(&made)
	}
}

func asReply[T any](read func(*reader, *place, any) T) func(*reader, *place, any) any {
	return func(r *reader, at *place, value any) any { return read(r, at, value) }
}

// Lookup finds a message by its type on the wire; nil if the schema has none.
func Lookup(msgType string) *Message { return messagesByType[msgType] }

// Messages returns all messages, by their types in alphabetical order.
func Messages() []*Message {
	all := make([]*Message, 0, len(messagesByType))
	for _, name := range sorted(messagesByType) {
		all = append(all, messagesByType[name])
	}
	return all
}

// ReadRequest makes a request of the JSON of its payload. Errors are of type *ReadError.
func (m *Message) ReadRequest(payload []byte) (any, error) { return read(payload, m.request, nil) }

// ReadReply makes a reply of the JSON of its payload; nil for a message without a result. Errors are of type *ReadError.
func (m *Message) ReadReply(payload []byte) (any, error) {
	if !m.replies {
		return nil, nil
	}
	return read(payload, m.reply, nil)
}

// WriteRequest makes the payload that is signed of the JSON of what a caller sets; the rest gets its defaults.
// Errors are of type *ReadError, or *LimitError for what would not be sent.
func (m *Message) WriteRequest(fields []byte) ([]byte, error) {
	made, err := read(fields, m.request, nil)
	if err != nil {
		return nil, err
	}
	return written(made)
}

// OpenReply reads the body of an HTTP response; nil for a message without a result. Errors are of type *Error for a
// refusal, and else *ReplyError.
func (m *Message) OpenReply(status int, body []byte) (any, error) {
	if !m.replies {
		_, err := open(m, status, body, readNothing, nil)
		return nil, err
	}
	return open(m, status, body, m.reply, nil)
}

// Seal puts a payload into an envelope, signed by key; nil leaves the signature empty.
func (m *Message) Seal(payload []byte, key *Key) []byte {
	text := base64.StdEncoding.EncodeToString(payload)
	signature := ""
	if key != nil {
		signature = key.Sign([]byte(text))
	}
	// Types, base64 and hexadecimal digits need no escaping.
	return fmt.Appendf(nil, `{"payloadtype":"%s","payload":"%s","signature":"%s"}`, m.MsgType, text, signature)
}

// mayRepeat tells whether a request may be sent again when nobody knows if it arrived.
func (m *Message) mayRepeat(r request) bool {
	if m.Idempotency == "unsafe" {
		return false
	}
	sometimes, ok := r.(interface{ unsafe() bool })
	return !ok || !sometimes.unsafe()
}

// key picks the key that signs.
func (m *Message) key(keys *Keys) (*Key, error) {
	for _, role := range m.Roles {
		if key := keys.of(role); key != nil {
			return key, nil
		}
	}
	if slices.Contains(m.Roles, "none") {
		return nil, nil
	}
	return nil, &KeyError{Method: m.Method, Roles: m.Roles}
}

// written is a request as JSON, if it keeps to the limits.
func written(r request) ([]byte, error) {
	c := &checker{}
	r.check(c, nil)
	if c.wrong != nil {
		return nil, c.wrong
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", r.describe().Method, err)
	}
	return text, nil
}

// envelope is what a reply comes in.
type envelope struct {
	payloadType string
	payload     []byte
	failed      bool
}

func envelopeIn(r *reader, at *place, value any) envelope {
	var v envelope
	if o := r.object(at, value); o != nil {
		field(r, o, "payloadtype", required, &v.payloadType, readText)
		field(r, o, "payload", required, &v.payload, readBytes)
		field(r, o, "error", optional, &v.failed, readBoolean)
	}
	return v
}

type failure struct {
	status  int64
	message string
}

func failureIn(r *reader, at *place, value any) failure {
	var v failure
	if o := r.object(at, value); o != nil {
		field(r, o, "status", optional, &v.status, readInteger)
		field(r, o, "message", optional, &v.message, readText)
	}
	return v
}

// open is the reply to a message, or the error that the body stands for.
func open[T any](m *Message, status int, body []byte, into func(*reader, *place, any) T, drift func(string, any)) (T, error) {
	var none T
	wrong := func(reason string, err error) error {
		return &ReplyError{Method: m.Method, Status: status, Reason: reason, Err: err}
	}
	if len(body) == 0 {
		switch {
		case status == http.StatusOK && m.WhenEmpty != "":
			return none, &Error{Code: m.WhenEmpty, Status: status, Message: "the server answered with an empty body", Method: m.Method}
		case status >= http.StatusInternalServerError:
			return none, &Error{Code: "server_fault", Status: status, Message: "the server failed and sent an empty body", Method: m.Method}
		}
		return none, wrong("the server sent an empty body", nil)
	}
	// Some failures write two envelopes back to back; the first one counts.
	var first json.RawMessage
	var sent envelope
	err := json.NewDecoder(bytes.NewReader(body)).Decode(&first)
	if err == nil {
		sent, err = read(first, envelopeIn, nil)
	}
	if err != nil {
		start := strings.Join(strings.Fields(string(body[:min(len(body), 120)])), " ")
		if status >= http.StatusInternalServerError {
			return none, &Error{Code: "server_fault", Status: status, Message: fmt.Sprintf("no reply but %q", start), Method: m.Method}
		}
		return none, wrong(fmt.Sprintf("not a reply: %q; is there such a server behind this address?", start), nil)
	}
	if sent.failed {
		told, err := read(sent.payload, failureIn, nil)
		if err != nil {
			return none, wrong("an error reply that cannot be read", err)
		}
		if told.status != 0 {
			status = int(told.status)
		}
		return none, m.refusal(status, told.message)
	}
	if status != http.StatusOK {
		return none, wrong("a reply without the error flag came under an error status", nil)
	}
	if sent.payloadType != m.PayloadType {
		return none, wrong(fmt.Sprintf("the reply is a %q; expected %q", sent.payloadType, m.PayloadType), nil)
	}
	if m.WhenNull != "" && string(bytes.TrimSpace(sent.payload)) == "null" {
		return none, &Error{Code: m.WhenNull, Status: status, Message: "the server answered null: it refused the data", Method: m.Method}
	}
	if !m.replies {
		return none, nil
	}
	made, err := read(sent.payload, into, drift)
	if err != nil {
		return none, wrong("the payload does not fit the schema", err)
	}
	return made, nil
}

// errNil says that a call was given no object.
var errNil = errors.New("must not be nil")
