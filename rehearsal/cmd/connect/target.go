package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// target is a TCP port that forward reaches through the instance.
type target struct {
	// host is a name or an IP address, without brackets.
	host string
	// port is from 1 to 65535.
	port uint16
}

// parseTarget parses "host:port".
func parseTarget(text string) (target, error) {
	if text == "" {
		return target{}, errors.New("missing --to: name the host and port to reach, such as --to 10.0.32.10:5432")
	}
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return target{}, fmt.Errorf("target %q has no port: write host:port, such as %s:5432", text, text)
	}
	host := strings.Trim(text[:colon], "[]")
	// Commas, quotes and spaces have a meaning in the parameters of the AWS CLI.
	if host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:") != "" {
		return target{}, fmt.Errorf("target %q: %q is not a host name or an IP address: write host:port, "+
			"such as 10.0.32.10:5432", text, host)
	}
	if _, err := netip.ParseAddr(host); err != nil && strings.Trim(host, "0123456789.") == "" {
		return target{}, fmt.Errorf("target %q: %q is not an IPv4 address: write four numbers from 0 to 255, without leading zeros", text, host)
	}
	port, err := parsePort(text[colon+1:])
	if err != nil {
		return target{}, fmt.Errorf("target %q: %w", text, err)
	}
	return target{host, port}, nil
}

func parsePort(text string) (uint16, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("%q is not a port: use a number from 1 to 65535", text)
	}
	return uint16(port), nil
}

// String returns the target as parseTarget takes it.
func (t target) String() string {
	if strings.Contains(t.host, ":") {
		return "[" + t.host + "]:" + t.portString()
	}
	return t.host + ":" + t.portString()
}

func (t target) portString() string { return strconv.Itoa(int(t.port)) }

// isInstance reports whether the target is a port of the instance itself.
func (t target) isInstance() bool {
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, strings.ToLower(t.host))
}
