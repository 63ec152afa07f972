package rpc

import (
	"encoding/json"
)

const CountLoansPayloadType = "countloansmsg"

type CountLoansMsg struct {
	MsgType string `json:"msgtype"`
}

func CreateCountLoansMsgFromJSON(jsonString string) (*CountLoansMsg, error) {
	var msg *CountLoansMsg
	err := json.Unmarshal([]byte(jsonString), &msg)
	return msg, err
}
