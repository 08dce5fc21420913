package preflight

import (
	"strings"

	"bastionless/endpoints"
	"bastionless/internal/diag"
	"bastionless/network"
)

// Warnings returns warnings about values that are allowed but discouraged, and about what the stack changes
// for others in an existing VPC.
func (p Plan) Warnings() diag.Diagnostics {
	warnings := p.Config.Warnings(p.VPCBlocks)
	warnings.Append(p.LookupWarnings)
	if p.Endpoints.ReachesAll() && p.HasInstances() && p.SecurityGroups.InstanceEgress == network.RestrictedEgress {
		warnings.Add("existingEndpoints", diag.Discouraged, "all allows the instances to connect to port 443 of every address, "+
			"because the addresses of a hub or of the services are not known: list the services that have endpoints in %s instead, "+
			"if it has them", p.Existing.VPCID)
	}
	if groups := len(p.SecurityGroups.InstanceGroups) + 1; groups > network.DefaultInterfaceGroups {
		warnings.Add("instanceSecurityGroupIds", diag.Unchecked, "the instances would have %d security groups, including the stack's own, "+
			"but AWS allows %d for each network interface unless the account's quota is higher: list fewer, or request a quota increase",
			groups, network.DefaultInterfaceGroups)
	}
	for _, id := range p.PublicSubnetIDs {
		warnings.Add("appSubnetIds", diag.Discouraged, "%s is a public subnet: its route table has a route to an Internet gateway. "+
			"The stack's instances have no public addresses, but somebody could associate one: list private subnets", id)
	}
	for _, service := range p.NewServices {
		if service != endpoints.S3 {
			warnings.Add("vpcId", diag.AffectsOthers, "everything in %s will reach %s through the stack's new endpoint: until "+
				"the stack is destroyed, endpointIngress and endpointPolicy decide who can use the service there",
				p.Existing.VPCID, service)
			continue
		}
		warnings.Add("s3Endpoint", diag.AffectsOthers, "everything in the subnets of %s will reach S3 through the stack's new "+
			"endpoint, and open connections to S3 will be interrupted", p.s3RouteTables())
	}
	if p.UsesExistingVPC() && p.Endpoints.CreatesS3() && p.Endpoints.Policy != endpoints.Full {
		warnings.Add("endpointPolicy", diag.AffectsOthers, "%s allows only AWS's own packages, the buckets in s3Buckets and "+
			"session records, and applies to everything in the subnets of %s: list the buckets that others use there in "+
			"s3Buckets, set endpointPolicy to full, or set s3Endpoint to false", p.Endpoints.Policy, p.s3RouteTables())
	}
	if p.BucketUnchecked {
		warnings.Add("sessionBucket", diag.Unchecked, "the owner of %q does not let you look it up: make sure that it exists in %s, or "+
			"sessions will not start", p.Sessions.Bucket, p.Env.Region)
	}
	if p.Sessions.Bucket != "" {
		warnings.Add("sessionBucket", diag.Unchecked, "sessions do not start until the policy of %q allows what the stack output "+
			"sessionBucketPolicy contains: send the output to the bucket's owner. If the bucket is in this account, its policy must "+
			"only not deny these requests", p.Sessions.Bucket)
	}
	return warnings
}

func (p Plan) s3RouteTables() string { return strings.Join(p.ExistingVPC.S3RouteTableIDs, ", ") }
