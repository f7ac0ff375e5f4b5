// Peer is the other side of the HTTP client's tests: a real TLS server (HTTP/2, or HTTP/1.1 with -http1) that
// misbehaves on request and counts what truly arrived. It prints one line of JSON (addresses, certificates) and
// ends when its standard input is closed, so that no test can leave it running.
//
// The control address is a second, plain listener: asking it never shows in the counts.
package main

import (
	"encoding/json"
	"flag"
	"io"
	"net"
	"net/http"
	"os"

	"crypto/tls"
)

func main() {
	http1 := flag.Bool("http1", false, "speak HTTP/1.1 only")
	name := flag.String("name", "", "issue the certificate for this DNS name alone, not for 127.0.0.1")
	flag.Parse()

	ca, other := newAuthority("peer test CA"), newAuthority("another CA")
	clientCert, clientKey := ca.issue("client-one", nil, nil)
	secondCert, secondKey := ca.issue("client-two", nil, nil)

	dns, ips := []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
	if *name != "" {
		dns, ips = []string{*name}, nil
	}
	protocols := []string{"h2", "http/1.1"}
	if *http1 {
		protocols = []string{"http/1.1"}
	}

	raw, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	control, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	p := newPeer()
	server := &http.Server{
		Handler:     p.handler(),
		ConnContext: rememberConn,
		TLSConfig:   ca.serverTLS(ca, dns, ips, protocols),
		ErrorLog:    quiet(),
	}
	if *http1 {
		server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	go func() { must(server.ServeTLS(&countingListener{Listener: raw, peer: p}, "", "")) }()
	go func() { must(http.Serve(control, p.control())) }()

	must(json.NewEncoder(os.Stdout).Encode(map[string]string{
		"url":         "https://" + raw.Addr().String(),
		"control":     "http://" + control.Addr().String(),
		"ca":          ca.pem,
		"other_ca":    other.pem,
		"client_cert": clientCert, "client_key": clientKey,
		"second_cert": secondCert, "second_key": secondKey,
	}))
	_, _ = io.Copy(io.Discard, os.Stdin)
}
