package main

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

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
