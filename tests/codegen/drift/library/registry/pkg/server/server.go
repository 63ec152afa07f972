package server

import (
	"example.org/library/pkg/registry"
	"example.org/library/pkg/rpc"
	libraryhandlers "example.org/library/pkg/server/handlers/library"
	"example.org/library/pkg/server/handlers/loan"
)

type Server struct {
	registry *registry.HandlerRegistry
	books    *libraryhandlers.Handlers
	loans    *loan.Handlers
}

func (server *Server) registerHandlers() {
	if err := server.books.RegisterHandlers(server.registry); err != nil {
		panic(err)
	}
	if err := server.loans.RegisterHandlers(server.registry); err != nil {
		panic(err)
	}
}

func (server *Server) handleAPIRequest(body string) {
	rpcMsg, err := rpc.CreateRPCMsgFromJSON(body)
	if err != nil {
		return
	}
	if rpcMsg.PayloadType == rpc.CountLoansPayloadType {
		server.loans.HandleCount(rpcMsg.PayloadType, rpcMsg.Payload)
		return
	}
}

func (server *Server) relay(body string) {
	reply, _ := rpc.CreateRPCReplyMsgFromJSON(body)
	if reply.PayloadType == rpc.BurnBookPayloadType {
		return
	}
}
