package rpc

import (
	"encoding/json"
)

const WatchBookPayloadType = "watchbookmsg"

type WatchBookMsg struct {
	Title   string `json:"title"`
	Timeout int    `json:"timeout"`
	MsgType string `json:"msgtype"`
}

func CreateWatchBookMsgFromJSON(jsonString string) (*WatchBookMsg, error) {
	var msg *WatchBookMsg
	err := json.Unmarshal([]byte(jsonString), &msg)
	return msg, err
}
