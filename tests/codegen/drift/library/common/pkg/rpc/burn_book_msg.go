package rpc

import (
	"encoding/json"
)

const BurnBookPayloadType = "burnbookmsg"

type BurnBookMsg struct {
	Title string `json:"title"`
	MsgType string `json:"msgtype"`
}

func CreateBurnBookMsgFromJSON(jsonString string) (*BurnBookMsg, error) {
	var msg *BurnBookMsg
	err := json.Unmarshal([]byte(jsonString), &msg)
	return msg, err
}
