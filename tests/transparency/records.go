package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gowebpki/jcs"
)

// hashOf is the SHA-256 of a record's canonical JSON without its hash and signature, and the hash that it claims.
func hashOf(text []byte) (computed, claimed string, err error) {
	var members map[string]json.RawMessage
	if err = json.Unmarshal(text, &members); err != nil {
		return
	}
	if err = json.Unmarshal(members["hash"], &claimed); err != nil {
		return
	}
	delete(members, "hash")
	delete(members, "signature")
	var rest bytes.Buffer
	encoder := json.NewEncoder(&rest)
	encoder.SetEscapeHTML(false)
	if err = encoder.Encode(members); err != nil {
		return
	}
	canonical, err := jcs.Transform(rest.Bytes())
	if err != nil {
		return
	}
	digest := sha256.Sum256(canonical)
	return hex.EncodeToString(digest[:]), claimed, nil
}

func checkRecord(text []byte) error {
	computed, claimed, err := hashOf(text)
	if err != nil {
		return err
	}
	if computed != claimed {
		return fmt.Errorf("its canonical JSON gives %s", computed)
	}
	forged := bytes.Replace(text, []byte(`"kind":"`), []byte(`"kind":"x`), 1)
	if computed, claimed, err = hashOf(forged); err == nil && computed == claimed {
		return errors.New("a forged kind is accepted: the check checks nothing")
	}
	return nil
}
