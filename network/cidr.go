package network

import (
	"fmt"
	"net/netip"
)

// The prefix lengths of the largest and the smallest CIDR block of a VPC or a subnet.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
const (
	largestBlock  = 16
	smallestBlock = 28
)

// reservedAddresses is the number of addresses in each subnet that AWS reserves: the first four and the last.
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
const reservedAddresses = 5

// reservedRanges are the IPv4 ranges that a VPC cannot use.
var reservedRanges = []struct {
	block netip.Prefix
	use   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "the local network"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local addresses: DNS, time and instance metadata"},
	{netip.MustParsePrefix("224.0.0.0/3"), "multicast and future use"},
}

// ParseCIDR parses an IPv4 CIDR block that a VPC or a subnet can have. The error states the value, the
// rule and the remedy.
func ParseCIDR(text string) (netip.Prefix, error) {
	block, err := netip.ParsePrefix(text)
	if err != nil || !block.Addr().Is4() {
		return netip.Prefix{}, fmt.Errorf("%q is not an IPv4 CIDR block: use a block such as 10.0.0.0/16", text)
	}
	if masked := block.Masked(); masked != block {
		return netip.Prefix{}, fmt.Errorf("%q has host bits set: use %s", text, masked)
	}
	if block.Bits() < largestBlock || block.Bits() > smallestBlock {
		return netip.Prefix{}, fmt.Errorf("%q has prefix length /%d, but AWS allows /%d to /%d: change the prefix length",
			text, block.Bits(), largestBlock, smallestBlock)
	}
	for _, reserved := range reservedRanges {
		if reserved.block.Overlaps(block) {
			return netip.Prefix{}, fmt.Errorf("%q is in %s, which is reserved for %s: use a private block, such as 10.0.0.0/16",
				text, reserved.block, reserved.use)
		}
	}
	return block, nil
}

// Addresses returns the number of addresses that a subnet has for network interfaces.
func Addresses(subnet netip.Prefix) int {
	return 1<<(32-subnet.Bits()) - reservedAddresses
}

// contains reports whether outer contains every address of inner.
func contains(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// Default subnets are /24 blocks, numbered within the VPC by subnet group and zone letter, so that adding
// or removing a zone does not move the subnets of another.
const (
	defaultSubnetBits = 24
	firstPrivatelink  = 1
	firstApp          = 11
	// smallestVPC is the prefix length of the smallest VPC that can have default subnets.
	smallestVPC = 20
)

// defaultSubnet returns the /24 block of a zone: number first for zone a, first+1 for zone b, and so on.
// It returns false if the VPC is too small.
func defaultSubnet(vpc netip.Prefix, first int, zone string) (netip.Prefix, bool) {
	number := first + int(zone[0]-'a')
	if vpc.Bits() > smallestVPC || number >= 1<<(defaultSubnetBits-vpc.Bits()) {
		return netip.Prefix{}, false
	}
	base := vpc.Addr().As4()
	address := uint32(base[0])<<24 | uint32(base[1])<<16 | uint32(base[2])<<8 | uint32(base[3])
	address += uint32(number) << (32 - defaultSubnetBits)
	block := netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)})
	return netip.PrefixFrom(block, defaultSubnetBits), true
}
