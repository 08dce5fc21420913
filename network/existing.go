package network

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/contract"
)

// ExistingVPC is a VPC that belongs to somebody else, with those of its subnets, route tables, network ACLs and
// security groups that the stack uses. The component reads them into the state, and never changes or deletes
// them. Resources are named after IDs, so they share no name with what the stack owns.
type ExistingVPC struct {
	pulumi.ResourceState

	// VPCID is the VPC's ID.
	VPCID pulumi.IDOutput `pulumi:"vpcId"`
	// AppSubnetIDs maps a zone's letter to its subnet for instances.
	AppSubnetIDs pulumi.StringMapOutput `pulumi:"appSubnetIds"`
	// PrivatelinkSubnetIDs maps a zone's letter to its subnet for endpoints. Empty if they are in the app
	// subnets.
	PrivatelinkSubnetIDs pulumi.StringMapOutput `pulumi:"privatelinkSubnetIds"`
	// RouteTableIDs maps the subnets' IDs to their route tables.
	RouteTableIDs pulumi.StringMapOutput `pulumi:"routeTableIds"`

	app, privatelink map[string]pulumi.StringInput
	endpoints        EndpointSubnets
	s3RouteTables    pulumi.StringArray
	associations     []pulumi.Resource
	clients          map[string]pulumi.StringInput
}

// existingGroup is the subnet group of endpoints in existing subnets.
const existingGroup = "existing"

// NewExistingVPC reads a VPC that exists.
func NewExistingVPC(
	ctx *pulumi.Context, name string, args *ExistingVPCArgs, opts ...pulumi.ResourceOption,
) (*ExistingVPC, error) {
	if err := args.validateArgs(); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	v := &ExistingVPC{}
	if err := ctx.RegisterComponentResourceV2(contract.ExistingVPCType, name, args.inputs(), v, opts...); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	if err := v.readChildren(ctx, name, args); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	if err := ctx.RegisterResourceOutputs(v, pulumi.Map{
		"vpcId":                v.VPCID,
		"appSubnetIds":         v.AppSubnetIDs,
		"privatelinkSubnetIds": v.PrivatelinkSubnetIDs,
		"routeTableIds":        v.RouteTableIDs,
	}); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	return v, nil
}

func (v *ExistingVPC) readChildren(ctx *pulumi.Context, name string, args *ExistingVPCArgs) error {
	// The outputs are the IDs in the arguments, not those of the resources that were read: older engines do not return an
	// ID when a preview reads a resource.
	v.VPCID = pulumi.ID(args.VPCID).ToIDOutput()
	if _, err := ec2.GetVpc(ctx, name+"-"+args.VPCID, pulumi.ID(args.VPCID), nil, pulumi.Parent(v)); err != nil {
		return fmt.Errorf("VPC: %w", err)
	}
	if err := v.readRouteTables(ctx, name, args); err != nil {
		return err
	}
	if err := v.readNetworkACLs(ctx, name, args); err != nil {
		return err
	}
	if err := v.readSubnets(ctx, name, args); err != nil {
		return err
	}
	for _, id := range args.groups() {
		if _, err := ec2.GetSecurityGroup(ctx, name+"-"+id, pulumi.ID(id), nil, pulumi.Parent(v)); err != nil {
			return fmt.Errorf("security group %s: %w", id, err)
		}
	}
	v.clients = map[string]pulumi.StringInput{}
	for _, id := range args.ClientGroupIDs {
		v.clients[id] = pulumi.String(id)
	}
	return v.newExchanges(ctx, name, args)
}

func (v *ExistingVPC) readRouteTables(ctx *pulumi.Context, name string, args *ExistingVPCArgs) error {
	ids := slices.Clone(args.S3RouteTableIDs)
	for _, subnet := range args.subnets() {
		ids = append(ids, subnet.RouteTableID)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if _, err := ec2.GetRouteTable(ctx, name+"-"+id, pulumi.ID(id), nil, pulumi.Parent(v)); err != nil {
			return fmt.Errorf("route table %s: %w", id, err)
		}
	}
	v.s3RouteTables = pulumi.ToStringArray(args.S3RouteTableIDs)
	return nil
}

