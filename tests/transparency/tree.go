package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"
)

// merkleLog is the tree over the records' hashes as tlog makes it.
type merkleLog struct {
	entries [][]byte
	stored  []tlog.Hash
}

func (l *merkleLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = l.stored[index]
	}
	return hashes, nil
}

func newLog(hashes []string) (*merkleLog, error) {
	l := &merkleLog{entries: unhexAll(hashes)}
	for n, entry := range l.entries {
		more, err := tlog.StoredHashes(int64(n), entry, l)
		if err != nil {
			return nil, err
		}
		l.stored = append(l.stored, more...)
	}
	return l, nil
}

func (l *merkleLog) root(size int64) ([]byte, error) {
	if size > int64(len(l.entries)) {
		return nil, fmt.Errorf("size %d is not of this log", size)
	}
	root, err := tlog.TreeHash(size, l)
	return root[:], err
}

func same(ours []tlog.Hash, theirs [][]byte) bool {
	if len(ours) != len(theirs) {
		return false
	}
	for i := range ours {
		if !bytes.Equal(ours[i][:], theirs[i]) {
			return false
		}
	}
	return true
}

// spoilt gives copies of a path, each with one thing wrong.
func spoilt(path [][]byte) [][][]byte {
	wrong := [][][]byte{append(append([][]byte{}, path...), make([]byte, 32))}
	for i := range path {
		turned := append([][]byte{}, path...)
		turned[i] = append([]byte{}, path[i]...)
		turned[i][i%32] ^= 1
		wrong = append(wrong, turned, append(append([][]byte{}, path[:i]...), path[i+1:]...))
	}
	return wrong
}

func (l *merkleLog) checkInclusion(p inclusion) error {
	root, err := l.root(p.Size)
	if err != nil {
		return err
	}
	if !bytes.Equal(root, unhex(p.Root)) {
		return errors.New("the root is another")
	}
	path := unhexAll(p.Path)
	ours, err := tlog.ProveRecord(p.Size, p.Seq, l)
	if err != nil {
		return err
	}
	if !same(ours, path) {
		return errors.New("the path is not tlog's")
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(l.entries[p.Seq])
	verify := func(path [][]byte) error {
		return proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(p.Seq), uint64(p.Size), leaf, path, root)
	}
	return acceptsOnly(path, verify)
}

func (l *merkleLog) checkConsistency(p consistency) error {
	from, err := l.root(p.From)
	if err != nil {
		return err
	}
	to, err := l.root(p.To)
	if err != nil {
		return err
	}
	if !bytes.Equal(from, unhex(p.FromRoot)) || !bytes.Equal(to, unhex(p.ToRoot)) {
		return errors.New("a root is another")
	}
	path := unhexAll(p.Path)
	if p.From > 0 {
		ours, err := tlog.ProveTree(p.To, p.From, l)
		if err != nil {
			return err
		}
		if !same(ours, path) {
			return errors.New("the path is not tlog's")
		}
	}
	verify := func(path [][]byte) error {
		return proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(p.From), uint64(p.To), path, from, to)
	}
	return acceptsOnly(path, verify)
}

func acceptsOnly(path [][]byte, verify func([][]byte) error) error {
	if err := verify(path); err != nil {
		return err
	}
	for _, wrong := range spoilt(path) {
		if verify(wrong) == nil {
			return errors.New("a spoilt path is accepted: the check checks nothing")
		}
	}
	return nil
}
