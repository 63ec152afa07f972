// Written by hand, and copied as it is into what `python -m codegen generate` makes. Do not edit the copy.

package colonyos

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// Code says what an error means to the caller; the status alone does not tell. A code is an error itself, so that
// errors.Is(err, CodeNotFound) finds out whether err is a refusal of that kind.
type Code string

// Error is the code in words.
func (c Code) Error() string { return strings.ReplaceAll(string(c), "_", " ") }

// CodeOf returns the code of a refusal, and "" for any other error.
func CodeOf(err error) Code {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}

// Error is the answer of a server that refused a request, or that failed.
type Error struct {
	// Code says what it means.
	Code Code

	// Status is the HTTP status, as the server tells it.
	Status int

	// Message is the text of the server.
	Message string

	// Name is that of the error in the schema; empty for a text that the schema does not know.
	Name string

	// Method is the call that was refused.
	Method string
}

// Error names the call, the code and the status, and has the words of the server.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (%s, status %d)", e.Method, e.Message, e.Code.Error(), e.Status)
}

// Is tells whether target is the code of this error.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// ReplyError says that what came is no reply to the request: not from such a server, or not as the schema says.
type ReplyError struct {
	// Method is the call.
	Method string

	// Status is the HTTP status of the response.
	Status int

	// Reason says what is wrong.
	Reason string

	// Err is a *ReadError if the payload does not fit the schema; else nil.
	Err error
}

// Error names the call and what is wrong with its reply.
func (e *ReplyError) Error() string {
	text := fmt.Sprintf("%s: %s (status %d)", e.Method, e.Reason, e.Status)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *ReplyError) Unwrap() error { return e.Err }

// ConnectionError says that the server could not be reached, or that the connection broke.
type ConnectionError struct {
	// Address is where the server was looked for.
	Address string

	// Err is the cause.
	Err error
}

// Error names the address and the cause.
func (e *ConnectionError) Error() string {
	return fmt.Sprintf("no connection to %s: %v", e.Address, e.Err)
}

// Unwrap returns the cause.
func (e *ConnectionError) Unwrap() error { return e.Err }

// KeyError says that the client has no key that may sign the message.
type KeyError struct {
	// Method is the call.
	Method string

	// Roles are those who may sign.
	Roles []Role
}

// Error names the call and who may sign it.
func (e *KeyError) Error() string {
	names := make([]string, len(e.Roles))
	for i, role := range e.Roles {
		names[i] = strings.ReplaceAll(string(role), "_", " ")
	}
	return fmt.Sprintf("%s is signed by: %s; set that key in Options.Keys", e.Method, strings.Join(names, " or "))
}

// HazardError refuses a request that harms the server or others, unless the caller sets Hazardous.
type HazardError struct {
	// Method is the call.
	Method string

	// Hazard is its name in the schema.
	Hazard string

	// Effect says what happens.
	Effect string
}

// Error names the call and the hazard.
func (e *HazardError) Error() string {
	return fmt.Sprintf("%s: %s: %s; set Hazardous to send it all the same", e.Method, e.Hazard, e.Effect)
}

// Refusal is one way in which a server refuses a message.
type Refusal struct {
	// Name is its name in the schema.
	Name string

	// Code says what it means.
	Code Code

	// Status is the HTTP status.
	Status int

	// Text is what the server says, with {placeholders}.
	Text string
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// matches tells whether a reply with this status and text is this refusal.
func (r *Refusal) matches(status int, message string) bool {
	if status != r.Status {
		return false
	}
	parts := placeholder.Split(r.Text, -1)
	last := len(parts) - 1
	if last == 0 {
		return message == r.Text
	}
	rest, ok := strings.CutPrefix(message, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:last] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[last])
}

// refusal is the error for an answer with this status and text; of those in the schema, the one with the most words of its own
// counts.
func (m *Message) refusal(status int, message string) *Error {
	made := &Error{Status: status, Message: message, Method: m.Method}
	best := -1
	for _, known := range [][]Refusal{m.Errors, envelopeErrors} {
		for _, refusal := range known {
			own := len(placeholder.ReplaceAllString(refusal.Text, ""))
			if own > best && refusal.matches(status, message) {
				best, made.Code, made.Name = own, refusal.Code, refusal.Name
			}
		}
	}
	if best < 0 {
		made.Code = codeOfStatus(status)
	}
	return made
}

func codeOfStatus(status int) Code {
	switch {
	case status == http.StatusForbidden:
		return "denied"
	case status == http.StatusNotFound:
		return "not_found"
	case status == http.StatusConflict:
		return "conflict"
	case status == http.StatusTooManyRequests:
		return "rate_limited"
	case status >= http.StatusInternalServerError:
		return "server_fault"
	}
	return "invalid"
}
