package library

import (
	"example.org/library/pkg/core"
	"example.org/library/pkg/registry"
	"example.org/library/pkg/rpc"
)

type Books interface {
	Add(book *core.Book) (*core.Book, error)
	Find(author string, count int) ([]*core.Book, error)
}

type Server interface {
	SendHTTPReply(payloadType string, jsonString string)
	Books() Books
	RequireMembership(id string, colony string, approved bool) error
}

type Handlers struct {
	server Server
}

func (h *Handlers) RegisterHandlers(handlers *registry.HandlerRegistry) error {
	if err := handlers.Register(rpc.AddBookPayloadType, h.HandleAdd); err != nil {
		return err
	}
	return handlers.Register(rpc.GetBooksPayloadType, h.HandleGet)
}

func (h *Handlers) HandleAdd(payloadType string, jsonString string) {
	msg, err := rpc.CreateAddBookMsgFromJSON(jsonString)
	if err != nil || h.server.RequireMembership("", "", false) != nil {
		return
	}
	added, err := h.server.Books().Add(msg.Book)
	if err != nil {
		return
	}
	jsonString, err = added.ToJSON()
	if err != nil {
		return
	}
	h.server.SendHTTPReply(payloadType, jsonString)
}

func (h *Handlers) HandleGet(payloadType string, jsonString string) {
	msg, err := rpc.CreateGetBooksMsgFromJSON(jsonString)
	if err != nil {
		return
	}
	books, err := h.server.Books().Find(msg.Author, msg.Count)
	jsonBytes, err := core.ConvertBookArrayToJSON(books)
	if err != nil {
		return
	}
	h.server.SendHTTPReply(payloadType, string(jsonBytes))
}
