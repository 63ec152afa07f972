// Written by hand, and copied as it is into what `python -m codegen generate` makes. Do not edit the copy.

package colonyos

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// LimitError refuses a request before it is sent: a value breaks a limit of the schema, or the server would change it.
type LimitError struct {
	// Field leads to the value, such as $.spec.priority.
	Field string

	// Value is what it holds; "(not shown)" for secrets.
	Value any

	// Rule says what it must be.
	Rule string
}

// Error names the field, its value and what it must be.
func (e *LimitError) Error() string {
	value := fmt.Sprintf("%#v", e.Value)
	if len(value) > 200 {
		value = strings.ToValidUTF8(value[:200], "") + "..."
	}
	return fmt.Sprintf("%s must be %s, not %s", e.Field, e.Rule, value)
}

// checker remembers what breaks a limit first.
type checker struct{ wrong *LimitError }

func (c *checker) refuse(at *place, value any, rule string) {
	if c.wrong == nil {
		c.wrong = &LimitError{Field: at.String(), Value: value, Rule: rule}
	}
}

// hidden stands for the value of a secret.
const hidden = "(not shown)"

func (c *checker) text(at *place, text string, shown any) {
	if !utf8.ValidString(text) {
		c.refuse(at, shown, "text in UTF-8")
	}
}

func (c *checker) pattern(at *place, text string, shown any, pattern *regexp.Regexp, rule string) {
	if !pattern.MatchString(text) {
		c.refuse(at, shown, rule)
	}
}

func (c *checker) number(at *place, number float64) {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		c.refuse(at, number, "a finite number")
	}
}

// any looks for what JSON has no word for, and for integers that the server would change, as it keeps them as floats.
func (c *checker) any(at *place, value any) {
	switch value.(type) {
	case nil, bool:
		return
	}
	text, err := json.Marshal(value)
	if err != nil {
		c.refuse(at, value, "a value that can be written as JSON: "+err.Error())
		return
	}
	plain, err := parse(text)
	if err != nil {
		c.refuse(at, value, "a value that can be written as JSON: "+err.Error())
		return
	}
	c.plain(at, plain)
}

func (c *checker) plain(at *place, value any) {
	switch value := value.(type) {
	case json.Number:
		if whole, ok := new(big.Int).SetString(string(value), 10); ok {
			number, _ := new(big.Float).SetInt(whole).Float64()
			if exact, _ := big.NewFloat(0).SetString(string(value)); math.IsInf(number, 0) || exact.Cmp(big.NewFloat(number)) != 0 {
				c.refuse(at, value, "an integer that a 64-bit float holds; send it as a text")
			}
		}
	case []any:
		for number, item := range value {
			c.plain(at.item(number), item)
		}
	case map[string]any:
		for _, key := range sorted(value) {
			c.plain(at.key(key), value[key])
		}
	}
}

func (c *checker) anyList(at *place, values []any) {
	for number, value := range values {
		c.any(at.item(number), value)
	}
}

func (c *checker) anyMap(at *place, values map[string]any) {
	for _, key := range sorted(values) {
		c.any(at.key(key), values[key])
	}
}

// inText checks what a text is the JSON of. A text that is no such JSON is left to the server.
func inText[T any](c *checker, at *place, text string, into func(*reader, *place, any) T, check func(*T, *checker, *place)) {
	plain, err := parse([]byte(text))
	if err != nil {
		return
	}
	r := &reader{lenient: true}
	if value := into(r, nil, plain); r.wrong == nil {
		check(&value, c, at)
	}
}

func sorted[V any](entries map[string]V) []string { return slices.Sorted(maps.Keys(entries)) }

func sizeOf[T string | []byte](value T) string { return fmt.Sprintf("%d bytes", len(value)) }
