package rpc

const ErrorPayloadType = "error"

type RPCMsg struct {
	Signature   string `json:"signature"`
	PayloadType string `json:"payloadtype"`
	Payload     string `json:"payload"`
}

type RPCReplyMsg struct {
	PayloadType string `json:"payloadtype"`
	Payload     string `json:"payload"`
}

func CreateRPCMsgFromJSON(jsonString string) (*RPCMsg, error) {
	return nil, nil
}

func CreateRPCReplyMsgFromJSON(jsonString string) (*RPCReplyMsg, error) {
	return nil, nil
}
