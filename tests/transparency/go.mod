module helix/tests/transparency

go 1.23.0

require (
	github.com/gowebpki/jcs v1.0.2
	github.com/in-toto/attestation v1.1.2
	github.com/secure-systems-lab/go-securesystemslib v0.9.0
	github.com/transparency-dev/formats v0.0.0-20250421220931-bb8ad4d07c26
	github.com/transparency-dev/merkle v0.0.2
	golang.org/x/mod v0.24.0
	google.golang.org/protobuf v1.36.6
)

require (
	golang.org/x/crypto v0.31.0 // indirect
	golang.org/x/sys v0.28.0 // indirect
)
