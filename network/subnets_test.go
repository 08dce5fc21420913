package network

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/diag"
	"bastionless/internal/diag/diagtest"
)

func blocks(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func TestSubnetOptions_rejects(t *testing.T) {
	t.Parallel()
	vpc := netip.MustParsePrefix("10.0.0.0/16")
	for name, test := range map[string]struct {
		options SubnetOptions
		want    []diagtest.Want
	}{
		"no zones": {SubnetOptions{VPC: vpc}, []diagtest.Want{diagtest.Problem("zones", diag.NoValue)}},
		"blocks without zones": {
			SubnetOptions{VPC: vpc, App: blocks("10.0.10.0/24")},
			[]diagtest.Want{
				diagtest.Problem("zones", diag.NoValue), diagtest.Problem("appSubnetCidrs", diag.Conflict, "1", "0"),
			},
		},
		"malformed and duplicate zones": {
			SubnetOptions{VPC: vpc, Zones: []string{"a", "A", "eu-west-1a", "a", ""}},
			[]diagtest.Want{
				diagtest.Problem("zones", diag.Malformed, `"A"`),
				diagtest.Problem("zones", diag.Malformed, `"eu-west-1a"`),
				diagtest.Problem("zones", diag.Duplicate, `"a"`),
				diagtest.Problem("zones", diag.Malformed, `""`),
			},
		},
		"a VPC without room for default subnets": {
			SubnetOptions{VPC: netip.MustParsePrefix("10.0.0.0/21"), Zones: []string{"a", "c"}, Layout: SeparateSubnets},
			[]diagtest.Want{diagtest.Problem("vpcCidr", diag.OutOfRange, "10.0.0.0/21", "a, c", "/20")},
		},
		"a VPC without room for the app subnet of zone f": {
			SubnetOptions{VPC: netip.MustParsePrefix("10.0.0.0/20"), Zones: []string{"f"}, Layout: SharedSubnets},
			[]diagtest.Want{diagtest.Problem("vpcCidr", diag.OutOfRange, "10.0.0.0/20", "f", "/19")},
		},
		"a VPC without room for the privatelink subnet of zone p": {
			SubnetOptions{
				VPC: netip.MustParsePrefix("10.0.0.0/20"), Zones: []string{"p"}, Layout: SeparateSubnets, App: blocks("10.0.0.0/24"),
			},
			[]diagtest.Want{diagtest.Problem("vpcCidr", diag.OutOfRange, "10.0.0.0/20", "p", "/19")},
		},
		"a VPC without room for zone z": {
			SubnetOptions{VPC: netip.MustParsePrefix("10.0.0.0/20"), Zones: []string{"f", "z"}, Layout: SeparateSubnets},
			[]diagtest.Want{diagtest.Problem("vpcCidr", diag.OutOfRange, "10.0.0.0/20", "f, z", "/18")},
		},
		"lists of another length": {
			SubnetOptions{
				VPC: vpc, Zones: []string{"a", "c"}, Layout: SeparateSubnets, App: blocks("10.0.10.0/24"),
				Privatelink: blocks("10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"),
			},
			[]diagtest.Want{
				diagtest.Problem("appSubnetCidrs", diag.Conflict, "1", "2"),
				diagtest.Problem("privatelinkSubnetCidrs", diag.Conflict, "3", "2"),
			},
		},
		"blocks outside of the VPC": {
			SubnetOptions{
				VPC: vpc, Zones: []string{"a"}, Layout: SeparateSubnets, App: blocks("10.1.11.0/24"), Privatelink: blocks("192.168.0.0/24"),
			},
			[]diagtest.Want{
				diagtest.Problem("appSubnetCidrs", diag.OutOfRange, "10.1.11.0/24", "10.0.0.0/16"),
				diagtest.Problem("privatelinkSubnetCidrs", diag.OutOfRange, "192.168.0.0/24", "10.0.0.0/16"),
			},
		},
		"configured blocks that overlap": {
			SubnetOptions{
				VPC: vpc, Zones: []string{"a", "c"}, Layout: SeparateSubnets, App: blocks("10.0.10.0/24", "10.0.10.0/24"),
				Privatelink: blocks("10.0.1.0/24", "10.0.1.128/25"),
			},
			[]diagtest.Want{
				diagtest.Problem("appSubnetCidrs", diag.Conflict, "10.0.10.0/24", "zone c", "zone a"),
				diagtest.Problem("privatelinkSubnetCidrs", diag.Conflict, "10.0.1.128/25", "10.0.1.0/24"),
			},
		},
		// The user did not set the other list, so its block is a default block.
		"an app block that overlaps a default privatelink block": {
			SubnetOptions{VPC: vpc, Zones: []string{"a"}, Layout: SeparateSubnets, App: blocks("10.0.1.0/24")},
			[]diagtest.Want{diagtest.Problem("appSubnetCidrs", diag.Conflict, "10.0.1.0/24", "privatelinkSubnetCidrs")},
		},
		"a privatelink block that overlaps a default app block": {
			SubnetOptions{VPC: vpc, Zones: []string{"a"}, Layout: SeparateSubnets, Privatelink: blocks("10.0.11.0/25")},
			[]diagtest.Want{diagtest.Problem("privatelinkSubnetCidrs", diag.Conflict, "10.0.11.0/25", "10.0.11.0/24", "appSubnetCidrs")},
		},
		// The user set neither of the two blocks.
		"default blocks that overlap": {
			SubnetOptions{VPC: vpc, Zones: []string{"a", "k"}, Layout: SeparateSubnets},
			[]diagtest.Want{
				diagtest.Problem("zones", diag.Conflict, "10.0.11.0/24", "appSubnetCidrs", "privatelinkSubnetCidrs"),
			},
		},
		"blocks that overlap in several ways": {
			SubnetOptions{
				VPC: vpc, Zones: []string{"a", "c"}, Layout: SeparateSubnets, App: blocks("10.0.0.0/22", "10.0.3.0/24"),
			},
			[]diagtest.Want{
				diagtest.Problem("appSubnetCidrs", diag.Conflict, "10.0.3.0/24 (zone c)", "10.0.0.0/22"),
				diagtest.Problem("appSubnetCidrs", diag.Conflict, "10.0.0.0/22 (zone a)", "10.0.1.0/24"),
				diagtest.Problem("appSubnetCidrs", diag.Conflict, "10.0.0.0/22 (zone a)", "10.0.3.0/24", "privatelinkSubnetCidrs"),
				diagtest.Problem("appSubnetCidrs", diag.Conflict, "10.0.3.0/24 (zone c)", "privatelinkSubnetCidrs"),
			},
		},
		"privatelink blocks in the shared layout": {
			SubnetOptions{VPC: vpc, Zones: []string{"a"}, Layout: SharedSubnets, Privatelink: blocks("10.0.1.0/24")},
			[]diagtest.Want{diagtest.Problem("privatelinkSubnetCidrs", diag.Conflict, "subnetLayout")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, test.want, test.options.Validate())
		})
	}
}

