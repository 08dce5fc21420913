package network

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/diag"
)

func blocks(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// problem is the key and the code of a diagnostic, with texts that its message contains.
type problem struct {
	key      string
	code     diag.Code
	contains []string
}

func requireProblems(t *testing.T, want []problem, got diag.Diagnostics) {
	t.Helper()
	require.Len(t, got, len(want), got)
	for i, w := range want {
		require.Equal(t, w.key, got[i].Key, got)
		require.Equal(t, w.code, got[i].Code, got)
		for _, text := range w.contains {
			require.Contains(t, got[i].Message, text)
		}
	}
}

func TestSubnetOptions_rejects(t *testing.T) {
	t.Parallel()
	vpc := netip.MustParsePrefix("10.0.0.0/16")
	for name, test := range map[string]struct {
		options SubnetOptions
		want    []problem
	}{
		"no zones": {SubnetOptions{VPC: vpc}, []problem{{"zones", diag.NoValue, nil}}},
		"malformed and duplicate zones": {
			SubnetOptions{VPC: vpc, Zones: []string{"a", "A", "eu-west-1a", "a", ""}},
			[]problem{
				{"zones", diag.Malformed, []string{`"A"`}},
				{"zones", diag.Malformed, []string{`"eu-west-1a"`}},
				{"zones", diag.Duplicate, []string{`"a"`}},
				{"zones", diag.Malformed, []string{`""`}},
			},
		},
		"a VPC without room for default subnets": {
			SubnetOptions{VPC: netip.MustParsePrefix("10.0.0.0/21"), Zones: []string{"a", "c"}, Layout: SeparateSubnets},
			[]problem{{"vpcCidr", diag.OutOfRange, []string{"10.0.0.0/21", "a, c", "/20"}}},
		},
		"a VPC without room for a late zone": {
			SubnetOptions{VPC: netip.MustParsePrefix("10.0.0.0/20"), Zones: []string{"f", "z"}, Layout: SeparateSubnets},
			[]problem{{"vpcCidr", diag.OutOfRange, []string{"10.0.0.0/20", "f, z", "/18"}}},
		},
		"lists of another length": {
			SubnetOptions{
				VPC: vpc, Zones: []string{"a", "c"}, Layout: SeparateSubnets, App: blocks("10.0.10.0/24"),
				Privatelink: blocks("10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"),
			},
			[]problem{{"appSubnetCidrs", diag.Conflict, []string{"1", "2"}}, {"privatelinkSubnetCidrs", diag.Conflict, []string{"3", "2"}}},
		},
		"blocks outside of the VPC": {
			SubnetOptions{
				VPC: vpc, Zones: []string{"a"}, Layout: SeparateSubnets, App: blocks("10.1.11.0/24"), Privatelink: blocks("192.168.0.0/24"),
			},
			[]problem{
				{"appSubnetCidrs", diag.OutOfRange, []string{"10.1.11.0/24", "10.0.0.0/16"}},
				{"privatelinkSubnetCidrs", diag.OutOfRange, []string{"192.168.0.0/24", "10.0.0.0/16"}},
			},
		},
		"configured blocks that overlap": {
			SubnetOptions{
				VPC: vpc, Zones: []string{"a", "c"}, Layout: SeparateSubnets, App: blocks("10.0.10.0/24", "10.0.10.0/24"),
				Privatelink: blocks("10.0.1.0/24", "10.0.1.128/25"),
			},
			[]problem{
				{"appSubnetCidrs", diag.Conflict, []string{"10.0.10.0/24", "zone c", "zone a"}},
				{"privatelinkSubnetCidrs", diag.Conflict, []string{"10.0.1.128/25", "10.0.1.0/24"}},
			},
		},
		// The default block of the other list was not set by anybody.
		"an app block that overlaps a default privatelink block": {
			SubnetOptions{VPC: vpc, Zones: []string{"a"}, Layout: SeparateSubnets, App: blocks("10.0.1.0/24")},
			[]problem{{"appSubnetCidrs", diag.Conflict, []string{"10.0.1.0/24", "privatelinkSubnetCidrs"}}},
		},
		"a privatelink block that overlaps a default app block": {
			SubnetOptions{VPC: vpc, Zones: []string{"a"}, Layout: SeparateSubnets, Privatelink: blocks("10.0.11.0/25")},
			[]problem{{"privatelinkSubnetCidrs", diag.Conflict, []string{"10.0.11.0/25", "10.0.11.0/24", "appSubnetCidrs"}}},
		},
		"privatelink blocks in the shared layout": {
			SubnetOptions{VPC: vpc, Zones: []string{"a"}, Layout: SharedSubnets, Privatelink: blocks("10.0.1.0/24")},
			[]problem{{"privatelinkSubnetCidrs", diag.Conflict, []string{"subnetLayout"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireProblems(t, test.want, test.options.Validate())
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

func TestParseTarget(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10.0.32.0/24:5432": "10.0.32.0/24:5432", "10.0.32.10:5432": "10.0.32.10/32:5432", "0.0.0.0/0:1": "0.0.0.0/0:1",
		"10.0.32.10/32:65535": "10.0.32.10/32:65535",
	} {
		target, err := ParseTarget(text)
		require.NoError(t, err)
		require.Equal(t, want, target.String())
		again, err := ParseTarget(target.String())
		require.NoError(t, err)
		require.Equal(t, target, again)
	}
	for _, text := range []string{
		"", "10.0.32.0/24", "10.0.32.10", "10.0.32.0/24:0", "10.0.32.0/24:65536", "10.0.32.0/24:05432", "db:5432", "fd00::/64:1", "[fd00::1]:1",
		"10.0.32.7/24:5432",
	} {
		_, err := ParseTarget(text)
		require.ErrorContains(t, err, `"`+text+`"`)
	}
	_, err := ParseTarget("10.0.32.7/24:5432")
	require.ErrorContains(t, err, "write 10.0.32.0/24:5432")
}

func TestOptions_reject(t *testing.T) {
	t.Parallel()
	requireProblems(t, nil, SecurityGroupOptions{Forward: make([]Target, 50)}.Validate())
	requireProblems(t, []problem{{"forwardTo", diag.TooMany, []string{"51", "50"}}}, SecurityGroupOptions{Forward: make([]Target, 51)}.Validate())
	for _, days := range []int{0, 1, 365, 3653} {
		requireProblems(t, nil, FlowLogOptions{KeepDays: days}.Validate())
	}
	for _, days := range []int{-1, 2, 364, 3654} {
		requireProblems(t, []problem{{"flowLogDays", diag.OutOfRange, nil}}, FlowLogOptions{KeepDays: days}.Validate())
	}
}
