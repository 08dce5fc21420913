package network

import (
	"fmt"
	"net/netip"
)

// AWS takes blocks of these sizes, for VPCs and for subnets alike.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
const (
	largestBlock  = 16
	smallestBlock = 28
)

// ReservedAddresses is how many addresses of every subnet AWS keeps for itself: the first four and the last.
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
const ReservedAddresses = 5

// neverVPC are the ranges in which AWS makes no VPC.
var neverVPC = []struct {
	block netip.Prefix
	use   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "the local network"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local addresses, which instances need for DNS, time and metadata"},
	{netip.MustParsePrefix("224.0.0.0/3"), "multicast and future use"},
}

// ParseBlock reads an IPv4 CIDR block that a VPC or a subnet may have. The error says the value, the rule and the remedy.
func ParseBlock(text string) (netip.Prefix, error) {
	block, err := netip.ParsePrefix(text)
	if err != nil || !block.Addr().Is4() {
		return netip.Prefix{}, fmt.Errorf("%q is not an IPv4 CIDR block: write it like 10.0.0.0/16", text)
	}
	if masked := block.Masked(); masked != block {
		return netip.Prefix{}, fmt.Errorf("%q has host bits set: write %s", text, masked)
	}
	if block.Bits() < largestBlock {
		return netip.Prefix{}, fmt.Errorf("%q is larger than /%d, the largest block that AWS takes: give a block from /%d to /%d",
			text, largestBlock, largestBlock, smallestBlock)
	}
	if block.Bits() > smallestBlock {
		return netip.Prefix{}, fmt.Errorf("%q is smaller than /%d, the smallest block that AWS takes: give a block from /%d to /%d",
			text, smallestBlock, largestBlock, smallestBlock)
	}
	for _, never := range neverVPC {
		if never.block.Overlaps(block) {
			return netip.Prefix{}, fmt.Errorf("%q lies in %s, reserved for %s: take a private block, such as 10.0.0.0/16",
				text, never.block, never.use)
		}
	}
	return block, nil
}

// Addresses is how many addresses of the block are left for network interfaces.
func Addresses(block netip.Prefix) int {
	return 1<<(32-block.Bits()) - ReservedAddresses
}

// Contains says whether outer holds every address of inner.
func Contains(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// Derived subnets are /24 blocks, numbered within the VPC by kind and zone letter, so that a zone that comes or goes
// moves no other zone's subnets.
const (
	derivedBits      = 24
	firstPrivatelink = 1
	firstApp         = 11
	// SmallestDerived is the smallest VPC, as a prefix length, whose subnets are derived.
	SmallestDerived = 20
)

// AppBlock is the app subnet that a zone has where none is configured: number 11 for zone a, 12 for b, and so on.
// The second result is false where the VPC has no room for it.
func AppBlock(vpc netip.Prefix, zone string) (netip.Prefix, bool) {
	return derivedBlock(vpc, firstApp, zone)
}

// PrivatelinkBlock is the privatelink subnet that a zone has where none is configured: number 1 for zone a, 2 for b,
// and so on. The second result is false where the VPC has no room for it.
func PrivatelinkBlock(vpc netip.Prefix, zone string) (netip.Prefix, bool) {
	return derivedBlock(vpc, firstPrivatelink, zone)
}

func derivedBlock(vpc netip.Prefix, first int, zone string) (netip.Prefix, bool) {
	if !vpc.IsValid() || vpc.Bits() > SmallestDerived || len(zone) != 1 || zone[0] < 'a' || zone[0] > 'z' {
		return netip.Prefix{}, false
	}
	number := first + int(zone[0]-'a')
	if number >= 1<<(derivedBits-vpc.Bits()) {
		return netip.Prefix{}, false
	}
	base := vpc.Addr().As4()
	address := uint32(base[0])<<24 | uint32(base[1])<<16 | uint32(base[2])<<8 | uint32(base[3])
	address += uint32(number) << (32 - derivedBits)
	block := netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)})
	return netip.PrefixFrom(block, derivedBits), true
}
