package rpc

import (
	"encoding/json"

	"example.org/library/pkg/core"
)

const AwaitLoanPayloadType = "awaitloanmsg"

type AwaitLoanMsg struct {
	Title   string     `json:"title"`
	Timeout int        `json:"timeout"`
	Cover   core.Cover `json:"cover"`
	MsgType string `json:"msgtype"`
}

func CreateAwaitLoanMsgFromJSON(jsonString string) (*AwaitLoanMsg, error) {
	var msg *AwaitLoanMsg
	err := json.Unmarshal([]byte(jsonString), &msg)
	return msg, err
}
