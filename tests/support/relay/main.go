// Relay stands between a client and a real API server: it ends the client's TLS with the API server's own
// certificate, forwards every request, and cuts a chosen connection at a chosen moment of a chosen request. It counts
// what it accepted from the kernel and what it forwarded.
//
// It prints one line of JSON (addresses) and ends when its standard input is closed. The control address is a second,
// plain listener: asking it never shows in the counts.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// upstream speaks to the API server with the authority in caFile; the callers' credentials pass through.
func upstream(caFile string) *http.Transport {
	ca, err := os.ReadFile(caFile)
	must(err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		panic(caFile + " holds no certificate")
	}
	return &http.Transport{
		TLSClientConfig:    &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:  true,
		DisableCompression: true,
	}
}

func main() {
	server := flag.String("server", "", "the API server, https://127.0.0.1:PORT")
	cert := flag.String("cert", "", "the certificate that callers see")
	key := flag.String("key", "", "its key")
	ca := flag.String("ca", "", "the authority of the API server's certificate")
	http1 := flag.Bool("http1", false, "speak HTTP/1.1 only with callers")
	flag.Parse()

	pair, err := tls.LoadX509KeyPair(*cert, *key)
	must(err)
	protocols := []string{"h2", "http/1.1"}
	if *http1 {
		protocols = []string{"http/1.1"}
	}
	front, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	control, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	r := newRelay(*server, upstream(*ca))
	serving := &http.Server{
		Handler:   http.HandlerFunc(r.forward),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: protocols, MinVersion: tls.VersionTLS12},
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, conn.(*tls.Conn).NetConn())
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	if *http1 {
		serving.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	go func() { must(serving.ServeTLS(&listener{Listener: front, relay: r}, "", "")) }()
	go func() { must(http.Serve(control, r.control())) }()
	must(json.NewEncoder(os.Stdout).Encode(map[string]string{
		"url": "https://" + front.Addr().String(), "control": control.Addr().String(),
	}))
	_, _ = io.Copy(io.Discard, os.Stdin)
}
