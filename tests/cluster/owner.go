package main

import (
	"encoding/json"
	"os"

	"golang.org/x/sys/unix"
)

const ownerVariable = "HELIX_TESTCLUSTER_OWNER"

// ownerEnvironment tells a component with which process it is to end; an empty value says with none.
func ownerEnvironment(owner *processID) string {
	if owner == nil {
		return ownerVariable + "="
	}
	text, err := json.Marshal(owner)
	if err != nil {
		panic(err) // two plain fields always encode
	}
	return ownerVariable + "=" + string(text)
}

// endWithOwner makes this process end when its owner does, however the owner ends.
//
// The parent-death signal of the kernel would not do: "start" runs a component again from a process that is
// gone a moment later, while the cluster still belongs to "up --foreground".
func endWithOwner() {
	text := os.Getenv(ownerVariable)
	if text == "" {
		return
	}
	var owner processID
	if json.Unmarshal([]byte(text), &owner) != nil {
		return
	}
	fd, err := unix.PidfdOpen(owner.Pid, 0)
	if err != nil || !owner.alive() {
		os.Exit(1)
	}
	go func() {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for {
			if n, err := unix.Poll(poll, -1); n > 0 && err == nil {
				os.Exit(1)
			}
		}
	}()
}
