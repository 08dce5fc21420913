package preflight

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/diag"
	"bastionless/network"
)

// existingNetwork describes an existing VPC, as far as the lookups have found it.
type existingNetwork struct {
	// found says that the VPC exists.
	found bool
	// mainRouteTableID is the VPC's main route table, and defaultACLID its default network ACL.
	mainRouteTableID, defaultACLID string
	// interfaceZones are the zones of the subnets for interface endpoints.
	interfaceZones []network.Zone
	// blocks and addresses are the subnets' CIDR blocks and their numbers of free addresses, by ID.
	blocks    map[string]netip.Prefix
	addresses map[string]int
	// public are the subnets whose route table has a route to an Internet gateway.
	public []string
}

// lookUpVPC looks up the existing VPC, and what the stack uses in it.
func (r *resolver) lookUpVPC() error {
	id := r.plan.Existing.VPCID
	if id == "" {
		return nil
	}
	r.existing.blocks, r.existing.addresses = map[string]netip.Prefix{}, map[string]int{}
	r.plan.ExistingVPC = &network.ExistingVPCArgs{VPCID: id}
	if r.plan.Existing.Validate().Has("vpcId") {
		return nil
	}
	vpc, err := ec2.LookupVpc(r.ctx, &ec2.LookupVpcArgs{Id: pulumi.StringRef(id)})
	if isNone(err, "EC2 VPC") {
		r.diags.Add("vpcId", diag.NotFound, "%q does not exist in %s, or does not belong to account %s: use the ID of a VPC in "+
			"this Region and account, or change aws:region or the credentials", id, r.plan.Env.Region, r.plan.Env.AccountID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up VPC %s: %w", id, err)
	}
	r.existing.found, r.existing.mainRouteTableID = true, vpc.MainRouteTableId
	r.readBlocks(vpc)
	r.checkDNS(vpc)
	for _, lookUp := range []func() error{r.lookUpDefaultACL, r.lookUpSubnets, r.lookUpRouteTables, r.lookUpGroups} {
		if err := lookUp(); err != nil {
			return err
		}
	}
	return nil
}

// readBlocks reads the VPC's IPv4 blocks, the primary one first.
func (r *resolver) readBlocks(vpc *ec2.LookupVpcResult) {
	texts := []string{vpc.CidrBlock}
	for _, association := range vpc.CidrBlockAssociations {
		if association.State == "associated" {
			texts = append(texts, association.CidrBlock)
		}
	}
	for _, text := range texts {
		if block, err := netip.ParsePrefix(text); err == nil && !slices.Contains(r.plan.VPCBlocks, block) {
			r.plan.VPCBlocks = append(r.plan.VPCBlocks, block)
		}
	}
}

// checkDNS reports attributes of the VPC without which the private DNS names of endpoints do not work.
func (r *resolver) checkDNS(vpc *ec2.LookupVpcResult) {
	for _, attribute := range []struct {
		name, option string
		on           bool
	}{
		{"enableDnsSupport", "--enable-dns-support", vpc.EnableDnsSupport},
		{"enableDnsHostnames", "--enable-dns-hostnames", vpc.EnableDnsHostnames},
	} {
		if !attribute.on {
			r.diags.Add("vpcId", diag.Conflict, "the attribute %s of %s is off, but the private DNS names of interface "+
				"endpoints need it: ask the VPC's owner to run aws ec2 modify-vpc-attribute --vpc-id %s %s", attribute.name,
				vpc.Id, vpc.Id, attribute.option)
		}
	}
}

func (r *resolver) lookUpDefaultACL() error {
	id := r.plan.Existing.VPCID
	acls, err := ec2.GetNetworkAcls(r.ctx, &ec2.GetNetworkAclsArgs{
		VpcId: pulumi.StringRef(id), Filters: []ec2.GetNetworkAclsFilter{{Name: "default", Values: []string{"true"}}},
	})
	if err != nil {
		return fmt.Errorf("look up the default network ACL of %s: %w", id, err)
	}
	if len(acls.Ids) > 0 {
		r.existing.defaultACLID = acls.Ids[0]
	}
	return nil
}

func (r *resolver) lookUpSubnets() error {
	options, plan := r.plan.Existing, r.plan.ExistingVPC
	invalid := options.Validate()
	found := map[string]*network.ExistingSubnet{}
	for _, list := range []struct {
		key string
		ids []string
		to  *[]network.ExistingSubnet
	}{
		{"appSubnetIds", options.AppSubnetIDs, &plan.AppSubnets},
		{"endpointSubnetIds", options.EndpointSubnetIDs, &plan.EndpointSubnets},
	} {
		if invalid.Has(list.key) {
			continue
		}
		for _, id := range list.ids {
			subnet, looked := found[id]
			if !looked {
				var err error
				if subnet, err = r.lookUpSubnet(list.key, id); err != nil {
					return err
				}
				found[id] = subnet
			}
			if subnet != nil && r.isAloneInZone(list.key, *list.to, *subnet) {
				*list.to = append(*list.to, *subnet)
			}
		}
	}
	for _, subnet := range plan.AppSubnets {
		r.plan.Zones = append(r.plan.Zones, r.zoneOf(subnet))
		if r.plan.HasInstances() && slices.Contains(r.existing.public, subnet.ID) {
			r.plan.PublicSubnetIDs = append(r.plan.PublicSubnetIDs, subnet.ID)
		}
	}
	r.existing.interfaceZones = r.plan.Zones
	if len(plan.EndpointSubnets) > 0 {
		r.existing.interfaceZones = nil
		for _, subnet := range plan.EndpointSubnets {
			r.existing.interfaceZones = append(r.existing.interfaceZones, r.zoneOf(subnet))
		}
	}
	return nil
}

func (r *resolver) zoneOf(subnet network.ExistingSubnet) network.Zone {
	return network.Zone{Letter: subnet.Zone, Name: r.plan.Env.Region + subnet.Zone}
}

// isAloneInZone reports a second subnet in a zone.
func (r *resolver) isAloneInZone(key string, others []network.ExistingSubnet, subnet network.ExistingSubnet) bool {
	for _, other := range others {
		if other.Zone == subnet.Zone {
			r.diags.Add(key, diag.Conflict, "%s is in the same zone as %s, %s, but the list can have only one subnet in each "+
				"zone: remove one of them", subnet.ID, other.ID, r.plan.Env.Region+subnet.Zone)
			return false
		}
	}
	return true
}

// lookUpSubnet returns a subnet of the VPC, or nil if a problem with it was reported.
func (r *resolver) lookUpSubnet(key, id string) (*network.ExistingSubnet, error) {
	subnet, err := ec2.LookupSubnet(r.ctx, &ec2.LookupSubnetArgs{Id: pulumi.StringRef(id)})
	switch {
	case isNone(err, "EC2 Subnet"):
		r.diags.Add(key, diag.NotFound, "%q does not exist in %s: list subnets of %s", id, r.plan.Env.Region, r.plan.Existing.VPCID)
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look up subnet %s: %w", id, err)
	case subnet.VpcId != r.plan.Existing.VPCID:
		r.diags.Add(key, diag.Conflict, "%s is in %s, but vpcId is %s: list subnets of that VPC, or change vpcId", id,
			subnet.VpcId, r.plan.Existing.VPCID)
		return nil, nil
	case !slices.Contains(r.zoneNames, subnet.AvailabilityZone):
		r.diags.Add(key, diag.NotOffered, "%s is in %s, which is not one of the Region's available Availability Zones, so VPC "+
			"endpoints are not available there: use subnets in zones [%s]", id, subnet.AvailabilityZone, r.letters(r.zoneNames))
		return nil, nil
	case subnet.CidrBlock == "":
		r.diags.Add(key, diag.Conflict, "%s has no IPv4 addresses, which the instances and endpoints of the stack need: list "+
			"subnets with an IPv4 block", id)
		return nil, nil
	}
	block, err := netip.ParsePrefix(subnet.CidrBlock)
	if err != nil {
		return nil, fmt.Errorf("block of subnet %s: %w", id, err)
	}
	r.existing.blocks[id], r.existing.addresses[id] = block, subnet.AvailableIpAddressCount
	existing := &network.ExistingSubnet{ID: id, Zone: strings.TrimPrefix(subnet.AvailabilityZone, r.plan.Env.Region)}
	if err := r.lookUpRouteTable(existing); err != nil {
		return nil, err
	}
	return existing, r.lookUpNetworkACL(existing)
}

// lookUpRouteTable sets the route table of a subnet. A lookup by subnet finds explicit associations only.
func (r *resolver) lookUpRouteTable(subnet *network.ExistingSubnet) error {
	table, err := ec2.LookupRouteTable(r.ctx, &ec2.LookupRouteTableArgs{SubnetId: pulumi.StringRef(subnet.ID)})
	if isNone(err, "Route Table") && r.existing.mainRouteTableID != "" {
		subnet.MainRouteTable = true
		table, err = ec2.LookupRouteTable(r.ctx, &ec2.LookupRouteTableArgs{RouteTableId: &r.existing.mainRouteTableID})
	}
	if err != nil {
		return fmt.Errorf("look up the route table of %s: %w", subnet.ID, err)
	}
	subnet.RouteTableID = table.RouteTableId
	for _, route := range table.Routes {
		if strings.HasPrefix(route.GatewayId, "igw-") && !slices.Contains(r.existing.public, subnet.ID) {
			r.existing.public = append(r.existing.public, subnet.ID)
		}
	}
	return nil
}

func (r *resolver) lookUpNetworkACL(subnet *network.ExistingSubnet) error {
	acls, err := ec2.GetNetworkAcls(r.ctx, &ec2.GetNetworkAclsArgs{
		Filters: []ec2.GetNetworkAclsFilter{{Name: "association.subnet-id", Values: []string{subnet.ID}}},
	})
	switch {
	case err != nil:
		return fmt.Errorf("look up the network ACL of %s: %w", subnet.ID, err)
	case len(acls.Ids) != 1:
		return fmt.Errorf("look up the network ACL of %s: %d found instead of 1", subnet.ID, len(acls.Ids))
	}
	subnet.NetworkACLID, subnet.DefaultNetworkACL = acls.Ids[0], acls.Ids[0] == r.existing.defaultACLID
	return nil
}

// lookUpRouteTables finds the route tables that get a route to the S3 endpoint.
func (r *resolver) lookUpRouteTables() error {
	options, plan := r.plan.Existing, r.plan.ExistingVPC
	if !r.plan.Endpoints.CreatesS3() || options.Validate().Has("routeTableIds") {
		return nil
	}
	for _, id := range options.RouteTableIDs {
		table, err := ec2.LookupRouteTable(r.ctx, &ec2.LookupRouteTableArgs{RouteTableId: pulumi.StringRef(id)})
		switch {
		case isNone(err, "Route Table"):
			r.diags.Add("routeTableIds", diag.NotFound, "%q does not exist in %s: list route tables of %s", id,
				r.plan.Env.Region, plan.VPCID)
		case err != nil:
			return fmt.Errorf("look up route table %s: %w", id, err)
		case table.VpcId != plan.VPCID:
			r.diags.Add("routeTableIds", diag.Conflict, "%s is in %s, but vpcId is %s: list route tables of that VPC", id,
				table.VpcId, plan.VPCID)
		default:
			plan.S3RouteTableIDs = append(plan.S3RouteTableIDs, id)
		}
	}
	for _, subnet := range plan.AppSubnets {
		switch {
		case len(options.RouteTableIDs) > 0 && !slices.Contains(options.RouteTableIDs, subnet.RouteTableID):
			r.diags.Add("routeTableIds", diag.Conflict, "the instances in %s use %s, which is not in the list, so they could "+
				"not reach S3: add %s, or remove this key", subnet.ID, subnet.RouteTableID, subnet.RouteTableID)
		case len(options.RouteTableIDs) == 0 && !slices.Contains(plan.S3RouteTableIDs, subnet.RouteTableID):
			plan.S3RouteTableIDs = append(plan.S3RouteTableIDs, subnet.RouteTableID)
		}
	}
	return nil
}

// isNone reports whether a lookup failed because no such object exists. Errors of lookups have no code, so the
// function compares the text.
func isNone(err error, object string) bool {
	return err != nil && strings.Contains(err.Error(), "no matching "+object+" found")
}

// isSeveral reports whether a lookup failed because several objects match.
func isSeveral(err error, object string) bool {
	return err != nil && strings.Contains(err.Error(), "multiple "+object+"s matched")
}
