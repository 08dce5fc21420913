package preflight

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/endpoints"
	"bastionless/internal/contract"
	"bastionless/internal/diag"
)

// tablesWithS3 returns the route tables of the VPC that have a route to S3. It asks with a filter, because a
// lookup does not return the routes to gateway endpoints.
func (r *resolver) tablesWithS3() ([]string, error) {
	tables, err := ec2.GetRouteTables(r.ctx, &ec2.GetRouteTablesArgs{
		VpcId: pulumi.StringRef(r.plan.Existing.VPCID),
		Filters: []ec2.GetRouteTablesFilter{{
			Name: "route.destination-prefix-list-id", Values: []string{r.plan.S3PrefixListID},
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("look up the route tables of %s that lead to S3: %w", r.plan.Existing.VPCID, err)
	}
	return tables.Ids, nil
}

// checkNewS3 reports route tables that already have a route to S3, unless it is that of the stack's endpoint.
func (r *resolver) checkNewS3() error {
	own, several, err := r.lookUpOwn(endpoints.S3, gatewayEndpoint)
	if err != nil {
		return err
	}
	var ownTables []string
	switch {
	case several:
		r.diags.Add("vpcId", diag.Conflict, "%s has several endpoints for s3 with the tag of this stack, %s = %s: an interrupted "+
			"deployment left one behind. Delete those that pulumi stack --show-ids does not list", r.plan.Existing.VPCID,
			contract.OwnerTag, r.plan.Owner(r.ctx))
		return nil
	case own != nil && !isAvailable(own):
		r.diags.Add("vpcId", diag.Conflict, "%s, this stack's endpoint for s3 in %s, is %s: deploy again when it is available or "+
			"gone", own.Id, r.plan.Existing.VPCID, own.State)
		return nil
	case own == nil:
		r.plan.NewServices = append(r.plan.NewServices, endpoints.S3)
	default:
		ownTables = own.RouteTableIds
	}
	if r.plan.Endpoints.S3 == endpoints.S3Default {
		return nil // The configuration reports that s3Endpoint has no value.
	}
	tables, err := r.tablesWithS3()
	if err != nil {
		return err
	}
	for _, id := range r.plan.ExistingVPC.S3RouteTableIDs {
		if slices.Contains(tables, id) && !slices.Contains(ownTables, id) {
			r.diags.Add("s3Endpoint", diag.Conflict, "route table %s already has a route to the S3 endpoint of somebody else, and "+
				"can have only one: add s3 to existingEndpoints to use it, or set s3Endpoint to false", id)
		}
	}
	return nil
}

// checkExistingS3 checks that the instances reach S3 through an existing gateway endpoint.
func (r *resolver) checkExistingS3() error {
	found, err := r.findEndpoint(endpoints.S3, gatewayEndpoint)
	if err != nil {
		return err
	}
	vpc := r.plan.Existing.VPCID
	switch {
	case found.own:
		r.diags.Add("existingEndpoints", diag.Conflict, "%q: the gateway endpoint in %s has the tag of this stack, %s = %s: "+
			"remove s3 from the list", endpoints.S3, vpc, contract.OwnerTag, r.plan.Owner(r.ctx))
		return nil
	case found.endpoint == nil && !found.several:
		r.diags.Add("existingEndpoints", diag.NotFound, "%q: %s has no gateway endpoint for S3: remove s3 from the list and set "+
			"s3Endpoint to true or false", endpoints.S3, vpc)
		return nil
	}
	tables, err := r.tablesWithS3()
	if err != nil {
		return err
	}
	for _, subnet := range r.plan.ExistingVPC.AppSubnets {
		if !slices.Contains(tables, subnet.RouteTableID) {
			r.diags.Add("existingEndpoints", diag.Conflict, "%q: %s, the route table of %s, has no route to a gateway endpoint for "+
				"S3: ask the endpoint's owner to add the route table, or remove s3 from the list and set s3Endpoint to true or "+
				"false", endpoints.S3, subnet.RouteTableID, subnet.ID)
		}
	}
	// If there are several endpoints, the lookups do not show which of them serves which route table.
	if found.endpoint != nil {
		r.plan.ExistingEndpoints = append(r.plan.ExistingEndpoints, endpoints.Existing{Service: endpoints.S3, ID: found.endpoint.Id})
	}
	return nil
}
