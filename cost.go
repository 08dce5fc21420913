package main

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// hoursPerMonth is what AWS reckons a month with.
const hoursPerMonth = 730

// keyMonth is a KMS key's price in every Region, in US dollars. https://aws.amazon.com/kms/pricing/
const keyMonth = 1.0

// prices are a Region's, in US dollars, as of 2026-09. Traffic is not in them.
type prices struct {
	endpointHour   float64            // an interface endpoint in one zone: https://aws.amazon.com/privatelink/pricing/
	volumeGiBMonth float64            // gp3: https://aws.amazon.com/ebs/pricing/
	instanceHour   map[string]float64 // Linux, on demand: https://aws.amazon.com/ec2/pricing/on-demand/
}

var priceTable = map[string]prices{
	"us-east-1": {
		endpointHour:   0.01,
		volumeGiBMonth: 0.08,
		instanceHour: map[string]float64{
			"t3.nano": 0.0052, "t3.micro": 0.0104, "t3.small": 0.0208, "t3.medium": 0.0416, "t3.large": 0.0832,
			"t4g.nano": 0.0042, "t4g.micro": 0.0084, "t4g.small": 0.0168, "t4g.medium": 0.0336, "t4g.large": 0.0672,
		},
	},
	"ap-northeast-1": {
		endpointHour:   0.014,
		volumeGiBMonth: 0.096,
		instanceHour: map[string]float64{
			"t3.nano": 0.0068, "t3.micro": 0.0136, "t3.small": 0.0272, "t3.medium": 0.0544, "t3.large": 0.1088,
			"t4g.nano": 0.0054, "t4g.micro": 0.0108, "t4g.small": 0.0216, "t4g.medium": 0.0432, "t4g.large": 0.0864,
		},
	},
}

// monitoringMonth is the price of an instance's detailed metrics, seven at 0.30, in every Region of the table.
// https://aws.amazon.com/cloudwatch/pricing/
const monitoringMonth = 2.1

// cost is a stack's fixed charges for a month, in US dollars. A part is nil where the price is not in the table.
type cost struct {
	endpoints, instances, volumes, monitoring, key *float64
}

// monthlyCost reckons the charges that a stack has while nobody uses it.
func monthlyCost(s *settings, region string) cost {
	key, monitoring := 0.0, 0.0
	if s.sessionEncryption {
		key = keyMonth
	}
	table, ok := priceTable[region]
	if !ok {
		return cost{key: &key}
	}
	count := float64(len(s.members()))
	if s.detailedMonitoring {
		monitoring = count * monitoringMonth
	}
	endpoints := float64(len(s.services())*len(s.zones)) * table.endpointHour * hoursPerMonth
	volumes := count * float64(s.rootVolumeGiB) * table.volumeGiBMonth
	c := cost{endpoints: &endpoints, volumes: &volumes, monitoring: &monitoring, key: &key}
	if hour, ok := table.instanceHour[s.instanceType]; ok {
		instances := count * hour * hoursPerMonth
		c.instances = &instances
	}
	return c
}

// output is the cost as a stack output: texts, each an amount or "not known".
func (c cost) output() pulumi.StringMap {
	total := 0.0
	known := true
	output := pulumi.StringMap{"currency": pulumi.String("USD")}
	for _, part := range []struct {
		name   string
		amount *float64
	}{
		{"endpoints", c.endpoints}, {"instances", c.instances}, {"volumes", c.volumes}, {"monitoring", c.monitoring}, {"key", c.key},
	} {
		if part.amount == nil {
			output[part.name], known = pulumi.String("not known"), false
			continue
		}
		output[part.name] = pulumi.String(fmt.Sprintf("%.2f", *part.amount))
		total += *part.amount
	}
	output["total"] = pulumi.String("not known")
	if known {
		output["total"] = pulumi.String(fmt.Sprintf("%.2f", total))
	}
	return output
}
