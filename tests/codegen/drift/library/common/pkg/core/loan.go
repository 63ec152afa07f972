package core

import (
	"encoding/json"
	"time"
)

type Loan struct {
	ID   string    `json:"loanid"`
	Book *Book     `json:"book"`
	Due  time.Time `json:"due"`
}

func (loan *Loan) ToJSON() (string, error) {
	jsonBytes, err := json.Marshal(loan)
	return string(jsonBytes), err
}

// Shelf is never sent, though it has tags.
type Shelf struct {
	Books []*Book `json:"books"`
}
