package main

import (
	"context"
	"net/http/httptrace"
	"sync"
)

// tellWhenWritten closes written once the request that carries the returned context has left whole.
func tellWhenWritten(ctx context.Context, written chan struct{}) context.Context {
	var once sync.Once
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { once.Do(func() { close(written) }) },
	})
}
