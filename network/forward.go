package network

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Target is a target of port forwarding: a TCP port on all addresses of a CIDR block.
type Target struct {
	// Block is an IPv4 CIDR block.
	Block netip.Prefix
	// Port is from 1 to 65535.
	Port uint16
}

// String returns the target in the form that ParseTarget accepts, such as "10.0.32.0/24:5432".
func (t Target) String() string { return t.Block.String() + ":" + strconv.Itoa(int(t.Port)) }

// ParseTarget parses a target: a CIDR block or an address, a colon and a port, such as "10.0.32.0/24:5432" or
// "10.0.32.10:5432". The error states the value, the rule and the remedy.
func ParseTarget(text string) (Target, error) {
	malformed := fmt.Errorf("%q is not a target: use an IPv4 address or CIDR block, a colon and a port from 1 to 65535, "+
		"such as 10.0.32.0/24:5432", text)
	host, port, _ := strings.Cut(text, ":")
	block, err := netip.ParsePrefix(host)
	if address, addressErr := netip.ParseAddr(host); addressErr == nil {
		block, err = netip.PrefixFrom(address, address.BitLen()), nil
	}
	number, portErr := strconv.ParseUint(port, 10, 16)
	// With a leading zero, two texts would mean the same port.
	if err != nil || !block.Addr().Is4() || portErr != nil || strings.HasPrefix(port, "0") {
		return Target{}, malformed
	}
	if block != block.Masked() {
		return Target{}, fmt.Errorf("%q has host bits set: use %s:%d", text, block.Masked(), number)
	}
	return Target{Block: block, Port: uint16(number)}, nil
}
