package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A cut says which request's connection is to end, and when:
//
//	before   the request has arrived whole and is not forwarded
//	during   it has been forwarded, nobody waits for the answer
//	late     it is forwarded 400 ms after the cut
//	after    the server has answered, the caller hears nothing of it
//	half     the caller has got the first half of the answer's body
type cut struct {
	method, contains, when, how string
}

type relay struct {
	server    string
	transport *http.Transport
	start     time.Time

	mu        sync.Mutex
	refusing  bool
	conns     map[*conn]bool
	accepted  []int64 // milliseconds after start
	forwarded map[string]int
	armed     *cut
	cuts      int
	pending   sync.WaitGroup // forwarded requests whose caller was cut off
}

func newRelay(server string, transport *http.Transport) *relay {
	return &relay{server: server, transport: transport, start: time.Now(), conns: map[*conn]bool{},
		accepted: []int64{}, forwarded: map[string]int{}}
}

type connKey struct{}

type conn struct {
	net.Conn
	relay *relay
}

func (c *conn) Close() error {
	c.relay.mu.Lock()
	delete(c.relay.conns, c)
	c.relay.mu.Unlock()
	return c.Conn.Close()
}

// end closes the TCP connection at once, with FIN or with RST.
func (c *conn) end(how string) {
	if how == "rst" {
		_ = c.Conn.(*net.TCPConn).SetLinger(0)
	}
	_ = c.Close()
}

type listener struct {
	net.Listener
	relay *relay
}

// Accept counts every connection that the kernel has completed, refused ones as well.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		r, c := l.relay, &conn{raw, l.relay}
		r.mu.Lock()
		r.accepted = append(r.accepted, time.Since(r.start).Milliseconds())
		refusing := r.refusing
		r.conns[c] = !refusing
		r.mu.Unlock()
		if !refusing {
			return c, nil
		}
		c.end("rst")
	}
}

// take says what to do with this request; an armed cut is used once.
func (r *relay) take(req *http.Request) cut {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.armed == nil || r.armed.method != req.Method || !strings.Contains(req.URL.RequestURI(), r.armed.contains) {
		return cut{}
	}
	chosen := *r.armed
	r.armed = nil
	r.cuts++
	return chosen
}

func (r *relay) send(ctx context.Context, req *http.Request, body []byte) (*http.Response, error) {
	out, err := http.NewRequestWithContext(ctx, req.Method, r.server+req.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header = req.Header.Clone()
	r.mu.Lock()
	r.forwarded[req.Method+" "+req.URL.Path]++
	r.mu.Unlock()
	return r.transport.RoundTrip(out)
}

func (r *relay) forward(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	wanted := r.take(req)
	caller := req.Context().Value(connKey{}).(*conn)
	switch wanted.when {
	case "":
		r.pass(w, req, body)
		return
	case "during":
		r.pending.Add(1)
		written := make(chan struct{})
		go func() {
			defer r.pending.Done()
			r.complete(req, body, written)
		}()
		<-written
	case "late":
		r.pending.Add(1)
		time.AfterFunc(400*time.Millisecond, func() {
			defer r.pending.Done()
			r.complete(req, body, nil)
		})
	case "after":
		r.complete(req, body, nil)
	case "half":
		r.answerHalf(w, req, body)
	}
	caller.end(wanted.how)
	panic(http.ErrAbortHandler)
}

// pass hands request and answer through, the answer piece by piece as a watch needs it.
func (r *relay) pass(w http.ResponseWriter, req *http.Request, body []byte) {
	answer, err := r.send(req.Context(), req, body)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	copyHead(w, answer)
	buffer := make([]byte, 32768)
	for {
		n, err := answer.Body.Read(buffer)
		if n > 0 {
			if _, failed := w.Write(buffer[:n]); failed != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
		if err != nil {
			return
		}
	}
}

// complete carries the request out to its last byte, whoever waits for it; written is closed once it has left.
func (r *relay) complete(req *http.Request, body []byte, written chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if written != nil {
		ctx = tellWhenWritten(ctx, written)
	}
	answer, err := r.send(ctx, req, body)
	must(err)
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
}

func (r *relay) answerHalf(w http.ResponseWriter, req *http.Request, body []byte) {
	answer, err := r.send(context.Background(), req, body)
	must(err)
	whole, err := io.ReadAll(answer.Body)
	must(err)
	_ = answer.Body.Close()
	copyHead(w, answer)
	_, _ = w.Write(whole[:len(whole)/2])
	w.(http.Flusher).Flush()
	time.Sleep(20 * time.Millisecond) // the half is on its way before the end
}

func copyHead(w http.ResponseWriter, answer *http.Response) {
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	w.(http.Flusher).Flush()
}

// control: POST /arm?method=&contains=&when=&how=, POST /refuse?on=1|0 (on ends every connection), GET /stats.
func (r *relay) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/arm", func(_ http.ResponseWriter, req *http.Request) {
		q := req.URL.Query()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.armed = &cut{q.Get("method"), q.Get("contains"), q.Get("when"), q.Get("how")}
	})
	mux.HandleFunc("/refuse", func(_ http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.refusing = req.URL.Query().Get("on") == "1"
		var open []*conn
		for c := range r.conns {
			open = append(open, c)
		}
		refusing := r.refusing
		r.mu.Unlock()
		for _, c := range open {
			if refusing {
				c.end("rst")
			}
		}
	})
	mux.HandleFunc("/stats", func(w http.ResponseWriter, _ *http.Request) {
		r.pending.Wait()
		r.mu.Lock()
		defer r.mu.Unlock()
		_ = json.NewEncoder(w).Encode(map[string]any{"accepted_ms": r.accepted, "open": len(r.conns),
			"forwarded": r.forwarded, "cuts": r.cuts, "now_ms": time.Since(r.start).Milliseconds()})
	})
	return mux
}
