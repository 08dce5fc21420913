package network

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseBlock(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"10.0.0.0/16", "10.0.0.0/28", "10.255.255.240/28", "172.16.0.0/20", "192.168.0.0/24", "100.64.0.0/16", "1.0.0.0/16",
		"126.255.0.0/16", "128.0.0.0/16", "169.253.0.0/16", "169.255.0.0/16", "223.255.0.0/16",
	} {
		block, err := ParseBlock(text)
		require.NoError(t, err)
		require.Equal(t, netip.MustParsePrefix(text), block)
	}
}

func TestParseBlock_rejects(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":               `"" is not an IPv4 CIDR block: write it like 10.0.0.0/16`,
		"10.0.0.0":       `"10.0.0.0" is not an IPv4 CIDR block: write it like 10.0.0.0/16`,
		"10.0.0/16":      `"10.0.0/16" is not an IPv4 CIDR block: write it like 10.0.0.0/16`,
		"10.0.0.0/33":    `"10.0.0.0/33" is not an IPv4 CIDR block: write it like 10.0.0.0/16`,
		"10.0.0.0/016":   `"10.0.0.0/016" is not an IPv4 CIDR block: write it like 10.0.0.0/16`,
		" 10.0.0.0/16":   `" 10.0.0.0/16" is not an IPv4 CIDR block: write it like 10.0.0.0/16`,
		"fd00::/64":      `"fd00::/64" is not an IPv4 CIDR block: write it like 10.0.0.0/16`,
		"::ffff:a00:0/8": `"::ffff:a00:0/8" is not an IPv4 CIDR block: write it like 10.0.0.0/16`,
		"10.0.1.0/16":    `"10.0.1.0/16" has host bits set: write 10.0.0.0/16`,
		"10.0.0.17/28":   `"10.0.0.17/28" has host bits set: write 10.0.0.16/28`,
		"10.0.0.0/8":     `"10.0.0.0/8" is larger than /16, the largest block that AWS takes: give a block from /16 to /28`,
		"10.0.0.0/15":    `"10.0.0.0/15" is larger than /16, the largest block that AWS takes: give a block from /16 to /28`,
		"0.0.0.0/0":      `"0.0.0.0/0" is larger than /16, the largest block that AWS takes: give a block from /16 to /28`,
		"10.0.0.0/29":    `"10.0.0.0/29" is smaller than /28, the smallest block that AWS takes: give a block from /16 to /28`,
		"10.0.0.0/32":    `"10.0.0.0/32" is smaller than /28, the smallest block that AWS takes: give a block from /16 to /28`,
		"0.1.0.0/16":     `"0.1.0.0/16" lies in 0.0.0.0/8, reserved for the local network: take a private block, such as 10.0.0.0/16`,
		"127.0.0.0/24":   `"127.0.0.0/24" lies in 127.0.0.0/8, reserved for loopback: take a private block, such as 10.0.0.0/16`,
		"169.254.0.0/16": `"169.254.0.0/16" lies in 169.254.0.0/16, reserved for link-local addresses, ` +
			`which instances need for DNS, time and metadata: take a private block, such as 10.0.0.0/16`,
		"224.0.0.0/16": `"224.0.0.0/16" lies in 224.0.0.0/3, reserved for multicast and future use: take a private block, such as 10.0.0.0/16`,
		"255.255.0.0/16": `"255.255.0.0/16" lies in 224.0.0.0/3, reserved for multicast and future use: take a private block, ` +
			`such as 10.0.0.0/16`,
	} {
		block, err := ParseBlock(text)
		require.EqualError(t, err, want)
		require.Equal(t, netip.Prefix{}, block)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"10.0.0.0/16": 65531, "10.0.0.0/24": 251, "10.0.0.0/27": 27, "10.0.0.0/28": 11} {
		require.Equal(t, want, Addresses(netip.MustParsePrefix(text)), text)
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		outer, inner string
		want         bool
	}{
		{"10.0.0.0/16", "10.0.0.0/16", true},
		{"10.0.0.0/16", "10.0.255.240/28", true},
		{"10.0.0.0/16", "10.1.0.0/28", false},
		{"10.0.0.0/16", "9.255.255.240/28", false},
		{"10.0.0.0/24", "10.0.0.0/23", false},
		{"10.0.0.0/24", "10.0.0.0/16", false},
	} {
		got := Contains(netip.MustParsePrefix(test.outer), netip.MustParsePrefix(test.inner))
		require.Equal(t, test.want, got, "%s in %s", test.inner, test.outer)
	}
}

