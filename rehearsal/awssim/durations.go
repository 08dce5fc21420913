package awssim

import "time"

// Duration is how long AWS typically takes to create and delete a resource of a type.
type Duration struct {
	Type           string
	Create, Delete time.Duration
	// Source is the URL of the source of these values, or "estimate".
	Source string
}

// Durations are typical durations. For types that are not listed, AWS takes a fraction of a second. The
// simulation itself does not wait.
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
