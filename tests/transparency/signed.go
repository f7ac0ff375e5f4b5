package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	testresult "github.com/in-toto/attestation/go/predicates/test_result/v0"
	intoto "github.com/in-toto/attestation/go/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/secure-systems-lab/go-securesystemslib/signerverifier"
	formats "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"google.golang.org/protobuf/encoding/protojson"
)

// recordSignature is the signature beside a record: over the 32 bytes of its hash.
type recordSignature struct {
	Hash string `json:"hash"`
	Key  string `json:"key"`
	Sig  string `json:"sig"`
}

// publicKey takes the key out of a verifier string, name+hash+base64(1 || key), after sumdb/note has accepted it.
func publicKey(verifier string) (id string, key ed25519.PublicKey, err error) {
	if _, err = note.NewVerifier(verifier); err != nil {
		return "", nil, err
	}
	parts := strings.SplitN(verifier, "+", 3)
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return "", nil, err
	}
	return parts[0] + "+" + parts[1], raw[1:], nil
}

func checkCheckpoint(l *merkleLog, verifiers []string, text string) error {
	var known []note.Verifier
	for _, one := range verifiers {
		verifier, err := note.NewVerifier(one)
		if err != nil {
			return err
		}
		known = append(known, verifier)
	}
	opened, err := note.Open([]byte(text), note.VerifierList(known...))
	if err != nil {
		return err
	}
	var checkpoint formats.Checkpoint
	if rest, err := checkpoint.Unmarshal([]byte(opened.Text)); err != nil || len(rest) > 0 {
		return fmt.Errorf("not a checkpoint alone: %v, %q left", err, rest)
	}
	if checkpoint.Origin != opened.Sigs[0].Name {
		return errors.New("the origin is not the key's name")
	}
	root, err := l.root(int64(checkpoint.Size))
	if err != nil {
		return err
	}
	if !bytes.Equal(root, checkpoint.Hash) {
		return errors.New("the root is another")
	}
	forged := strings.Replace(text, fmt.Sprintf("\n%d\n", checkpoint.Size), fmt.Sprintf("\n%d\n", checkpoint.Size+1), 1)
	if _, err := note.Open([]byte(forged), note.VerifierList(known...)); err == nil {
		return errors.New("a forged size is accepted: the check checks nothing")
	}
	return nil
}

func envelopeVerifier(verifiers []string) (*dsse.EnvelopeVerifier, error) {
	var known []dsse.Verifier
	for _, one := range verifiers {
		id, key, err := publicKey(one)
		if err != nil {
			return nil, err
		}
		verifier, err := signerverifier.NewED25519SignerVerifierFromSSLibKey(&signerverifier.SSLibKey{
			KeyID: id, KeyType: signerverifier.ED25519KeyType, Scheme: signerverifier.ED25519KeyType,
			KeyVal: signerverifier.KeyVal{Public: hex.EncodeToString(key)},
		})
		if err != nil {
			return nil, err
		}
		known = append(known, verifier)
	}
	return dsse.NewEnvelopeVerifier(known...)
}

func checkEnvelope(verifiers []string, text []byte) error {
	verifier, err := envelopeVerifier(verifiers)
	if err != nil {
		return err
	}
	var envelope dsse.Envelope
	if err := json.Unmarshal(text, &envelope); err != nil {
		return err
	}
	if _, err := verifier.Verify(context.Background(), &envelope); err != nil {
		return err
	}
	payload, err := envelope.DecodeB64Payload()
	if err != nil {
		return err
	}
	if err := checkStatement(payload); err != nil {
		return err
	}
	forged := envelope
	forged.Payload = base64.StdEncoding.EncodeToString(bytes.Replace(payload, []byte("subject"), []byte("subjekt"), 1))
	if _, err := verifier.Verify(context.Background(), &forged); err == nil {
		return errors.New("a forged payload is accepted: the check checks nothing")
	}
	return nil
}

func checkStatement(payload []byte) error {
	var statement intoto.Statement
	if err := protojson.Unmarshal(payload, &statement); err != nil {
		return err
	}
	if err := statement.Validate(); err != nil {
		return err
	}
	if statement.PredicateType != "https://in-toto.io/attestation/test-result/v0.1" {
		return nil
	}
	predicate, err := protojson.Marshal(statement.Predicate)
	if err != nil {
		return err
	}
	var result testresult.TestResult
	if err := protojson.Unmarshal(predicate, &result); err != nil {
		return err
	}
	if result.Result != "PASSED" && result.Result != "FAILED" {
		return fmt.Errorf("the result is %q", result.Result)
	}
	return nil
}

func checkRecordSignature(verifiers []string, one recordSignature) error {
	for _, verifier := range verifiers {
		id, key, err := publicKey(verifier)
		if err != nil {
			return err
		}
		signature, err := base64.StdEncoding.DecodeString(one.Sig)
		if err != nil {
			return err
		}
		if id == one.Key && ed25519.Verify(key, unhex(one.Hash), signature) {
			return nil
		}
	}
	return errors.New("not by a known key")
}
