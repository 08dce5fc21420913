package network

import (
	"net/netip"
	"regexp"

	"bastionless/internal/diag"
)

// ExistingOptions name an existing VPC, and what the stack uses in it.
type ExistingOptions struct {
	// VPCID is the VPC. Empty: the stack creates one. Key: vpcId.
	VPCID string
	// AppSubnetIDs are subnets for the stack's instances, one in each zone. Key: appSubnetIds.
	AppSubnetIDs []string
	// EndpointSubnetIDs are subnets for the interface endpoints, one in each zone. Empty: the app subnets.
	// Key: endpointSubnetIds.
	EndpointSubnetIDs []string
	// RouteTableIDs are route tables that get a route to the S3 endpoint. Empty: those of the app subnets.
	// Key: routeTableIds.
	RouteTableIDs []string
}

// The values that SubnetOptions must have with an existing VPC: the defaults that Pulumi.yaml declares. The
// program cannot see whether a value was set or is a default.
var (
	DefaultVPCBlock = netip.MustParsePrefix("10.0.0.0/16")
	DefaultZones    = []string{"a"}
)

// IDs of EC2 end in 8 or 17 hexadecimal digits.
var (
	vpcID           = regexp.MustCompile(`^vpc-([0-9a-f]{8}|[0-9a-f]{17})$`)
	subnetID        = regexp.MustCompile(`^subnet-([0-9a-f]{8}|[0-9a-f]{17})$`)
	routeTableID    = regexp.MustCompile(`^rtb-([0-9a-f]{8}|[0-9a-f]{17})$`)
	securityGroupID = regexp.MustCompile(`^sg-([0-9a-f]{8}|[0-9a-f]{17})$`)
)

// Validate returns the problems with the options.
func (o ExistingOptions) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	if o.VPCID != "" {
		checkIDs(&diags, "vpcId", vpcID, "vpc", []string{o.VPCID})
	}
	for _, list := range []struct {
		key, prefix string
		id          *regexp.Regexp
		ids         []string
	}{
		{"appSubnetIds", "subnet", subnetID, o.AppSubnetIDs},
		{"endpointSubnetIds", "subnet", subnetID, o.EndpointSubnetIDs},
		{"routeTableIds", "rtb", routeTableID, o.RouteTableIDs},
	} {
		checkIDs(&diags, list.key, list.id, list.prefix, list.ids)
		if o.VPCID == "" && len(list.ids) > 0 {
			diags.Add(list.key, diag.Conflict, "the list has no effect without vpcId: set vpcId to the VPC of %s, or remove "+
				"this key", list.ids[0])
		}
	}
	return diags
}

// checkIDs reports the IDs that do not match form.
func checkIDs(diags *diag.Diagnostics, key string, form *regexp.Regexp, prefix string, ids []string) {
	for _, id := range ids {
		if !form.MatchString(id) {
			diags.Add(key, diag.Malformed, "%q is not a valid ID for this key: use %s- followed by 17 hexadecimal digits", id, prefix)
		}
	}
}