func (v *ExistingVPC) readNetworkACLs(ctx *pulumi.Context, name string, args *ExistingVPCArgs) error {
	read := map[string]bool{}
	for _, subnet := range args.subnets() {
		if read[subnet.NetworkACLID] {
			continue
		}
		read[subnet.NetworkACLID] = true
		resource, id := name+"-"+subnet.NetworkACLID, pulumi.ID(subnet.NetworkACLID)
		var err error
		if subnet.DefaultNetworkACL {
			_, err = ec2.GetDefaultNetworkAcl(ctx, resource, id, nil, pulumi.Parent(v))
		} else {
			_, err = ec2.GetNetworkAcl(ctx, resource, id, nil, pulumi.Parent(v))
		}
		if err != nil {
			return fmt.Errorf("network ACL %s: %w", subnet.NetworkACLID, err)
		}
	}
	return nil
}

// readSubnets reads the subnets and their explicit associations with route tables.
func (v *ExistingVPC) readSubnets(ctx *pulumi.Context, name string, args *ExistingVPCArgs) error {
	routeTables := pulumi.StringMap{}
	for _, subnet := range args.subnets() {
		if _, err := ec2.GetSubnet(ctx, name+"-"+subnet.ID, pulumi.ID(subnet.ID), nil, pulumi.Parent(v)); err != nil {
			return fmt.Errorf("subnet %s: %w", subnet.ID, err)
		}
		routeTables[subnet.ID] = pulumi.String(subnet.RouteTableID)
		if subnet.MainRouteTable {
			continue
		}
		// The provider finds an association by its subnet and its route table.
		association, err := ec2.GetRouteTableAssociation(
			ctx, name+"-"+subnet.ID, pulumi.ID(subnet.ID+"/"+subnet.RouteTableID), nil, pulumi.Parent(v))
		if err != nil {
			return fmt.Errorf("route table association of %s: %w", subnet.ID, err)
		}
		v.associations = append(v.associations, association)
	}
	byZone := func(subnets []ExistingSubnet) map[string]pulumi.StringInput {
		all := map[string]pulumi.StringInput{}
		for _, subnet := range subnets {
			all[subnet.Zone] = pulumi.String(subnet.ID)
		}
		return all
	}
	v.app, v.privatelink = byZone(args.AppSubnets), byZone(args.EndpointSubnets)
	v.AppSubnetIDs = pulumi.StringMap(v.app).ToStringMapOutput()
	v.PrivatelinkSubnetIDs = pulumi.StringMap(v.privatelink).ToStringMapOutput()
	v.RouteTableIDs = routeTables.ToStringMapOutput()
	for _, subnet := range args.interfaceSubnets() {
		v.endpoints.IDs = append(v.endpoints.IDs, pulumi.String(subnet.ID))
	}
	return nil
}

// newExchanges declares a resource for each zone that has a subnet for endpoints. The resource exists only in the state,
// and is replaced when the zone gets another subnet, so that the endpoints can be replaced with it. The subnet itself
// cannot trigger that, because the engine never replaces resources that it only reads.
func (v *ExistingVPC) newExchanges(ctx *pulumi.Context, name string, args *ExistingVPCArgs) error {
	v.endpoints.Group = existingGroup
	for _, subnet := range args.interfaceSubnets() {
		id := pulumi.String(subnet.ID)
		stash, err := pulumi.NewStash(ctx, name+"-endpoints-"+subnet.Zone, &pulumi.StashArgs{Input: id},
			pulumi.Parent(v), pulumi.ReplacementTrigger(id))
		if err != nil {
			return fmt.Errorf("zone %s: %w", subnet.Zone, err)
		}
		v.endpoints.ReplaceWith = append(v.endpoints.ReplaceWith, stash)
	}
	return nil
}

// Outputs implements Network.
func (v *ExistingVPC) Outputs() Outputs {
	return Outputs{v.VPCID, v.AppSubnetIDs, v.PrivatelinkSubnetIDs, v.RouteTableIDs}
}

// AppSubnets implements Network.
func (v *ExistingVPC) AppSubnets() map[string]pulumi.StringInput { return v.app }

// EndpointSubnets implements Network.
func (v *ExistingVPC) EndpointSubnets() EndpointSubnets { return v.endpoints }

// S3RouteTableIDs implements Network.
func (v *ExistingVPC) S3RouteTableIDs() pulumi.StringArray { return v.s3RouteTables }

// Associations implements Network.
func (v *ExistingVPC) Associations() []pulumi.Resource { return v.associations }

// ClientGroupIDs implements Network.
func (v *ExistingVPC) ClientGroupIDs() map[string]pulumi.StringInput { return v.clients }
