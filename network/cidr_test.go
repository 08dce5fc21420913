package network

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseCIDR(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"10.0.0.0/16", "10.0.0.0/28", "10.255.255.240/28", "172.16.0.0/20", "192.168.0.0/24", "100.64.0.0/16", "1.0.0.0/16",
		"126.255.0.0/16", "128.0.0.0/16", "169.253.0.0/16", "169.255.0.0/16", "223.255.0.0/16",
	} {
		block, err := ParseCIDR(text)
		require.NoError(t, err)
		require.Equal(t, netip.MustParsePrefix(text), block)
	}
}

// The error contains the value and the remedy.
func TestParseCIDR_rejects(t *testing.T) {
	t.Parallel()
	for text, remedy := range map[string]string{
		"":               "10.0.0.0/16",
		"10.0.0.0":       "10.0.0.0/16",
		"10.0.0/16":      "10.0.0.0/16",
		"10.0.0.0/33":    "10.0.0.0/16",
		"10.0.0.0/016":   "10.0.0.0/16",
		" 10.0.0.0/16":   "10.0.0.0/16",
		"fd00::/64":      "10.0.0.0/16",
		"::ffff:a00:0/8": "10.0.0.0/16",
		"10.0.1.0/16":    "use 10.0.0.0/16",
		"10.0.0.17/28":   "use 10.0.0.16/28",
		"10.0.0.0/8":     "/16 to /28",
		"10.0.0.0/15":    "/16 to /28",
		"0.0.0.0/0":      "/16 to /28",
		"10.0.0.0/29":    "/16 to /28",
		"10.0.0.0/32":    "/16 to /28",
		"0.1.0.0/16":     "0.0.0.0/8",
		"127.0.0.0/24":   "127.0.0.0/8",
		"169.254.0.0/16": "169.254.0.0/16",
		"224.0.0.0/16":   "224.0.0.0/3",
		"255.255.0.0/16": "224.0.0.0/3",
	} {
		block, err := ParseCIDR(text)
		require.ErrorContains(t, err, `"`+text+`"`)
		require.ErrorContains(t, err, remedy)
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
		got := contains(netip.MustParsePrefix(test.outer), netip.MustParsePrefix(test.inner))
		require.Equal(t, test.want, got, "%s in %s", test.inner, test.outer)
	}
}

func TestDefaultSubnet(t *testing.T) {
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
	} {
		app, ok := defaultSubnet(netip.MustParsePrefix(test.vpc), firstApp, test.zone)
		require.Equal(t, test.app, app.String(), "%s %s", test.vpc, test.zone)
		require.Equal(t, test.app != none, ok, "%s %s", test.vpc, test.zone)
		privatelink, ok := defaultSubnet(netip.MustParsePrefix(test.vpc), firstPrivatelink, test.zone)
		require.Equal(t, test.privatelink, privatelink.String(), "%s %s", test.vpc, test.zone)
		require.Equal(t, test.privatelink != none, ok, "%s %s", test.vpc, test.zone)
	}
}
