package awssim

import (
	"context"
	"time"
)

// Duration is how long an operation on a resource of a type takes at AWS, typically.
type Duration struct {
	Type           string
	Create, Delete time.Duration
	// Source is where the figures come from: an address, or "estimate".
	Source string
}

// Durations are typical ones. What is not listed is done at once: a call takes a fraction of a second.
var Durations = []Duration{
	{"aws:ec2/vpc:Vpc", 22 * time.Second, time.Second, "https://github.com/DevopsArtFactory/terraform-provisioning/pull/5"},
	{"aws:ec2/subnet:Subnet", 11 * time.Second, time.Second, "estimate"},
	{"aws:ec2/routeTable:RouteTable", time.Second, time.Second, "https://github.com/DevopsArtFactory/terraform-provisioning/pull/5"},
	{"aws:ec2/routeTableAssociation:RouteTableAssociation", time.Second, time.Second, "estimate"},
	{"aws:ec2/securityGroup:SecurityGroup", 3 * time.Second, time.Second, "estimate"},
	{"aws:ec2/vpcEndpoint:VpcEndpoint", 120 * time.Second, 120 * time.Second, "estimate"},
	{"aws:iam/role:Role", time.Second, time.Second, "estimate"},
	{"aws:iam/instanceProfile:InstanceProfile", 7 * time.Second, time.Second, "estimate"},
	{"aws:ec2/instance:Instance", 20 * time.Second, 60 * time.Second, "estimate"},
}

// wait takes the time that an operation typically takes, times the cloud's factor, or until ctx ends.
func (c *Cloud) wait(ctx context.Context, token string, operation Operation) error {
	if c.options.Latency == 0 {
		return nil
	}
	for _, d := range Durations {
		if d.Type != token {
			continue
		}
		typical := map[Operation]time.Duration{Create: d.Create, Delete: d.Delete}[operation]
		timer := time.NewTimer(time.Duration(float64(typical) * c.options.Latency))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
