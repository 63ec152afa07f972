package rpc

import (
	"encoding/json"

	"example.org/library/pkg/core"
)

const AddBookPayloadType = "addbookmsg"

type AddBookMsg struct {
	Book      *core.Book        `json:"book"`
	Languages []string          `json:"languages"`
	Kind      core.Genre        `json:"kind"`
	Force     bool              `json:"force"`
	Scan      []byte            `json:"scan"`
	Options   map[string]string `json:"options"`
	MsgType string `json:"msgtype"`
}

func CreateAddBookMsgFromJSON(jsonString string) (*AddBookMsg, error) {
	var msg *AddBookMsg
	err := json.Unmarshal([]byte(jsonString), &msg)
	return msg, err
}
