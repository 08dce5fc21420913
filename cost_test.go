package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
	"bastionless/network"
)

func TestMonthlyCost(t *testing.T) {
	t.Parallel()
	type amounts struct{ endpoints, instances, volumes, monitoring, key, total string }
	none := "not known"
	zones := func(letters ...string) []network.Zone {
		all := make([]network.Zone, len(letters))
		for i, letter := range letters {
			all[i].Letter = letter
		}
		return all
	}
	prod := settings{
		zones: zones("a", "c"), s3Endpoint: true, sessionLogs: []sessionLog{cloudWatch, bucket}, sessionEncryption: true, flowLogDays: 365,
	}
	for name, test := range map[string]struct {
		region string
		s      settings
		want   amounts
	}{
		// 2 x 0.01 x 730; 0.0104 x 730 = 7.592; 8 x 0.08
		"dev in us-east-1": {"us-east-1", settings{zones: zones("a")}, amounts{"14.60", "7.59", "0.64", "0.00", "0.00", "22.83"}},
		// 2 x 0.014 x 730; 0.0136 x 730 = 9.928; 8 x 0.096 = 0.768
		"dev in ap-northeast-1": {"ap-northeast-1", settings{zones: zones("a")}, amounts{"20.44", "9.93", "0.77", "0.00", "0.00", "31.14"}},
		// 2 x 4 x 7.30; 2 x 7.592; 2 x 0.64; the key
		"prod in us-east-1": {"us-east-1", prod, amounts{"58.40", "15.18", "1.28", "0.00", "1.00", "75.86"}},
		// 2 x 4 x 10.22; 2 x 9.928; 2 x 0.768; the key
		"prod in ap-northeast-1": {"ap-northeast-1", prod, amounts{"81.76", "19.86", "1.54", "0.00", "1.00", "104.15"}},
		// Recorded to S3, whose endpoint is free, and limited in time.
		"recorded to S3": {
			"us-east-1",
			settings{zones: zones("a"), s3Endpoint: true, sessionLogs: []sessionLog{bucket}, sessionIdleMinutes: 15},
			amounts{"14.60", "7.59", "0.64", "0.00", "0.00", "22.83"},
		},
		"article": {"ap-northeast-1", settings{zones: zones("a"), ec2messages: true}, amounts{"30.66", "9.93", "0.77", "0.00", "0.00", "41.36"}},
		// The gateway endpoint is free.
		"with S3": {"us-east-1", settings{zones: zones("a"), s3Endpoint: true}, amounts{"14.60", "7.59", "0.64", "0.00", "0.00", "22.83"}},
		"more of everything": {
			"us-east-1",
			settings{
				zones: zones("a", "b", "c"), interfaceEndpoints: []string{"kms", "logs"}, instancesPerZone: 2,
				instanceType: "t4g.small", rootVolumeGiB: 20, detailedMonitoring: true,
			},
			amounts{"87.60", "73.58", "9.60", "12.60", "0.00", "183.38"}, // 12 x 7.30; 6 x 0.0168 x 730 = 73.584; 120 x 0.08; 6 x 2.10
		},
		"a type without a price": {
			"us-east-1", settings{zones: zones("a"), instanceType: "m7g.large"}, amounts{"14.60", none, "0.64", "0.00", "0.00", none},
		},
		"a Region without prices, with a key": {
			"eu-west-1", settings{zones: zones("a"), sessionEncryption: true}, amounts{none, none, none, none, "1.00", none},
		},
		"a Region without prices": {"eu-west-1", settings{zones: zones("a")}, amounts{none, none, none, none, "0.00", none}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.s.instanceType == "" {
				test.s.instanceType = "t3.micro"
			}
			if test.s.instancesPerZone == 0 {
				test.s.instancesPerZone, test.s.rootVolumeGiB = 1, 8
			}
			require.Equal(t, pulumi.StringMap{
				"currency":   pulumi.String("USD"),
				"endpoints":  pulumi.String(test.want.endpoints),
				"instances":  pulumi.String(test.want.instances),
				"volumes":    pulumi.String(test.want.volumes),
				"monitoring": pulumi.String(test.want.monitoring),
				"key":        pulumi.String(test.want.key),
				"total":      pulumi.String(test.want.total),
			}, monthlyCost(&test.s, test.region).output())
		})
	}
}

