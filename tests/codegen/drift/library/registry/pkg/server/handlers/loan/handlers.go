package loan

import (
	"encoding/json"

	"example.org/library/pkg/core"
	"example.org/library/pkg/registry"
	"example.org/library/pkg/rpc"
)

type Server interface {
	SendHTTPReply(payloadType string, jsonString string)
	SendEmptyHTTPReply(payloadType string)
}

type Handlers struct {
	server Server
	loans  map[string]*core.Loan
}

func (h *Handlers) RegisterHandlers(handlers *registry.HandlerRegistry) error {
	if err := handlers.Register(rpc.ReturnBookPayloadType, h.HandleReturn); err != nil {
		return err
	}
	return handlers.RegisterWithRawRequest(rpc.AwaitLoanPayloadType, h.HandleAwait)
}

func (h *Handlers) HandleReturn(payloadType string, jsonString string) {
	if _, err := rpc.CreateReturnBookMsgFromJSON(jsonString); err != nil {
		return
	}
	h.server.SendEmptyHTTPReply(payloadType)
}

func (h *Handlers) HandleAwait(payloadType string, jsonString string) {
	var msg rpc.AwaitLoanMsg
	if err := json.Unmarshal([]byte(jsonString), &msg); err != nil {
		return
	}
	loan := h.loans[msg.Title]
	jsonString, _ = loan.ToJSON()
	h.server.SendHTTPReply(rpc.ReturnBookPayloadType, jsonString)
}

func (h *Handlers) HandleCount(payloadType string, jsonString string) {
	counts := make(map[string]int)
	jsonBytes, err := json.Marshal(counts)
	if err != nil {
		return
	}
	h.server.SendHTTPReply(payloadType, string(jsonBytes))
}
