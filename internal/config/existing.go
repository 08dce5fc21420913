package config

import (
	"slices"
	"strings"

	"bastionless/endpoints"
	"bastionless/internal/diag"
	"bastionless/network"
)

// checkNoSubnets reports keys about the VPC that the stack would create, which have no effect on a VPC that
// exists.
func (c Config) checkNoSubnets(diags *diag.Diagnostics) {
	for _, option := range []struct {
		key, value, use string
		isDefault       bool
	}{
		{"vpcCidr", c.Subnets.VPC.String(), "", c.Subnets.VPC == network.DefaultVPCBlock},
		{
			"zones", "[" + strings.Join(c.Subnets.Zones, ", ") + "]", ", and list one subnet for each zone in appSubnetIds",
			slices.Equal(c.Subnets.Zones, network.DefaultZones),
		},
		{"appSubnetCidrs", "the list", ", and list subnets in appSubnetIds", len(c.Subnets.App) == 0},
		{"privatelinkSubnetCidrs", "the list", ", and list subnets in endpointSubnetIds", len(c.Subnets.Privatelink) == 0},
		{
			"subnetLayout", string(c.Subnets.Layout), ", and leave endpointSubnetIds empty for shared subnets",
			c.Subnets.Layout == network.SeparateSubnets,
		},
	} {
		if !option.isDefault {
			diags.Add(option.key, diag.Conflict, "%s describes a VPC that the stack creates, but vpcId names an existing "+
				"one: remove %s%s, or remove vpcId", option.value, option.key, option.use)
		}
	}
}

// checkExistingVPC checks the keys that describe an existing VPC against each other.
func (c Config) checkExistingVPC(diags *diag.Diagnostics) {
	if !c.UsesExistingVPC() {
		if len(c.Endpoints.Existing) > 0 {
			diags.Add("existingEndpoints", diag.Conflict, "a VPC that the stack creates has no other endpoints: set vpcId, or "+
				"remove this key")
		}
		if len(c.SecurityGroups.Clients) > 0 {
			diags.Add("clientSecurityGroupIds", diag.Conflict, "a VPC that the stack creates has no other security groups: "+
				"set vpcId, or remove this key")
		}
		if len(c.SecurityGroups.InstanceGroups) > 0 {
			diags.Add("instanceSecurityGroupIds", diag.Conflict, "a VPC that the stack creates has no other security groups: "+
				"set vpcId, or remove this key and list what the instances connect to in forwardTo")
		}
		return
	}
	if len(c.Existing.AppSubnetIDs) == 0 && c.HasInstances() {
		diags.Add("appSubnetIds", diag.NoValue, "the list is empty: list the subnets of %q for the stack's instances, one for "+
			"each zone", c.Existing.VPCID)
	}
	c.checkExistingS3(diags)
	c.checkUnusedEndpointKeys(diags)
}

// checkExistingS3 requires a decision about S3: a gateway endpoint changes how everything that uses its
// route tables reaches S3.
func (c Config) checkExistingS3(diags *diag.Diagnostics) {
	if c.Endpoints.CreatesS3() && c.Endpoints.S3 == endpoints.S3Default {
		diags.Add("s3Endpoint", diag.NoValue, "no value, but with vpcId there is no default, because an S3 endpoint changes "+
			"how everything in its subnets reaches S3: set s3Endpoint to true or false, or add s3 to existingEndpoints if the "+
			"VPC has such an endpoint")
	}
	if c.Endpoints.CreatesS3() && len(c.Existing.RouteTableIDs) == 0 && len(c.Existing.AppSubnetIDs) == 0 && !c.HasInstances() {
		diags.Add("routeTableIds", diag.NoValue, "the list is empty, and the stack has no instances whose route tables get a route "+
			"to the S3 endpoint: list the route tables of %q that get one, or set s3Endpoint to false", c.Existing.VPCID)
	}
	if !c.Endpoints.CreatesS3() && len(c.Existing.RouteTableIDs) > 0 {
		diags.Add("routeTableIds", diag.Conflict, "the list has no effect, because the stack creates no S3 endpoint: remove "+
			"this key, or set s3Endpoint to true and remove s3 and all from existingEndpoints")
	}
}

// checkUnusedEndpointKeys reports keys about interface endpoints that the stack does not create.
func (c Config) checkUnusedEndpointKeys(diags *diag.Diagnostics) {
	if len(c.VPCEndpoints()) > 0 {
		return
	}
	for _, list := range []struct {
		key string
		ids []string
	}{
		{"endpointSubnetIds", c.Existing.EndpointSubnetIDs}, {"clientSecurityGroupIds", c.SecurityGroups.Clients},
	} {
		if len(list.ids) > 0 {
			diags.Add(list.key, diag.Conflict, "the list has no effect, because existingEndpoints contains all services that the "+
				"stack needs, so it creates no interface endpoints: remove this key")
		}
	}
}

// checkNewEndpoints returns the problems with keys about the interface endpoints that the stack creates in an existing VPC.
// Others in the VPC must be able to use them: their private DNS names replace the public addresses of the services in the
// whole VPC.
func (c Config) checkNewEndpoints() diag.Diagnostics {
	var diags diag.Diagnostics
	if !c.UsesExistingVPC() || len(c.VPCEndpoints()) == 0 {
		return nil
	}
	if subnets, _ := c.InterfaceSubnetIDs(); len(subnets) == 0 && !c.HasInstances() {
		diags.Add("endpointSubnetIds", diag.NoValue, "the list is empty: list the subnets of %q for the endpoints that the stack "+
			"creates, one for each zone, or list the services that have endpoints in existingEndpoints", c.Existing.VPCID)
	}
	if c.SecurityGroups.EndpointIngress == network.FromInstances && len(c.SecurityGroups.Clients) == 0 {
		diags.Add("endpointIngress", diag.Conflict, "%q allows only the stack's instances, but the names of the endpoints' "+
			"services lead everything in %q to the endpoints: set endpointIngress to vpc, or list the security groups of the "+
			"other clients in clientSecurityGroupIds", c.SecurityGroups.EndpointIngress, c.Existing.VPCID)
	}
	return diags
}