func TestSubnetOptions_accepts(t *testing.T) {
	t.Parallel()
	vpc := netip.MustParsePrefix("10.0.0.0/16")
	for name, options := range map[string]SubnetOptions{
		"default blocks of the first and the last zone letter": {VPC: vpc, Zones: []string{"a", "z"}, Layout: SeparateSubnets},
		"default blocks in the smallest VPC": {
			VPC: netip.MustParsePrefix("10.0.240.0/20"), Zones: strings.Split("abcde", ""), Layout: SeparateSubnets,
		},
		"a block as large as the VPC": {VPC: vpc, Zones: []string{"a"}, Layout: SharedSubnets, App: blocks("10.0.0.0/16")},
		"blocks in a VPC that is too small for default blocks": {
			VPC: netip.MustParsePrefix("10.0.0.0/27"), Zones: []string{"a"}, Layout: SeparateSubnets,
			App: blocks("10.0.0.0/28"), Privatelink: blocks("10.0.0.16/28"),
		},
		"a block next to a default block": {VPC: vpc, Zones: []string{"a"}, Layout: SeparateSubnets, App: blocks("10.0.2.0/24")},
		"zones whose default blocks would overlap in the separate layout": {
			VPC: vpc, Zones: []string{"a", "k"}, Layout: SharedSubnets,
		},
		// Package config reports these.
		"a VPC that is not valid":   {Zones: []string{"a"}, Layout: SeparateSubnets, App: blocks("10.0.2.0/24")},
		"blocks that are not valid": {VPC: vpc, Zones: []string{"a"}, Layout: SharedSubnets, App: make([]netip.Prefix, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, nil, options.Validate())
		})
	}
}

func TestSubnetOptions_plan(t *testing.T) {
	t.Parallel()
	options := SubnetOptions{
		VPC: netip.MustParsePrefix("10.0.0.0/16"), Zones: []string{"c", "a"}, Layout: SeparateSubnets,
		App: blocks("10.0.100.0/24", "10.0.101.0/24"),
	}
	require.Empty(t, options.Validate())
	require.Equal(t, []Zone{
		{Letter: "c", App: blocks("10.0.100.0/24")[0], Privatelink: blocks("10.0.3.0/24")[0]},
		{Letter: "a", App: blocks("10.0.101.0/24")[0], Privatelink: blocks("10.0.1.0/24")[0]},
	}, options.Plan())
	options.Layout = SharedSubnets
	for _, zone := range options.Plan() {
		require.False(t, zone.Privatelink.IsValid())
	}
}

// Default subnets of every VPC are in it and do not overlap.
func TestSubnetOptions_defaultsFit(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	planned := 0
	for range 2000 {
		address := netip.AddrFrom4([4]byte{
			byte(random.IntN(256)), byte(random.IntN(256)), byte(random.IntN(256)), byte(random.IntN(256)),
		})
		vpc, err := ParseCIDR(netip.PrefixFrom(address, 10+random.IntN(22)).Masked().String())
		if err != nil {
			continue
		}
		options := SubnetOptions{VPC: vpc, Zones: strings.Split("abcdef", ""), Layout: SeparateSubnets}
		if slices.ContainsFunc(options.Validate(), func(d diag.Diagnostic) bool { return d.Key == "vpcCidr" }) {
			continue
		}
		require.Empty(t, options.Validate())
		var all []netip.Prefix
		for _, zone := range options.Plan() {
			for _, block := range []netip.Prefix{zone.App, zone.Privatelink} {
				planned++
				require.True(t, contains(vpc, block), "%s in %s", block, vpc)
				for _, other := range all {
					require.False(t, block.Overlaps(other), "%s and %s in %s", block, other, vpc)
				}
				all = append(all, block)
			}
		}
	}
	require.Greater(t, planned, 1000, "too few VPCs to prove anything")
}
