package rpc

import (
	"encoding/json"
	"time"
)

const ReturnBookPayloadType = "returnbookmsg"

type ReturnBookMsg struct {
	Loan  string    `json:"loan"`
	When  time.Time `json:"when"`
	Clean bool      `json:"clean"`
	MsgType string `json:"msgtype"`
}

func CreateReturnBookMsgFromJSON(jsonString string) (*ReturnBookMsg, error) {
	var msg *ReturnBookMsg
	err := json.Unmarshal([]byte(jsonString), &msg)
	return msg, err
}
