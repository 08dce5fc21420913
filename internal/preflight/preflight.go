// Package preflight checks a stack's configuration against the account and Region that it is deployed to,
// so that a deployment does not fail halfway.
package preflight

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/compute"
	"bastionless/endpoints"
	"bastionless/internal/awsenv"
	"bastionless/internal/config"
	"bastionless/internal/diag"
	"bastionless/network"
)

// Plan is the configuration with the results of the lookups: everything that the components need.
type Plan struct {
	config.Config
	// Env is the account and Region of the stack.
	Env awsenv.Env
	// Zones are the stack's Availability Zones, with their names and, unless the VPC exists already, the CIDR
	// blocks of their subnets.
	Zones []network.Zone
	// VPCBlocks are the IPv4 CIDR blocks of the VPC, the primary one first.
	VPCBlocks []netip.Prefix
	// ExistingVPC describes the VPC that the stack uses. Nil if the stack creates one.
	ExistingVPC *network.ExistingVPCArgs
	// VPCEndpoints are the interface endpoints that the stack creates.
	VPCEndpoints []config.VPCEndpoint
	// ExistingEndpoints are existing endpoints that the stack uses.
	ExistingEndpoints []endpoints.Existing
	// NewServices are the codes of the services for which the stack will create its first endpoint in the existing
	// VPC.
	NewServices []string
	// Targets are the existing instances that were found on which the session role allows sessions.
	Targets []Target
	// AgentRoles are the roles of Targets that EC2 may assume and that have the agent's permissions without the stack,
	// sorted.
	AgentRoles []string
	// DenyingRoles are the roles of Targets whose policies deny what the agent needs, sorted.
	DenyingRoles []string
	// TrustPolicies maps the roles of Targets that could be looked up to their trust policies.
	TrustPolicies map[string]string
	// LookupWarnings are warnings about Targets, and about existing roles and security groups.
	LookupWarnings diag.Diagnostics
	// Architecture is the architecture of the instance type: "x86_64" or "arm64".
	Architecture string
	// EBSOptimized says that the instance type supports EBS optimization.
	EBSOptimized bool
	// S3PrefixListID is the ID of the Region's S3 prefix list. Empty without the S3 endpoint.
	S3PrefixListID string
	// LogGroupEncrypted says whether the existing log group for session records is encrypted with a KMS key.
	LogGroupEncrypted bool
	// BucketUnchecked says that the deployer is not allowed to look up the existing bucket for session records.
	BucketUnchecked bool
	// PublicSubnetIDs are the existing subnets for the stack's instances whose route table has a route to an Internet
	// gateway.
	PublicSubnetIDs []string
	// UserData is what cloud-init runs on the first boot. Empty: no user data.
	UserData string
}

// InstanceSpecs returns the instances of the stack, in the order of the zones.
func (p Plan) InstanceSpecs() []compute.InstanceSpec {
	zones := make([]string, len(p.Zones))
	for i, zone := range p.Zones {
		zones[i] = zone.Letter
	}
	return compute.InstanceSpecs(zones, p.Instances.PerZone)
}

// Resolve looks up what the configuration refers to. The diagnostics report what AWS would reject during
// the deployment. The error is that of a lookup that failed for a reason other than the configuration,
// such as a missing permission.
func Resolve(ctx *pulumi.Context, c config.Config) (Plan, diag.Diagnostics, error) {
	r := &resolver{ctx: ctx, plan: Plan{Config: c, VPCEndpoints: c.VPCEndpoints()}}
	for _, lookUp := range []func() error{
		r.lookUpEnv, r.lookUpZones, r.lookUpVPC, r.lookUpInstanceType, r.combineUserData, r.lookUpImage, r.lookUpEncryption,
		r.lookUpKeyPair, r.lookUpServices, r.lookUpS3, r.lookUpEndpoints, r.lookUpTargets, r.lookUpAgentRoles,
		r.lookUpLogGroup, r.lookUpBucket,
	} {
		if err := lookUp(); err != nil {
			return Plan{}, r.diags, err
		}
	}
	return r.plan, r.diags, nil
}

