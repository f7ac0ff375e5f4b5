package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A processID names one process for good: pids are used again, a pid with its start time is not.
type processID struct {
	Pid int `json:"pid"`
	// Start is the start time in clock ticks since boot, field 22 of /proc/PID/stat.
	Start string `json:"start"`
}

// identify reads the start time of pid; it fails when there is no such process or only its zombie.
func identify(pid int) (processID, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return processID{}, err
	}
	// The second field is the program's name in brackets and may hold anything: count from its end.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return processID{}, os.ErrProcessDone
	}
	return processID{pid, fields[19]}, nil
}

func (p processID) alive() bool {
	now, err := identify(p.Pid)
	return err == nil && now == p
}

// signal sends sig to exactly this process: the pidfd is opened first and the start time compared after.
func (p processID) signal(sig syscall.Signal) {
	fd, err := unix.PidfdOpen(p.Pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	if p.alive() {
		_ = unix.PidfdSendSignal(fd, sig, nil, 0) // fails only when it has just ended
	}
}

// waitGone returns whether the process had ended before the deadline.
func (p processID) waitGone(deadline time.Time) bool {
	for p.alive() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(5 * time.Millisecond)
	}
	return true
}

func (c *Cluster) recordPath(name string) string { return c.path("run", name+".json") }

// running is the process of the named component, or nil when it does not run.
func (c *Cluster) running(name string) *processID {
	text, err := os.ReadFile(c.recordPath(name))
	if err != nil {
		return nil
	}
	var id processID
	if json.Unmarshal(text, &id) != nil || !id.alive() {
		return nil
	}
	return &id
}

// children are the components that this process has started and that have not been reaped yet.
var children sync.WaitGroup

// launch starts the named component, with more flags if any, in a session of its own and records it; it does not wait
// for readiness.
func (c *Cluster) launch(name string, reserved []*os.File, more ...string) error {
	if id := c.running(name); id != nil {
		return fmt.Errorf("%s already runs as process %d", name, id.Pid)
	}
	log, err := os.OpenFile(c.path("log", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, append(append([]string{name}, componentArgs(c, name)...), more...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = c.Dir, log, log, reserved
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Env = append(os.Environ(), ownerEnvironment(c.Owner))
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	id, err := identify(cmd.Process.Pid)
	children.Go(func() { _ = cmd.Wait() }) // how it ended is in its log
	if err != nil {
		return fmt.Errorf("%s ended at once; %s", name, c.logTail(name))
	}
	text, err := json.Marshal(id)
	if err != nil {
		return err
	}
	return os.WriteFile(c.recordPath(name), text, 0o600)
}

// halt ends the named component: SIGTERM, and SIGKILL once patience is over. Nothing happens when it does not run.
func (c *Cluster) halt(name string, patience time.Duration) error {
	defer os.Remove(c.recordPath(name))
	id := c.running(name)
	if id == nil {
		return nil
	}
	if patience > 0 {
		id.signal(syscall.SIGTERM)
		if id.waitGone(time.Now().Add(patience)) {
			return nil
		}
	}
	id.signal(syscall.SIGKILL)
	if !id.waitGone(time.Now().Add(10 * time.Second)) {
		return fmt.Errorf("%s, process %d, does not end", name, id.Pid)
	}
	return nil
}

// logTail is the end of a component's log, for messages about its failure.
func (c *Cluster) logTail(name string) string {
	file := c.path("log", name+".log")
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) > 8 {
		lines = lines[len(lines)-8:]
	}
	return fmt.Sprintf("the end of %s:\n%s", file, strings.Join(lines, "\n"))
}
