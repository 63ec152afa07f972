package backends

import (
	"example.org/library/pkg/rpc"
	"github.com/gorilla/websocket"
)

type RealtimeHandler struct {
	conn *websocket.Conn
}

func (h *RealtimeHandler) HandleRequest(data string) {
	rpcMsg, err := rpc.CreateRPCMsgFromJSON(data)
	if err != nil {
		return
	}
	switch rpcMsg.PayloadType {
	case rpc.WatchBookPayloadType:
		h.handleWatchBook(rpcMsg)
	}
}

func (h *RealtimeHandler) handleWatchBook(rpcMsg *rpc.RPCMsg) {
	msg, err := rpc.CreateWatchBookMsgFromJSON(rpcMsg.Payload)
	if err != nil || msg.MsgType != rpcMsg.PayloadType {
		return
	}
}