// row finds a row of a table of README.md by how its first cell begins, and returns the other cells.
func row(t *testing.T, begins string) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, costs, found := strings.Cut(string(text), "\n## What it costs\n")
	require.True(t, found)
	costs, _, _ = strings.Cut(costs, "\n## ")
	var rows [][]string
	for _, line := range strings.Split(costs, "\n") {
		if rest, ok := strings.CutPrefix(line, "| "+begins); ok {
			rows = append(rows, strings.Split(strings.TrimSuffix(rest, " |"), " | ")[1:])
		}
	}
	require.Len(t, rows, 1, begins)
	return rows[0]
}

// stackCost is the monthly cost of a stack in a Region, in dollars, with its settings changed.
func stackCost(t *testing.T, stack, region string, set values) float64 {
	t.Helper()
	config := pulumitest.StackConfig(t, ".", stack)
	for key, value := range set {
		config[pulumitest.Project+":"+key] = value
	}
	var output pulumi.StringMap
	result := pulumitest.Run(t, pulumitest.Setup{Stack: stack, Config: config}, func(ctx *pulumi.Context) error {
		found := &problems{}
		s := loadSettings(ctx, found)
		output = monthlyCost(&s, region).output()
		return found.err(stack)
	})
	require.NoError(t, result.Err)
	amount, err := strconv.ParseFloat(string(output["total"].(pulumi.String)), 64)
	require.NoError(t, err)
	return amount
}

var pricedRegions = []string{"us-east-1", "ap-northeast-1"}

// The README's prices of whole stacks are those that the stacks say of themselves.
func TestREADME_pricesOfStacks(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"dev", "prod"} {
		want := []string{}
		for _, region := range pricedRegions {
			want = append(want, fmt.Sprintf("%.2f", stackCost(t, stack, region, nil)))
		}
		require.Equal(t, want, row(t, "`"+stack+"`: "), stack)
	}
}

// A switch costs what it adds to dev. Amounts are rounded apart, so that a difference may be a cent off.
func TestREADME_pricesOfSwitches(t *testing.T) {
	t.Parallel()
	const priceless = "`sessionIdleMinutes`, "
	for begins, sets := range map[string][]values{
		"an interface endpoint in one zone: ": {{"ec2messagesEndpoint": "true"}, {"interfaceEndpoints": list("ecr.api")}},
		"`sessionLogs` with `cloudwatch`":     {{"sessionLogs": list("cloudwatch")}},
		"`sessionLogs` with `s3`":             {{"sessionLogs": list("s3")}},
		"`sessionEncryption`":                 {{"sessionEncryption": "true"}},
		"`instancesPerZone`":                  {{"instancesPerZone": "2"}},
		"`flowLogDays`":                       {{"flowLogDays": "365"}},
		"`detailedMonitoring`":                {{"detailedMonitoring": "true"}},
		priceless: {
			{"sessionIdleMinutes": "15"},
			{"sessionMaxMinutes": "60"},
			{"instancePolicy": "minimal"},
			{"permissionsBoundary": limits},
			{"mfaMaxAgeMinutes": "60"},
			{"organizationId": "o-exampleorgid"},
			{"terminationProtection": "true"},
			{"rootVolumeKmsKey": "arn:aws:kms:ap-northeast-1:123456789012:key/k-1"},
		},
	} {
		cells := row(t, begins)
		require.Len(t, cells, len(pricedRegions), begins)
		for i, region := range pricedRegions {
			amount, err := strconv.ParseFloat(cells[i], 64)
			require.NoError(t, err)
			for _, set := range sets {
				added := stackCost(t, "dev", region, set) - stackCost(t, "dev", region, nil)
				require.InDelta(t, amount, added, 0.0101, "%v in %s", set, region)
			}
		}
	}
}
