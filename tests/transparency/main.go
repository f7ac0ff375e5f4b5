// The stranger: checks what the service hands out with other people's libraries, and with nothing of ours.
//
//	stranger FILE
//
// FILE is a bundle that stranger.py collects. Records are canonicalised again by gowebpki's JCS (RFC 8785), and must give
// their hash. Roots and proofs are made again by golang.org/x/mod/sumdb/tlog and must be
// the same; transparency-dev/merkle must accept them; notes are opened by sumdb/note and read by transparency-dev's
// formats; envelopes are verified by go-securesystemslib and their statements by in-toto's own types. Whatever is
// accepted is then spoilt, and must be refused.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
)

type inclusion struct {
	Seq  int64    `json:"seq"`
	Size int64    `json:"size"`
	Root string   `json:"root"`
	Path []string `json:"path"`
}

type consistency struct {
	From     int64    `json:"from"`
	FromRoot string   `json:"from_root"`
	To       int64    `json:"to"`
	ToRoot   string   `json:"to_root"`
	Path     []string `json:"path"`
}

type bundle struct {
	Verifiers     []string          `json:"verifiers"`
	Records       []string          `json:"records"`
	Hashes        []string          `json:"hashes"`
	Checkpoints   []string          `json:"checkpoints"`
	Inclusions    []inclusion       `json:"inclusions"`
	Consistencies []consistency     `json:"consistencies"`
	Envelopes     []json.RawMessage `json:"envelopes"`
	Signatures    []recordSignature `json:"signatures"`
}

func unhex(text string) []byte {
	bytes, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return bytes
}

func unhexAll(texts []string) [][]byte {
	all := make([][]byte, len(texts))
	for i, text := range texts {
		all[i] = unhex(text)
	}
	return all
}

func check(b bundle) error {
	log, err := newLog(b.Hashes)
	if err != nil {
		return err
	}
	for i, one := range b.Records {
		if err := checkRecord([]byte(one)); err != nil {
			return fmt.Errorf("record %d: %w", i, err)
		}
	}
	for _, note := range b.Checkpoints {
		if err := checkCheckpoint(log, b.Verifiers, note); err != nil {
			return fmt.Errorf("checkpoint %q: %w", note, err)
		}
	}
	for _, one := range b.Inclusions {
		if err := log.checkInclusion(one); err != nil {
			return fmt.Errorf("inclusion of %d in %d: %w", one.Seq, one.Size, err)
		}
	}
	for _, one := range b.Consistencies {
		if err := log.checkConsistency(one); err != nil {
			return fmt.Errorf("consistency of %d and %d: %w", one.From, one.To, err)
		}
	}
	for i, one := range b.Envelopes {
		if err := checkEnvelope(b.Verifiers, one); err != nil {
			return fmt.Errorf("envelope %d: %w", i, err)
		}
	}
	for _, one := range b.Signatures {
		if err := checkRecordSignature(b.Verifiers, one); err != nil {
			return fmt.Errorf("signature of %s: %w", one.Hash, err)
		}
	}
	return nil
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	var b bundle
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	if err == nil {
		err = check(b)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "stranger:", err)
		os.Exit(1)
	}
	fmt.Printf("accepted: %d records, %d checkpoints, %d inclusion proofs, %d consistency proofs, %d envelopes, %d record signatures\n",
		len(b.Records), len(b.Checkpoints), len(b.Inclusions), len(b.Consistencies), len(b.Envelopes), len(b.Signatures))
}
