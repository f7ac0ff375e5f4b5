package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// reservePorts gives every name a free port of 127.0.0.1 and keeps it for the cluster.
//
// A reservation is a socket that is bound but never listens. With SO_REUSEADDR on both sides a component (Go's
// net.Listen sets it) can still bind and listen on that port, while the kernel gives it to nobody who asks for just
// any port. Every component inherits the sockets, so a port stays ours while its component is stopped.
// Ports in preferred are taken again when they are free.
func reservePorts(names []string, preferred map[string]int) (map[string]int, []*os.File, error) {
	ports := make(map[string]int, len(names))
	var held []*os.File
	for _, name := range names {
		file, port, err := reservePort(preferred[name])
		if err != nil && preferred[name] != 0 {
			file, port, err = reservePort(0)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reserve a port for %s: %w", name, err)
		}
		ports[name] = port
		held = append(held, file)
	}
	return ports, held, nil
}

func reservePort(port int) (*os.File, int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, 0, err
	}
	file := os.NewFile(uintptr(fd), "reserved port")
	loopback := &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
	if err := bindAndShare(fd, loopback); err != nil {
		file.Close()
		return nil, 0, err
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, bound.(*syscall.SockaddrInet4).Port, nil
}

// bindAndShare binds fd and lets others bind the same port.
//
// A port chosen by the kernel is shared only afterwards, so that it is nobody else's reservation. A port that this
// cluster had before may still have closed connections waiting in the kernel, which only a sharing bind overlooks.
func bindAndShare(fd int, address *syscall.SockaddrInet4) error {
	share := func() error { return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1) }
	bind := func() error { return syscall.Bind(fd, address) }
	if address.Port == 0 {
		return errors.Join(bind(), share())
	}
	return errors.Join(share(), bind())
}
