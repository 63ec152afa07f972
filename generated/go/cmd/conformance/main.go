// Written by hand, and copied as it is into what `python -m codegen generate` makes. Do not edit the copy.

// Command conformance is a driver for `colonyos-gen conformance --client`: it answers test vectors, one a line.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"colonyos"
)

type vector struct {
	ID        json.RawMessage `json:"id"`
	Op        string          `json:"op"`
	Message   string          `json:"message"`
	Text      string          `json:"text"`
	Status    int             `json:"status"`
	Body      string          `json:"body"`
	Key       string          `json:"key"`
	Payload   string          `json:"payload"`
	Signature string          `json:"signature"`
}

type answer map[string]any

func main() {
	if err := drive(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// drive answers each line until the input ends.
func drive(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var asked vector
			if err := json.Unmarshal(line, &asked); err != nil {
				return fmt.Errorf("no vector: %w", err)
			}
			made := made(&asked)
			made["id"] = asked.ID
			text, err := json.Marshal(made)
			if err != nil {
				return fmt.Errorf("vector %s: %w", asked.ID, err)
			}
			if _, err := out.Write(append(text, '\n')); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func made(asked *vector) answer {
	switch asked.Op {
	case "identity":
		key, err := colonyos.ParseKey(asked.Key)
		if err != nil {
			return failed(err)
		}
		return answer{"identity": key.Identity()}
	case "recover":
		identity, err := colonyos.Recover([]byte(asked.Payload), asked.Signature)
		if err != nil {
			return failed(err)
		}
		return answer{"identity": identity}
	}
	message := colonyos.Lookup(asked.Message)
	if message == nil {
		return answer{"unsupported": true}
	}
	switch asked.Op {
	case "read_reply":
		return value(message.ReadReply([]byte(asked.Text)))
	case "read_request":
		return value(message.ReadRequest([]byte(asked.Text)))
	case "read_response":
		return value(message.OpenReply(asked.Status, []byte(asked.Body)))
	case "write_request":
		text, err := message.WriteRequest([]byte(asked.Text))
		if err != nil {
			return failed(err)
		}
		return answer{"text": string(text)}
	case "sign":
		key, err := colonyos.ParseKey(asked.Key)
		if err != nil {
			return failed(err)
		}
		return answer{"envelope": string(message.Seal([]byte(asked.Text), key))}
	}
	return answer{"unsupported": true}
}

func value(read any, err error) answer {
	if err != nil {
		return failed(err)
	}
	return answer{"value": read}
}

func failed(err error) answer {
	var refusal *colonyos.Error
	if errors.As(err, &refusal) {
		return answer{"error": answer{
			"kind":    "refused",
			"code":    strings.ToUpper(string(refusal.Code)),
			"status":  refusal.Status,
			"message": refusal.Message,
		}}
	}
	told := answer{"kind": "invalid"}
	var unread *colonyos.ReadError
	if errors.As(err, &unread) {
		told["path"] = unread.Path
	}
	return answer{"error": told}
}
