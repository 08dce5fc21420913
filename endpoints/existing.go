package endpoints

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Existing is an endpoint that belongs to somebody else.
type Existing struct {
	// Service is the code of the endpoint's service, such as "ssm".
	Service string
	// ID is the endpoint's ID.
	ID string
	// SecurityGroupIDs are the security groups of an interface endpoint.
	SecurityGroupIDs []string
}

// readExisting reads existing endpoints and their security groups into the state, and adds the endpoints' IDs
// to a map by service.
func (s *Set) readExisting(ctx *pulumi.Context, name string, existing []Existing, ids pulumi.StringMap) error {
	groups := map[string]bool{}
	for _, e := range existing {
		endpoint, err := ec2.GetVpcEndpoint(ctx, name+"-existing-"+e.Service, pulumi.ID(e.ID), nil, pulumi.Parent(s))
		if err != nil {
			return fmt.Errorf("%s: %w", e.Service, err)
		}
		// Older engines do not return an ID when a preview reads a resource.
		ids[e.Service] = pulumi.String(e.ID)
		if e.Service == S3 || slices.Contains(agentServices, e.Service) {
			s.sessionEndpoints = append(s.sessionEndpoints, endpoint)
		}
		for _, id := range e.SecurityGroupIDs {
			if groups[id] {
				continue
			}
			groups[id] = true
			if _, err := ec2.GetSecurityGroup(ctx, name+"-existing-"+id, pulumi.ID(id), nil, pulumi.Parent(s)); err != nil {
				return fmt.Errorf("%s: security group %s: %w", e.Service, id, err)
			}
		}
	}
	return nil
}

// existingServices returns the codes of the services that the VPC reaches without an endpoint of the set.
func (a *SetArgs) existingServices() []string {
	if a.ReachesAll {
		return []string{AllServices}
	}
	var services []string
	for _, e := range a.Existing {
		services = append(services, e.Service)
	}
	return services
}
