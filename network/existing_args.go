package network

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ExistingSubnet is a subnet that the stack uses and does not own.
type ExistingSubnet struct {
	// ID is the subnet's ID. Required.
	ID string
	// Zone is the letter of its Availability Zone. Required.
	Zone string
	// RouteTableID is the subnet's route table. Required.
	RouteTableID string
	// MainRouteTable says that the route table is the VPC's main one, with which the subnet has no explicit
	// association.
	MainRouteTable bool
	// NetworkACLID is the subnet's network ACL. Required.
	NetworkACLID string
	// DefaultNetworkACL says that the ACL is the VPC's default one, which is a different type of resource.
	DefaultNetworkACL bool
}

// ExistingVPCArgs describes a VPC that exists. All fields are plain: resources are named after the IDs.
type ExistingVPCArgs struct {
	// VPCID is the VPC. Required.
	VPCID string
	// AppSubnets are the subnets for instances, at most one in each zone.
	AppSubnets []ExistingSubnet
	// EndpointSubnets are the subnets for interface endpoints, at most one in each zone. Empty: AppSubnets.
	EndpointSubnets []ExistingSubnet
	// OtherSubnets are the subnets of existing instances on which the session role allows sessions, and of existing endpoints
	// that the stack uses.
	OtherSubnets []ExistingSubnet
	// S3RouteTableIDs are the route tables that get a route to the S3 endpoint.
	S3RouteTableIDs []string
	// ClientGroupIDs are security groups whose members can reach the endpoints.
	ClientGroupIDs []string
	// InstanceGroupIDs are existing security groups that the stack's instances get.
	InstanceGroupIDs []string
}

// subnets returns all subnets, each once.
func (a *ExistingVPCArgs) subnets() []ExistingSubnet {
	var all []ExistingSubnet
	for _, subnet := range slices.Concat(a.AppSubnets, a.EndpointSubnets, a.OtherSubnets) {
		if !slices.ContainsFunc(all, func(other ExistingSubnet) bool { return other.ID == subnet.ID }) {
			all = append(all, subnet)
		}
	}
	return all
}

// groups returns all security groups, each once.
func (a *ExistingVPCArgs) groups() []string {
	all := slices.Concat(a.ClientGroupIDs, a.InstanceGroupIDs)
	slices.Sort(all)
	return slices.Compact(all)
}

// interfaceSubnets returns the subnets for interface endpoints.
func (a *ExistingVPCArgs) interfaceSubnets() []ExistingSubnet {
	if len(a.EndpointSubnets) > 0 {
		return a.EndpointSubnets
	}
	return a.AppSubnets
}

func (a *ExistingVPCArgs) inputs() pulumi.Map {
	ids := func(subnets []ExistingSubnet) pulumi.StringMap {
		all := pulumi.StringMap{}
		for _, subnet := range subnets {
			all[subnet.Zone] = pulumi.String(subnet.ID)
		}
		return all
	}
	inputs := pulumi.Map{
		"vpcId":             pulumi.String(a.VPCID),
		"appSubnetIds":      ids(a.AppSubnets),
		"endpointSubnetIds": ids(a.EndpointSubnets),
		"s3RouteTableIds":   pulumi.ToStringArray(a.S3RouteTableIDs),
		"clientGroupIds":    pulumi.ToStringArray(a.ClientGroupIDs),
	}
	if len(a.InstanceGroupIDs) > 0 {
		inputs["instanceGroupIds"] = pulumi.ToStringArray(a.InstanceGroupIDs)
	}
	if len(a.OtherSubnets) > 0 {
		others := pulumi.StringArray{}
		for _, subnet := range a.OtherSubnets {
			others = append(others, pulumi.String(subnet.ID))
		}
		inputs["otherSubnetIds"] = others
	}
	return inputs
}

func (a *ExistingVPCArgs) validateArgs() error {
	if a == nil {
		return errors.New("missing args")
	}
	var errs []error
	if a.VPCID == "" {
		errs = append(errs, errors.New("missing VPCID"))
	}
	for _, group := range []struct {
		field   string
		subnets []ExistingSubnet
	}{{"AppSubnets", a.AppSubnets}, {"EndpointSubnets", a.EndpointSubnets}} {
		zones := map[string]bool{}
		for _, subnet := range group.subnets {
			if subnet.ID == "" || subnet.Zone == "" || subnet.RouteTableID == "" || subnet.NetworkACLID == "" {
				errs = append(errs, fmt.Errorf("field %s: subnet %q: ID, Zone, RouteTableID and NetworkACLID are required",
					group.field, subnet.ID))
			}
			if zones[subnet.Zone] {
				errs = append(errs, fmt.Errorf("field %s has two subnets in zone %q", group.field, subnet.Zone))
			}
			zones[subnet.Zone] = true
		}
	}
	for _, subnet := range a.OtherSubnets {
		if subnet.ID == "" || subnet.RouteTableID == "" || subnet.NetworkACLID == "" {
			errs = append(errs, fmt.Errorf("field OtherSubnets: subnet %q: ID, RouteTableID and NetworkACLID are required", subnet.ID))
		}
	}
	return errors.Join(errs...)
}
