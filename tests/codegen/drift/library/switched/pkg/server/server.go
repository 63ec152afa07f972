package server

import (
	"encoding/json"

	"example.org/library/pkg/core"
	"example.org/library/pkg/rpc"
	"github.com/gorilla/websocket"
)

type LibraryServer struct {
	books []*core.Book
	conn  *websocket.Conn
}

func (server *LibraryServer) handleAPIRequest(body string) {
	rpcMsg, err := rpc.CreateRPCMsgFromJSON(body)
	if err != nil {
		return
	}
	if rpcMsg.PayloadType == rpc.CountLoansPayloadType {
		server.handleCountLoansHTTPRequest(rpcMsg.PayloadType, rpcMsg.Payload)
		return
	}

	switch rpcMsg.PayloadType {

	// Books
	case rpc.AddBookPayloadType:
		server.handleAddBookHTTPRequest(rpcMsg.PayloadType, rpcMsg.Payload)
	case rpc.GetBooksPayloadType:
		server.handleGetBooksHTTPRequest(rpcMsg.PayloadType, rpcMsg.Payload)

	// Loans
	case rpc.ReturnBookPayloadType:
		server.handleReturnBookHTTPRequest(rpcMsg.PayloadType, rpcMsg.Payload)
	case rpc.AwaitLoanPayloadType:
		server.handleAwaitLoanHTTPRequest(rpcMsg.PayloadType, rpcMsg.Payload)
	default:
		return
	}
}

func (server *LibraryServer) handleWSRequest(data string) {
	rpcMsg, err := rpc.CreateRPCMsgFromJSON(data)
	if err != nil {
		return
	}
	switch rpcMsg.PayloadType {
	case rpc.WatchBookPayloadType:
		msg, err := rpc.CreateWatchBookMsgFromJSON(rpcMsg.Payload)
		if err != nil || msg.MsgType != rpcMsg.PayloadType {
			return
		}
	}
}

func (server *LibraryServer) handleAddBookHTTPRequest(payloadType string, jsonString string) {
	msg, err := rpc.CreateAddBookMsgFromJSON(jsonString)
	if err != nil {
		return
	}
	book := &core.Book{Title: msg.Book.Title}
	jsonString, err = book.ToJSON()
	if err != nil {
		return
	}
	server.sendHTTPReply(payloadType, jsonString)
}

func (server *LibraryServer) handleGetBooksHTTPRequest(payloadType string, jsonString string) {
	if _, err := rpc.CreateGetBooksMsgFromJSON(jsonString); err != nil {
		return
	}
	jsonString, err := core.ConvertBookArrayToJSON(server.books)
	if err != nil {
		return
	}
	server.sendHTTPReply(payloadType, jsonString)
}

func (server *LibraryServer) handleReturnBookHTTPRequest(payloadType string, jsonString string) {
	if _, err := rpc.CreateReturnBookMsgFromJSON(jsonString); err != nil {
		return
	}
	server.sendEmptyHTTPReply(payloadType)
}

func (server *LibraryServer) handleAwaitLoanHTTPRequest(payloadType string, jsonString string) {
	if _, err := rpc.CreateAwaitLoanMsgFromJSON(jsonString); err != nil {
		return
	}
	var loan core.Loan
	jsonString, _ = loan.ToJSON()
	server.sendHTTPReply(rpc.ReturnBookPayloadType, jsonString)
}

func (server *LibraryServer) handleCountLoansHTTPRequest(payloadType string, jsonString string) {
	jsonBytes, _ := json.Marshal(map[string]int{})
	server.sendHTTPReply(payloadType, string(jsonBytes))
}

func (server *LibraryServer) sendHTTPReply(payloadType string, jsonString string)  {}
func (server *LibraryServer) sendEmptyHTTPReply(payloadType string)                {}
