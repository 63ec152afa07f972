package registry

type Handler func(payloadType string, jsonString string)

type HandlerRegistry struct {
	handlers map[string]Handler
}

func (r *HandlerRegistry) Register(payloadType string, handler Handler) error {
	r.handlers[payloadType] = handler
	return nil
}

func (r *HandlerRegistry) RegisterWithRawRequest(payloadType string, handler Handler) error {
	return r.Register(payloadType, handler)
}
