package rpc

import (
	"encoding/json"
)

const GetBooksPayloadType = "getbooksmsg"

type GetBooksMsg struct {
	Author string `json:"author"`
	Count  int    `json:"count"`
	MsgType string `json:"msgtype"`
}

func CreateGetBooksMsgFromJSON(jsonString string) (*GetBooksMsg, error) {
	var msg *GetBooksMsg
	err := json.Unmarshal([]byte(jsonString), &msg)
	return msg, err
}
