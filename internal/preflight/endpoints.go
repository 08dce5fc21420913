package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/endpoints"
	"bastionless/internal/config"
	"bastionless/internal/contract"
	"bastionless/internal/diag"
)

// The types of VPC endpoints.
const (
	interfaceEndpoint = "Interface"
	gatewayEndpoint   = "Gateway"
)

// Owner returns the value of the tag by which the stack recognizes its own endpoints.
func (p Plan) Owner(ctx *pulumi.Context) string {
	return contract.Owner(ctx.Project(), ctx.Stack(), p.Env.AccountID)
}

// ExistingEndpointGroups returns the security groups of the existing endpoints that the stack uses, sorted.
func (p Plan) ExistingEndpointGroups() []string {
	var groups []string
	for _, endpoint := range p.ExistingEndpoints {
		groups = append(groups, endpoint.SecurityGroupIDs...)
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// lookUpEndpoints compares the endpoints of an existing VPC with those that the stack creates and uses. Problems with keys
// about new endpoints are reported unless others have already created all of them.
func (r *resolver) lookUpEndpoints() error {
	if !r.existing.found || r.plan.Endpoints.ReachesAll() {
		r.diags.Append(r.plan.NewEndpointProblems)
		return nil
	}
	undeclared := 0
	for _, endpoint := range r.plan.VPCEndpoints {
		canCreate, err := r.checkNew(endpoint)
		if err != nil {
			return err
		}
		if !canCreate {
			undeclared++
		}
	}
	if undeclared < len(r.plan.VPCEndpoints) {
		r.diags.Append(r.plan.NewEndpointProblems)
	}
	if !r.plan.Endpoints.Validate().Has("existingEndpoints") {
		for _, service := range r.plan.Endpoints.Existing {
			if err := r.checkExisting(service); err != nil {
				return err
			}
		}
	}
	r.checkAddresses()
	if r.plan.Endpoints.CreatesS3() {
		return r.checkNewS3()
	}
	return nil
}

// found is the result of looking for a VPC's endpoint for a service.
type found struct {
	// endpoint is nil if there is none, or if there are several and none of them can be chosen.
	endpoint *ec2.LookupVpcEndpointResult
	// own says that the stack created the endpoint, or each of several.
	own     bool
	several bool
}

// findEndpoint finds the endpoint of a service. A lookup fails if it matches several, so the function asks again
// for the stack's own endpoint and for those that are available.
func (r *resolver) findEndpoint(service, endpointType string) (found, error) {
	owner := r.plan.Owner(r.ctx)
	answer, several, err := r.lookUpEndpoint(service, endpointType, "", "")
	if err != nil || !several {
		return found{endpoint: answer, own: isOwn(answer, owner)}, err
	}
	answer, several, err = r.lookUpOwn(service, endpointType)
	if err != nil || several || answer != nil {
		return found{endpoint: answer, own: true, several: several}, err
	}
	answer, _, err = r.lookUpEndpoint(service, endpointType, "", "available")
	return found{endpoint: answer, several: answer == nil}, err
}

// lookUpOwn returns the stack's own endpoint for a service, or nil. AWS lists an endpoint for some time after it was
// deleted, so if there are several, the function asks again for those that are available.
func (r *resolver) lookUpOwn(service, endpointType string) (own *ec2.LookupVpcEndpointResult, several bool, err error) {
	owner := r.plan.Owner(r.ctx)
	own, several, err = r.lookUpEndpoint(service, endpointType, owner, "")
	if err != nil || !several {
		return own, false, err
	}
	own, _, err = r.lookUpEndpoint(service, endpointType, owner, "available")
	return own, own == nil, err
}

func isOwn(endpoint *ec2.LookupVpcEndpointResult, owner string) bool {
	return endpoint != nil && endpoint.Tags[contract.OwnerTag] == owner
}

// lookUpEndpoint returns the only endpoint that matches, or nil. Owner and state are optional.
func (r *resolver) lookUpEndpoint(
	service, endpointType, owner, state string,
) (answer *ec2.LookupVpcEndpointResult, several bool, err error) {
	const object = "EC2 VPC Endpoint"
	name := endpoints.ServiceName(r.plan.Env.Partition, r.plan.Env.Region, service)
	args := &ec2.LookupVpcEndpointArgs{
		VpcId: pulumi.StringRef(r.plan.Existing.VPCID), ServiceName: pulumi.StringRef(name),
		// S3 has the same name for endpoints of both types.
		Filters: []ec2.GetVpcEndpointFilter{{Name: "vpc-endpoint-type", Values: []string{endpointType}}},
	}
	if owner != "" {
		args.Tags = map[string]string{contract.OwnerTag: owner}
	}
	if state != "" {
		args.State = pulumi.StringRef(state)
	}
	answer, err = ec2.LookupVpcEndpoint(r.ctx, args)
	switch {
	case isNone(err, object):
		return nil, false, nil
	case isSeveral(err, object):
		return nil, true, nil
	case err != nil:
		return nil, false, fmt.Errorf("look up the endpoint for %s in %s: %w", name, r.plan.Existing.VPCID, err)
	case slices.Contains([]string{"deleted", "failed", "rejected", "expired"}, strings.ToLower(answer.State)):
		return nil, false, nil // it serves nobody
	}
	return answer, false, nil
}

// checkNew checks that the stack can create an interface endpoint. Two endpoints with private DNS for one service
// cannot exist in a VPC. canCreate is false if others have created one.
func (r *resolver) checkNew(endpoint config.VPCEndpoint) (canCreate bool, err error) {
	service, vpc := endpoint.Service, r.plan.Existing.VPCID
	found, err := r.findEndpoint(service, interfaceEndpoint)
	if err != nil {
		return false, err
	}
	switch {
	case found.several && found.own:
		r.diags.Add("vpcId", diag.Conflict, "%s has several endpoints for %s with the tag of this stack, %s = %s: an interrupted "+
			"deployment left one behind. Delete those that pulumi stack --show-ids does not list", vpc, service,
			contract.OwnerTag, r.plan.Owner(r.ctx))
	case found.several:
		r.diags.Add("existingEndpoints", diag.Conflict, "%s has several endpoints for %s, and the program cannot find out which of "+
			"them has private DNS: keep only one and add %s to the list, or set the list to [all] if agents in the VPC "+
			"already reach the services", vpc, service, service)
		return false, nil
	case found.endpoint == nil:
		r.plan.NewServices = append(r.plan.NewServices, service)
	case found.own && !isAvailable(found.endpoint):
		r.diags.Add("vpcId", diag.Conflict, "%s, this stack's endpoint for %s in %s, is %s: deploy again when it is available or "+
			"gone. If pulumi stack --show-ids does not list it, an interrupted deployment left it behind: delete it",
			found.endpoint.Id, service, vpc, found.endpoint.State)
	case found.own:
	case !found.endpoint.PrivateDnsEnabled:
		r.plan.NewServices = append(r.plan.NewServices, service)
	case !isAvailable(found.endpoint):
		r.diags.Add("existingEndpoints", diag.Conflict, "%s has the endpoint %s for %s, which is %s: deploy again when it is gone, "+
			"or add %s to the list when it is available", vpc, found.endpoint.Id, service, found.endpoint.State, service)
		return false, nil
	default:
		r.diags.Add("existingEndpoints", diag.Conflict, "%s already has an endpoint for %s with private DNS, %s, and cannot have "+
			"two: add %s to the list to use it, or delete it", vpc, service, found.endpoint.Id, service)
		return false, nil
	}
	return true, nil
}

func isAvailable(endpoint *ec2.LookupVpcEndpointResult) bool {
	return strings.EqualFold(endpoint.State, "available")
}

// checkExisting checks that an endpoint that the configuration says exists can be used.
func (r *resolver) checkExisting(service string) error {
	if service == endpoints.S3 {
		return r.checkExistingS3()
	}
	vpc := r.plan.Existing.VPCID
	found, err := r.findEndpoint(service, interfaceEndpoint)
	if err != nil {
		return err
	}
	conflict := func(format string, args ...any) { r.diags.Add("existingEndpoints", diag.Conflict, format, args...) }
	switch {
	case found.several && !found.own:
		conflict("%q: %s has several endpoints for this service, and the program cannot find out which of them has private DNS: "+
			"keep only one, or set the list to [all] if agents in the VPC already reach the services", service, vpc)
	case found.several || found.own:
		conflict("%q: the endpoint in %s has the tag of this stack, %s = %s: remove %s from the list", service, vpc,
			contract.OwnerTag, r.plan.Owner(r.ctx), service)
	case found.endpoint == nil:
		r.diags.Add("existingEndpoints", diag.NotFound, "%q: %s has no interface endpoint for this service: remove it from the "+
			"list, or set the list to [all] if a hub or a NAT gateway provides the services", service, vpc)
	case !isAvailable(found.endpoint):
		conflict("%q: %s is %s: deploy again when it is available, or remove %s from the list when it is gone", service,
			found.endpoint.Id, found.endpoint.State, service)
	case !found.endpoint.PrivateDnsEnabled:
		conflict("%q: %s has no private DNS, so clients do not find it: ask its owner to enable private DNS, or remove %s from "+
			"the list", service, found.endpoint.Id, service)
	default:
		r.plan.ExistingEndpoints = append(r.plan.ExistingEndpoints, endpoints.Existing{
			Service: service, ID: found.endpoint.Id, SecurityGroupIDs: found.endpoint.SecurityGroupIds,
		})
		for _, id := range found.endpoint.SubnetIds {
			if _, err := r.lookUpOtherSubnet(id, found.endpoint.Id); err != nil {
				return err
			}
		}
		return r.checkIngress(service, found.endpoint)
	}
	return nil
}

// checkAddresses reports subnets that have too few free addresses for the new interface endpoints.
func (r *resolver) checkAddresses() {
	needed := 0
	for _, endpoint := range r.plan.VPCEndpoints {
		if slices.Contains(r.plan.NewServices, endpoint.Service) {
			needed++
		}
	}
	ids, key := r.plan.InterfaceSubnetIDs()
	for _, id := range ids {
		if free, ok := r.existing.addresses[id]; ok && free < needed {
			r.diags.Add(key, diag.TooMany, "%s has %d free addresses, but the new endpoints need %d: list another subnet of its "+
				"zone", id, free, needed)
		}
	}
}
