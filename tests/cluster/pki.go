package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"time"
)

// An authority signs certificates; its key is on disk as well, because the controller manager signs with it too.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// A leaf says what one certificate is for: Kubernetes reads the user from the common name, the groups from organization.
type leaf struct {
	file, user, group string
}

// clientCerts are the users that come with a certificate of the cluster's authority.
var clientCerts = []leaf{
	{"admin", "admin", "system:masters"},
	{"dev-cert", "dev-cert", "system:masters"},
	{"kubelet-client", "apiserver-kubelet-client", "system:masters"},
	{controllerManager, "system:kube-controller-manager", ""},
	{kubeScheduler, "system:kube-scheduler", ""},
	{kwokController, "system:kwok", "system:masters"},
	{metricsServer, "system:metrics-server", "system:masters"},
}

// makePKI writes DIR/pki unless it is there: two authorities, all certificates and the service account key.
//
// Everything is ECDSA P-256; making it takes milliseconds.
func makePKI(c *Cluster) error {
	if _, err := os.Stat(c.key("service-account")); err == nil {
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	ca, err := makeAuthority(c, "ca")
	if err != nil {
		return err
	}
	frontProxy, err := makeAuthority(c, "front-proxy-ca")
	if err != nil {
		return err
	}
	if err := makeServerCert(c, ca); err != nil {
		return err
	}
	for _, l := range clientCerts {
		if err := makeClientCert(c, ca, l); err != nil {
			return err
		}
	}
	if err := makeClientCert(c, frontProxy, leaf{"front-proxy-client", "front-proxy-client", ""}); err != nil {
		return err
	}
	_, err = makeKey(c.key("service-account")) // last: its presence says that all the others are there
	return err
}

func makeAuthority(c *Cluster, name string) (*authority, error) {
	template := certTemplate(name)
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature
	key, err := makeKey(c.key(name))
	if err != nil {
		return nil, err
	}
	return signed(c.cert(name), template, &authority{template, key}, key)
}

// makeServerCert is one certificate for every server of the cluster: they are all on loopback.
func makeServerCert(c *Cluster, ca *authority) error {
	template := certTemplate("kube-apiserver")
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 0, 0, 1)}
	template.DNSNames = []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "metrics-server.kube-system.svc"}
	key, err := makeKey(c.key("server"))
	if err != nil {
		return err
	}
	_, err = signed(c.cert("server"), template, ca, key)
	return err
}

func makeClientCert(c *Cluster, ca *authority, l leaf) error {
	template := certTemplate(l.user)
	if l.group != "" {
		template.Subject.Organization = []string{l.group}
	}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	key, err := makeKey(c.key(l.file))
	if err != nil {
		return err
	}
	_, err = signed(c.cert(l.file), template, ca, key)
	return err
}

func certTemplate(commonName string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // the kernel's random source cannot fail
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: commonName},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

// signed issues template for key and writes it to file; the answer can sign in turn when template is an authority.
func signed(file string, template *x509.Certificate, by *authority, key *ecdsa.PrivateKey) (*authority, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, &key.PublicKey, by.key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{cert, key}, writePEM(file, "CERTIFICATE", der)
}

func makeKey(file string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePEM(file, "EC PRIVATE KEY", der)
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