// resolver fills in a plan.
type resolver struct {
	ctx   *pulumi.Context
	plan  Plan
	diags diag.Diagnostics
	// zoneNames are the names of the Availability Zones that are available to the account.
	zoneNames []string
	// existing is what was found in an existing VPC.
	existing existingNetwork
	// roles are the existing roles that were looked up, by name.
	roles map[string]*agentRole
	// instances are the instances of others that were looked up, by ID.
	instances map[string]*ec2.LookupInstanceResult
}

func (r *resolver) lookUpEnv() error {
	partition, err := aws.GetPartition(r.ctx, &aws.GetPartitionArgs{})
	if err != nil {
		return fmt.Errorf("look up the partition: %w", err)
	}
	region, err := aws.GetRegion(r.ctx, &aws.GetRegionArgs{})
	if err != nil {
		return fmt.Errorf("look up the Region: %w", err)
	}
	caller, err := aws.GetCallerIdentity(r.ctx, &aws.GetCallerIdentityArgs{})
	if err != nil {
		return fmt.Errorf("look up the account: %w", err)
	}
	env := awsenv.Env{
		Partition: partition.Partition, DNSSuffix: partition.DnsSuffix, Region: region.Name, AccountID: caller.AccountId,
	}
	r.plan.Env = env
	r.diags.Append(r.plan.SessionRole.ValidateIn(env))
	r.checkARN("permissionsBoundary", "policy", r.plan.PermissionsBoundary,
		"arn:"+env.Partition+":iam::(?:"+env.AccountID+`|aws):policy/(?:[\x21-\x7e]+/)*[\w+=,.@-]{1,128}`,
		env.IAM(env.AccountID, "policy/NAME"))
	for _, arn := range r.plan.InstanceRole.ARNs {
		if !r.plan.InstanceRole.Validate().Has("instancePolicyArns") {
			r.checkARN("instancePolicyArns", "policy", arn,
				"arn:"+env.Partition+":iam::(?:"+env.AccountID+`|aws):policy/.+`, env.IAM(env.AccountID, "policy/NAME"))
		}
	}
	r.checkARN("rootVolumeKmsKey", "KMS key", r.plan.Instances.RootVolumeKMSKey,
		"arn:"+env.Partition+":kms:"+env.Region+":[0-9]{12}:key/[A-Za-z0-9-]+", env.ARN("kms", "key/ID"))
	return nil
}

// checkARN reports an ARN that does not match a pattern. The pattern contains the partition, Region and
// account of the stack.
func (r *resolver) checkARN(key, what, arn, pattern, example string) {
	if arn != "" && !regexp.MustCompile("^(?:"+pattern+")$").MatchString(arn) {
		r.diags.Add(key, diag.Malformed, "%q is not the ARN of a %s that this stack can use: use an ARN such as "+
			"%s", arn, what, example)
	}
}

func (r *resolver) lookUpZones() error {
	region := r.plan.Env.Region
	found, err := aws.GetAvailabilityZones(r.ctx, &aws.GetAvailabilityZonesArgs{
		State: pulumi.StringRef("available"),
		// VPC endpoints are not available in Local Zones and Wavelength Zones.
		Filters: []aws.GetAvailabilityZonesFilter{{Name: "zone-type", Values: []string{"availability-zone"}}},
	})
	if err != nil {
		return fmt.Errorf("look up the Availability Zones of %s: %w", region, err)
	}
	r.zoneNames = found.Names
	if r.plan.UsesExistingVPC() {
		return nil // lookUpVPC finds the zones of the subnets
	}
	r.plan.VPCBlocks = []netip.Prefix{r.plan.Subnets.VPC}
	for _, zone := range r.plan.Subnets.Plan() {
		zone.Name = region + zone.Letter
		r.plan.Zones = append(r.plan.Zones, zone)
		if !slices.Contains(found.Names, zone.Name) {
			r.diags.Add("zones", diag.NotFound, "account %s has no zone %q in %s: use zones in "+
				"[%s]", r.plan.Env.AccountID, zone.Letter, region,
				r.letters(found.Names))
		}
	}
	return nil
}