func TestDerivedBlocks(t *testing.T) {
	t.Parallel()
	const none = "invalid Prefix"
	for _, test := range []struct{ vpc, zone, app, privatelink string }{
		{"10.0.0.0/16", "a", "10.0.11.0/24", "10.0.1.0/24"},
		{"10.0.0.0/16", "c", "10.0.13.0/24", "10.0.3.0/24"},
		{"10.0.0.0/16", "z", "10.0.36.0/24", "10.0.26.0/24"},
		{"172.31.0.0/16", "b", "172.31.12.0/24", "172.31.2.0/24"},
		{"10.0.64.0/18", "a", "10.0.75.0/24", "10.0.65.0/24"},
		{"10.0.240.0/20", "a", "10.0.251.0/24", "10.0.241.0/24"},
		{"10.0.240.0/20", "e", "10.0.255.0/24", "10.0.245.0/24"},
		{"10.0.240.0/20", "f", none, "10.0.246.0/24"},
		{"10.0.240.0/20", "o", none, "10.0.255.0/24"},
		{"10.0.240.0/20", "p", none, none},
		{"10.0.0.0/21", "a", none, none},
		{"10.0.0.0/16", "", none, none},
		{"10.0.0.0/16", "A", none, none},
		{"10.0.0.0/16", "1", none, none},
		{"10.0.0.0/16", "1a", none, none},
	} {
		app, ok := AppBlock(netip.MustParsePrefix(test.vpc), test.zone)
		require.Equal(t, test.app, app.String(), "%s %s", test.vpc, test.zone)
		require.Equal(t, test.app != none, ok, "%s %s", test.vpc, test.zone)
		privatelink, ok := PrivatelinkBlock(netip.MustParsePrefix(test.vpc), test.zone)
		require.Equal(t, test.privatelink, privatelink.String(), "%s %s", test.vpc, test.zone)
		require.Equal(t, test.privatelink != none, ok, "%s %s", test.vpc, test.zone)
	}
	for _, derive := range []func(netip.Prefix, string) (netip.Prefix, bool){AppBlock, PrivatelinkBlock} {
		_, ok := derive(netip.Prefix{}, "a")
		require.False(t, ok, "of no VPC")
	}
}

// Whatever the VPC: a block that parses is one that AWS takes, and what is derived from it lies within it, apart from
// what is derived for the other zones that a Region can have.
func TestDerivedBlocks_lieApartWithinTheVPC(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	derived := 0
	for range 2000 {
		address := netip.AddrFrom4([4]byte{
			byte(random.IntN(256)), byte(random.IntN(256)), byte(random.IntN(256)), byte(random.IntN(256)),
		})
		given := netip.PrefixFrom(address, 10+random.IntN(22)).Masked()
		vpc, err := ParseBlock(given.String())
		if err != nil {
			continue
		}
		require.True(t, vpc.Bits() >= 16 && vpc.Bits() <= 28 && vpc == vpc.Masked(), vpc)
		require.Equal(t, 1<<(32-vpc.Bits())-5, Addresses(vpc))
		var taken []netip.Prefix
		for _, zone := range []string{"a", "b", "c", "d", "e", "f"} {
			for _, derive := range []func(netip.Prefix, string) (netip.Prefix, bool){AppBlock, PrivatelinkBlock} {
				block, ok := derive(vpc, zone)
				if !ok {
					continue
				}
				derived++
				reparsed, err := ParseBlock(block.String())
				require.NoError(t, err)
				require.Equal(t, block, reparsed)
				require.True(t, Contains(vpc, block), "%s in %s", block, vpc)
				for _, other := range taken {
					require.False(t, block.Overlaps(other), "%s and %s in %s", block, other, vpc)
				}
				taken = append(taken, block)
			}
		}
	}
	require.Greater(t, derived, 1000, "the loop saw too few VPCs to prove anything")
}
