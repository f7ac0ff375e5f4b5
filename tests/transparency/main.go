package main
import (
 _ "github.com/in-toto/attestation/go/v1"
 _ "github.com/in-toto/attestation/go/predicates/test_result/v0"
 _ "github.com/secure-systems-lab/go-securesystemslib/dsse"
 _ "github.com/transparency-dev/formats/log"
 _ "github.com/transparency-dev/merkle/proof"
 _ "github.com/transparency-dev/merkle/testonly"
 _ "golang.org/x/mod/sumdb/note"
 _ "golang.org/x/mod/sumdb/tlog"
 _ "google.golang.org/protobuf/encoding/protojson"
)
func main(){}