// letters returns the letters of zones, sorted, in the form in which the configuration lists them.
func (r *resolver) letters(zoneNames []string) string {
	letters := make([]string, len(zoneNames))
	for i, zone := range zoneNames {
		letters[i] = strings.TrimPrefix(zone, r.plan.Env.Region)
	}
	slices.Sort(letters)
	return strings.Join(letters, ", ")
}

// notIn returns the zones that exist and are not available.
func (r *resolver) notIn(zones []network.Zone, available []string) []string {
	var missing []string
	for _, zone := range zones {
		if slices.Contains(r.zoneNames, zone.Name) && !slices.Contains(available, zone.Name) {
			missing = append(missing, zone.Name)
		}
	}
	return missing
}

func (r *resolver) lookUpServices() error {
	for _, endpoint := range r.plan.VPCEndpoints {
		if err := r.lookUpService(endpoint); err != nil {
			return err
		}
	}
	return nil
}

func (r *resolver) lookUpService(endpoint config.VPCEndpoint) error {
	env := r.plan.Env
	name := endpoints.ServiceName(env.Partition, env.Region, endpoint.Service)
	service, err := ec2.LookupVpcEndpointService(r.ctx, &ec2.LookupVpcEndpointServiceArgs{
		ServiceName: pulumi.StringRef(name),
		ServiceType: pulumi.StringRef("Interface"),
	})
	switch {
	case err != nil && isMissingService(err):
		r.diags.Add(endpoint.Key, diag.NotOffered, "%s has no endpoint service %s: %s", env.Region, name, endpoint.Remedy)
		return nil
	case err != nil:
		return fmt.Errorf("look up endpoint service %s: %w", name, err)
	case len(service.AvailabilityZones) == 0:
		// In GovCloud, AWS returns only the name. If a zone lacks the service, the creation of the
		// endpoint fails.
		return nil
	}
	if service.PrivateDnsName == "" {
		r.diags.Add(endpoint.Key, diag.NotOffered, "endpoint service %s has no private DNS name, so clients in the VPC "+
			"would not use the endpoint: "+
			"%s", name, endpoint.Remedy)
	}
	key, use, zones := "zones", "zones", r.plan.Zones
	if r.plan.UsesExistingVPC() {
		_, key = r.plan.InterfaceSubnetIDs()
		use, zones = "subnets in zones", r.existing.interfaceZones
	}
	if missing := r.notIn(zones, service.AvailabilityZones); len(missing) > 0 {
		r.diags.Add(key, diag.NotOffered, "endpoint service %s is not available in %s: use only %s in [%s], or "+
			"%s", name, strings.Join(missing, ", "), use,
			r.letters(service.AvailabilityZones), endpoint.Remedy)
	}
	return nil
}

// isMissingService reports whether an endpoint service does not exist. Errors of lookups have no code, so
// it compares the text.
func isMissingService(err error) bool {
	return strings.Contains(err.Error(), "InvalidServiceName") ||
		strings.Contains(err.Error(), "no matching EC2 VPC Endpoint Service found")
}

func (r *resolver) lookUpS3() error {
	if !r.plan.Endpoints.UsesS3() {
		return nil
	}
	name := endpoints.ServiceName(r.plan.Env.Partition, r.plan.Env.Region, endpoints.S3)
	list, err := ec2.LookupManagedPrefixList(r.ctx, &ec2.LookupManagedPrefixListArgs{Name: pulumi.StringRef(name)})
	if err != nil {
		return fmt.Errorf("look up prefix list %s: %w", name, err)
	}
	r.plan.S3PrefixListID = list.Id
	return nil
}
