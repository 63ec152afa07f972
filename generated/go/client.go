// Written by hand, and copied as it is into what `python -m codegen generate` makes. Do not edit the copy.

package colonyos

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"reflect"
	"time"
)

const (
	defaultTimeout = 30 * time.Second
	defaultRetries = 2
	firstPause     = 200 * time.Millisecond
)

// Options say where the server is, and how to talk to it.
type Options struct {
	// URL is the address of the server, such as http://localhost:50080; empty for DefaultURL.
	URL string

	// Keys sign the requests; of each message the schema says which.
	Keys Keys

	// Timeout is how long a call may take, besides the time for which it asks the server to hold back its answer;
	// 0 for 30 seconds. A deadline of the context counts as well.
	Timeout time.Duration

	// Retries is how often a request is repeated when the connection breaks, if it may be repeated; 0 for 2, and a
	// negative number for never.
	Retries int

	// OnDrift is told of everything in replies that the schema does not know; nil for nobody. Such replies are read all
	// the same.
	OnDrift func(Drift)

	// Transport carries the requests; nil for HTTP and WebSockets.
	Transport Transport
}

// Client calls a server. It may be used by several goroutines at once.
type Client struct {
	options   Options
	transport Transport
}

// NewClient makes a client. It connects when it is used.
func NewClient(options Options) *Client {
	if options.URL == "" {
		options.URL = DefaultURL
	}
	if options.Timeout == 0 {
		options.Timeout = defaultTimeout
	}
	if options.Retries == 0 {
		options.Retries = defaultRetries
	}
	if options.Transport == nil {
		options.Transport = NewHTTPTransport(options.URL, nil)
	}
	return &Client{options: options, transport: options.Transport}
}

// WithKeys returns a client that signs with other keys over the same connections.
func (c *Client) WithKeys(keys Keys) *Client {
	changed := *c
	changed.options.Keys = keys
	return &changed
}

// sealed is the envelope of a request.
func (c *Client) sealed(r request, hazardous bool) ([]byte, error) {
	m := r.describe()
	payload, err := written(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Method, err)
	}
	if harmful, ok := r.(interface{ hazard() (string, string) }); ok && !hazardous {
		if name, effect := harmful.hazard(); name != "" {
			return nil, &HazardError{Method: m.Method, Hazard: name, Effect: effect}
		}
	}
	key, err := m.key(&c.options.Keys)
	if err != nil {
		return nil, err
	}
	return m.Seal(payload, key), nil
}

// drift tells of what is unknown in the reply to a message.
func (c *Client) drift(m *Message) func(string, any) {
	if c.options.OnDrift == nil {
		return nil
	}
	return func(path string, value any) { c.options.OnDrift(Drift{Message: m.MsgType, Path: path, Value: value}) }
}

// call sends a request, again where that is allowed, and reads the reply.
func call[T any](ctx context.Context, c *Client, r request, hazardous bool, into func(*reader, *place, any) T) (T, error) {
	var none T
	m := r.describe()
	body, err := c.sealed(r, hazardous)
	if err != nil {
		return none, err
	}
	patience := c.options.Timeout
	if held, ok := r.(interface{ held() time.Duration }); ok {
		patience += held.held()
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	retries := 0
	if m.mayRepeat(r) {
		retries = c.options.Retries
	}
	pause := firstPause
	for attempt := 0; ; attempt++ {
		status, reply, err := c.transport.Post(ctx, body)
		if err == nil {
			return open(m, status, reply, into, c.drift(m))
		}
		var broken *ConnectionError
		if attempt >= retries || ctx.Err() != nil || !errors.As(err, &broken) {
			return none, fmt.Errorf("%s: %w", m.Method, err)
		}
		select {
		case <-ctx.Done():
			return none, fmt.Errorf("%s: %w", m.Method, err)
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
		pause *= 2
	}
}

// callFor is call for a reply that is an object.
func callFor[T any](ctx context.Context, c *Client, r request, hazardous bool, into func(*reader, *place, any) T) (*T, error) {
	made, err := call(ctx, c, r, hazardous, into)
	if err != nil {
		return nil, err
	}
	return &made, nil
}

// do is call for a message without a result.
func do(ctx context.Context, c *Client, r request, hazardous bool) error {
	_, err := call(ctx, c, r, hazardous, readNothing)
	return err
}

// subscribe opens a connection for one subscription, and yields what comes. An empty list ends it.
func subscribe[T any](ctx context.Context, c *Client, r request, hazardous bool, into func(*reader, *place, any) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		m := r.describe()
		body, err := c.sealed(r, hazardous)
		if err != nil {
			yield(none, err)
			return
		}
		connection, err := c.transport.Dial(ctx)
		if err == nil {
			defer func() { _ = connection.Close() }()
			err = connection.Send(ctx, body)
		}
		for err == nil {
			var frame []byte
			if frame, err = connection.Receive(ctx); err != nil {
				break
			}
			var made T
			if made, err = open(m, 200, frame, into, c.drift(m)); err != nil {
				yield(none, err)
				return
			}
			if isEmptyList(made) || !yield(made, nil) {
				return
			}
		}
		if !errors.Is(err, ErrClosed) {
			yield(none, fmt.Errorf("%s: %w", m.Method, err))
		}
	}
}

func isEmptyList(value any) bool {
	given := reflect.ValueOf(value)
	return given.Kind() == reflect.Slice && given.Len() == 0
}

// missing is the error for an object that a call was not given.
func missing(method, name string) error { return fmt.Errorf("%s: %s %w", method, name, errNil) }

// refused is a subscription that ends at once.
func refused[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}
