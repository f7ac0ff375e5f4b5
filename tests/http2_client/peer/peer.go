package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// peer counts connections and requests, and holds what the control address sets.
type peer struct {
	mu       sync.Mutex
	accepted int
	conns    map[net.Conn]bool
	requests map[string]int // "METHOD path" to how often its headers and body fully arrived
	kills    map[string]int // id to kills done
	token    string
	open     int // requests being answered now
}

func newPeer() *peer {
	return &peer{conns: map[net.Conn]bool{}, requests: map[string]int{}, kills: map[string]int{}}
}

type countingListener struct {
	net.Listener
	peer *peer
}

type countedConn struct {
	net.Conn
	peer *peer
}

func (l *countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.peer.mu.Lock()
	defer l.peer.mu.Unlock()
	l.peer.accepted++
	counted := &countedConn{conn, l.peer}
	l.peer.conns[counted] = true
	return counted, nil
}

func (c *countedConn) Close() error {
	c.peer.mu.Lock()
	delete(c.peer.conns, c)
	c.peer.mu.Unlock()
	return c.Conn.Close()
}

// kill ends the TCP connection at once: with FIN, or with RST.
func (c *countedConn) kill(mode string) {
	if mode == "rst" {
		_ = c.Conn.(*net.TCPConn).SetLinger(0)
	}
	_ = c.Close()
}

type connKey struct{}

func rememberConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn.(*tls.Conn).NetConn())
}

func connOf(r *http.Request) *countedConn { return r.Context().Value(connKey{}).(*countedConn) }

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func number(r *http.Request, key string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(key)); err == nil {
		return n
	}
	return otherwise
}

func (p *peer) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", p.echo)
	mux.HandleFunc("/watch", p.watch)
	mux.HandleFunc("/kill", p.kill)
	mux.HandleFunc("/status", p.status)
	mux.HandleFunc("/stall", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/slow", p.slow)
	mux.HandleFunc("/big", p.big)
	mux.HandleFunc("/cut", p.cut)
	mux.HandleFunc("/auth", p.auth)
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/echo", 302) })
	// "Connection: close" makes Go's HTTP/2 server say GOAWAY and drain.
	mux.HandleFunc("/goaway", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		p.mu.Lock()
		p.requests[r.Method+" "+r.URL.Path]++
		p.open++
		p.mu.Unlock()
		defer func() {
			p.mu.Lock()
			p.open--
			p.mu.Unlock()
		}()
		mux.ServeHTTP(w, r)
	})
}

// echo answers with what it was asked.
func (p *peer) echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	subject := ""
	if len(r.TLS.PeerCertificates) > 0 {
		subject = r.TLS.PeerCertificates[0].Subject.CommonName
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ETag", `"v1"`)
	w.Header().Set("Audit-Id", "a-1")
	w.Header().Add("Warning", `299 - "one"`)
	w.Header().Add("Warning", `299 - "two"`)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"method": r.Method, "proto": r.Proto, "host": r.Host, "query": r.URL.RawQuery, "body": string(body),
		"subject": subject, "authorization": r.Header.Get("Authorization"), "content_type": r.Header.Get("Content-Type"),
		"accept": r.Header.Get("Accept"), "accept_encoding": r.Header.Get("Accept-Encoding"), "sni": r.TLS.ServerName,
	})
}

// watch sends a line every `every` ms (0: one line, then silence) until the client has gone.
func (p *peer) watch(w http.ResponseWriter, r *http.Request) {
	every := number(r, "every", 20)
	for n := 0; ; n++ {
		fmt.Fprintf(w, "line %d\n", n)
		w.(http.Flusher).Flush()
		if every == 0 {
			<-r.Context().Done()
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(time.Duration(every) * time.Millisecond):
		}
	}
}

// kill ends the connection of the first `times` requests of one `id`, after they fully arrived; then it answers.
func (p *peer) kill(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	p.mu.Lock()
	p.kills[id]++
	kill := p.kills[id] <= number(r, "times", 1)
	p.mu.Unlock()
	if kill {
		connOf(r).kill(r.URL.Query().Get("mode"))
		panic(http.ErrAbortHandler)
	}
	fmt.Fprint(w, "answered")
}

func (p *peer) status(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if wait := r.URL.Query().Get("retry_after"); wait != "" {
		w.Header().Set("Retry-After", wait)
	}
	w.WriteHeader(number(r, "code", 200))
	if len(body) == 0 {
		body = []byte(r.URL.Query().Get("body"))
	}
	_, _ = w.Write(body)
}

// slow sends `bytes` single bytes, `pause` ms apart.
func (p *peer) slow(w http.ResponseWriter, r *http.Request) {
	for n := 0; n < number(r, "bytes", 10); n++ {
		_, _ = w.Write([]byte("."))
		w.(http.Flusher).Flush()
		time.Sleep(time.Duration(number(r, "pause", 10)) * time.Millisecond)
	}
}

func (p *peer) big(w http.ResponseWriter, r *http.Request) {
	block := []byte(strings.Repeat("x", 16384))
	for left := number(r, "bytes", 1<<20); left > 0; left -= len(block) {
		if left < len(block) {
			block = block[:left]
		}
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// cut begins an answer (201, half a body) and then ends the connection.
func (p *peer) cut(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "100")
	w.WriteHeader(201)
	fmt.Fprint(w, "half")
	w.(http.Flusher).Flush()
	time.Sleep(50 * time.Millisecond)
	connOf(r).kill(r.URL.Query().Get("mode"))
	panic(http.ErrAbortHandler)
}

// auth answers 401 unless the bearer token is the one that the control address set last.
func (p *peer) auth(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	token := p.token
	p.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(401)
	}
}

// control: GET /stats, POST /token?value=, POST /kill-all?mode= (every connection, idle or not), POST /reset.
func (p *peer) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/stats", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		_ = json.NewEncoder(w).Encode(map[string]any{
			"accepted": p.accepted, "connected": len(p.conns), "requests": p.requests, "open": p.open})
	})
	mux.HandleFunc("/token", func(_ http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.token = r.URL.Query().Get("value")
	})
	mux.HandleFunc("/kill-all", func(_ http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		all := make([]*countedConn, 0, len(p.conns))
		for c := range p.conns {
			all = append(all, c.(*countedConn))
		}
		p.mu.Unlock()
		for _, c := range all {
			c.kill(r.URL.Query().Get("mode"))
		}
	})
	return mux
}
