// Written by hand, and copied as it is into what `python -m codegen generate` makes. Do not edit the copy.

package colonyos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// ErrClosed says that the server has closed a subscription in an orderly way.
var ErrClosed = errors.New("closed by the server")

// Transport carries envelopes to a server. Errors of the network are of type *ConnectionError.
type Transport interface {
	// Post sends a request, and returns the status and the body of the answer.
	Post(ctx context.Context, body []byte) (status int, reply []byte, err error)

	// Dial opens a connection for one subscription.
	Dial(ctx context.Context) (Connection, error)
}

// Connection is a WebSocket for one subscription.
type Connection interface {
	// Send sends the request.
	Send(ctx context.Context, body []byte) error

	// Receive waits for the next frame; ErrClosed when there will be none.
	Receive(ctx context.Context) ([]byte, error)

	// Close ends the connection at once.
	Close() error
}

// HTTPTransport is a Transport over HTTP, with a WebSocket for each subscription.
type HTTPTransport struct {
	url    string
	client *http.Client
}

// NewHTTPTransport makes one for the server at url; a client of nil stands for one that follows no redirect.
func NewHTTPTransport(url string, client *http.Client) *HTTPTransport {
	if client == nil {
		client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return &HTTPTransport{url: strings.TrimRight(url, "/"), client: client}
}

// Post sends a request.
func (t *HTTPTransport) Post(ctx context.Context, body []byte) (int, []byte, error) {
	asked, err := http.NewRequestWithContext(ctx, APIMethod, t.url+APIPath, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("%q is no address of a server: %w", t.url, err)
	}
	asked.Header.Set("Content-Type", "application/json")
	answered, err := t.client.Do(asked)
	if err != nil {
		return 0, nil, t.broken(ctx, err)
	}
	defer func() { _ = answered.Body.Close() }()
	reply, err := io.ReadAll(answered.Body)
	if err != nil {
		return 0, nil, t.broken(ctx, err)
	}
	return answered.StatusCode, reply, nil
}

// Dial opens a WebSocket.
func (t *HTTPTransport) Dial(ctx context.Context) (Connection, error) {
	socket, answered, err := websocket.Dial(ctx, t.url+PubSubPath, &websocket.DialOptions{HTTPClient: t.client})
	if answered != nil && answered.Body != nil {
		_ = answered.Body.Close()
	}
	if err != nil {
		return nil, t.broken(ctx, err)
	}
	socket.SetReadLimit(-1)
	return &webSocket{transport: t, socket: socket}, nil
}

func (t *HTTPTransport) broken(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	return &ConnectionError{Address: t.url, Err: err}
}

type webSocket struct {
	transport *HTTPTransport
	socket    *websocket.Conn
}

func (w *webSocket) Send(ctx context.Context, body []byte) error {
	if err := w.socket.Write(ctx, websocket.MessageText, body); err != nil {
		return w.transport.broken(ctx, err)
	}
	return nil
}

func (w *webSocket) Receive(ctx context.Context) ([]byte, error) {
	_, frame, err := w.socket.Read(ctx)
	if err == nil {
		return frame, nil
	}
	switch websocket.CloseStatus(err) {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway:
		return nil, ErrClosed
	}
	return nil, w.transport.broken(ctx, err)
}

func (w *webSocket) Close() error { return w.socket.CloseNow() }
