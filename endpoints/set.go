// Package endpoints gives a VPC without Internet access its own doors to AWS services.
package endpoints

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// setType is recorded in state: a change replaces every endpoint unless the old token stays as an alias.
const setType = "bastionless:endpoints:Set"

// SetArgs describes the endpoints of a VPC.
type SetArgs struct {
	// Partition is the Region's partition, such as "aws". Required. Plain: ARNs and service names are built from it.
	Partition string
	// Region is the Region of the endpoints, such as "eu-west-1". Required. Plain: as Partition.
	Region string
	// DNSSuffix is the partition's, such as "amazonaws.com". Required with S3. Plain: as Partition.
	DNSSuffix string
	// AccountID is the account whose principals Restricted admits, 12 digits. Required. Plain: as Partition.
	AccountID string
	// OrganizationID is the organisation whose principals Restricted admits instead of the account's, such as
	// "o-exampleorgid". Optional. Plain: as Partition.
	OrganizationID string
	// Services are the codes of the services that get an interface endpoint, such as "ssm". Required, each once.
	// Plain: each names a resource.
	Services []string
	// Policy says what the endpoints let through. Required. Plain: it decides whether a property is set.
	Policy Policy
	// VPCID is the VPC of the endpoints. Required.
	VPCID pulumi.StringInput
	// Subnets each hold one network interface of every interface endpoint, one subnet a zone at most. Required. The
	// resources and not their ids: an endpoint has to make way when one of them is replaced.
	Subnets []pulumi.CustomResource
	// SubnetTier is the kind of the subnets, such as "privatelink". Required. Another kind replaces the interface
	// endpoints. Plain: it is compared with the last one.
	SubnetTier string
	// SecurityGroupID guards the interface endpoints. Required: without it AWS takes the VPC's default group.
	SecurityGroupID pulumi.StringInput
	// S3 describes a gateway endpoint for S3. Optional: nil leaves it out.
	S3 *S3Args
}

// S3Args describes the gateway endpoint for S3.
type S3Args struct {
	// RouteTableIDs get a route to S3, which the subnets on them then use. Required.
	RouteTableIDs pulumi.StringArrayInput
	// OS is the operating system whose repositories Restricted admits. Required. Plain: it decides on the policy.
	OS OS
	// Buckets are the workload's own buckets, which Restricted admits for the account's principals to read and write.
	// Optional. Plain: the policy is built from them.
	Buckets []string
	// RecordsBucket is the bucket that instances record sessions to, which Restricted admits for the account's principals
	// to write. Optional: nil, there is none.
	RecordsBucket pulumi.StringInput
}

// Set is one interface endpoint for each service, with private DNS, so that unchanged AWS clients in the VPC find it,
// and, where asked for, a gateway endpoint for S3.
type Set struct {
	pulumi.ResourceState

	// EndpointIDs maps each service's code to its endpoint.
	EndpointIDs pulumi.StringMapOutput `pulumi:"endpointIds"`

	forSessions []pulumi.Resource
}

// NewSet declares the endpoints that args describe.
func NewSet(ctx *pulumi.Context, name string, args *SetArgs, opts ...pulumi.ResourceOption) (*Set, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("endpoints %q: %w", name, err)
	}
	s := &Set{}
	if err := ctx.RegisterComponentResourceV2(setType, name, args.inputs(), s, opts...); err != nil {
		return nil, fmt.Errorf("endpoints %q: %w", name, err)
	}
	ids := pulumi.StringMap{}
	for _, service := range args.Services {
		endpoint, err := s.newInterface(ctx, name, args, service)
		if err != nil {
			return nil, fmt.Errorf("endpoints %q: %s: %w", name, service, err)
		}
		ids[service] = endpoint.ID()
		if slices.Contains(sessionServices, service) {
			s.forSessions = append(s.forSessions, endpoint)
		}
	}
	if args.S3 != nil {
		endpoint, err := s.newGateway(ctx, name, args)
		if err != nil {
			return nil, fmt.Errorf("endpoints %q: s3: %w", name, err)
		}
		ids[S3] = endpoint.ID()
		s.forSessions = append(s.forSessions, endpoint)
	}
	s.EndpointIDs = ids.ToStringMapOutput()
	if err := ctx.RegisterResourceOutputs(s, pulumi.Map{"endpointIds": s.EndpointIDs}); err != nil {
		return nil, fmt.Errorf("endpoints %q: %w", name, err)
	}
	return s, nil
}

func (s *Set) newInterface(ctx *pulumi.Context, name string, args *SetArgs, service string) (*ec2.VpcEndpoint, error) {
	subnetIDs := pulumi.StringArray{}
	subnets := []pulumi.Resource{}
	for _, subnet := range args.Subnets {
		subnetIDs = append(subnetIDs, subnet.ID())
		subnets = append(subnets, subnet)
	}
	endpoint := &ec2.VpcEndpointArgs{
		VpcId:             args.VPCID,
		ServiceName:       pulumi.String(ServiceName(args.Partition, args.Region, service)),
		VpcEndpointType:   pulumi.String("Interface"),
		PrivateDnsEnabled: pulumi.Bool(true),
		SubnetIds:         subnetIDs,
		SecurityGroupIds:  pulumi.StringArray{args.SecurityGroupID},
	}
	if document, ok := args.servicePolicy(service); ok {
		text, err := document.JSON()
		if err != nil {
			return nil, err
		}
		endpoint.Policy = pulumi.String(text)
	}
	return ec2.NewVpcEndpoint(ctx, name+"-"+service, endpoint,
		pulumi.Parent(s),
		// Two endpoints cannot hold the same private DNS name in one VPC, so a replacement waits for the old one to go.
		pulumi.DeleteBeforeReplace(true),
		// An endpoint holds one subnet of a zone, and cannot exchange it for another of that zone. So it goes where a
		// subnet is replaced, or where all are of another kind. A zone that comes or goes changes it in place.
		pulumi.ReplaceWith(subnets),
		pulumi.ReplacementTrigger(pulumi.String(args.SubnetTier)),
	)
}

func (s *Set) newGateway(ctx *pulumi.Context, name string, args *SetArgs) (*ec2.VpcEndpoint, error) {
	endpoint := &ec2.VpcEndpointArgs{
		VpcId:           args.VPCID,
		ServiceName:     pulumi.String(ServiceName(args.Partition, args.Region, S3)),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   args.S3.RouteTableIDs,
	}
	records := args.S3.RecordsBucket
	if records == nil {
		records = pulumi.String("")
	}
	endpoint.Policy = records.ToStringOutput().ApplyT(func(bucket string) (string, error) {
		return args.s3Policy(bucket).JSON()
	}).(pulumi.StringOutput)
	return ec2.NewVpcEndpoint(ctx, name+"-"+S3, endpoint,
		pulumi.Parent(s),
		// A route table cannot hold two routes to S3.
		pulumi.DeleteBeforeReplace(true),
	)
}

// SessionEndpoints returns the endpoints that sessions need, for DependsOn of instances: an agent that starts before
// them may wait for minutes.
func (s *Set) SessionEndpoints() []pulumi.Resource { return s.forSessions }

func (a *SetArgs) inputs() pulumi.Map {
	inputs := pulumi.Map{
		"region":         pulumi.String(a.Region),
		"organizationId": pulumi.String(a.OrganizationID),
		"services":       pulumi.ToStringArray(a.Services),
		"subnetTier":     pulumi.String(a.SubnetTier),
		"policy":         pulumi.String(string(a.Policy)),
		"s3":             pulumi.Bool(a.S3 != nil),
	}
	if a.S3 != nil {
		inputs["s3Buckets"] = pulumi.ToStringArray(a.S3.Buckets)
	}
	return inputs
}

func (a *SetArgs) validate() error {
	if a == nil {
		return errors.New("missing args")
	}
	var problems []error
	missing := func(field string, is bool) {
		if is {
			problems = append(problems, errors.New("missing "+field))
		}
	}
	missing("Partition", a.Partition == "")
	missing("Region", a.Region == "")
	missing("AccountID", a.AccountID == "")
	missing("Services", len(a.Services) == 0)
	missing("VPCID", a.VPCID == nil)
	missing("Subnets", len(a.Subnets) == 0)
	missing("SubnetTier", a.SubnetTier == "")
	missing("SecurityGroupID: without it AWS takes the VPC's default group", a.SecurityGroupID == nil)
	if a.S3 != nil {
		missing("DNSSuffix", a.DNSSuffix == "")
		missing("S3.RouteTableIDs", a.S3.RouteTableIDs == nil)
		if a.S3.OS != AmazonLinux2023 && a.S3.OS != AmazonLinux2 {
			problems = append(problems, fmt.Errorf("S3.OS %q: give %q or %q", a.S3.OS, AmazonLinux2023, AmazonLinux2))
		}
	}
	if a.Policy != Restricted && a.Policy != Full {
		problems = append(problems, fmt.Errorf("policy %q: give %q or %q", a.Policy, Restricted, Full))
	}
	seen := map[string]bool{}
	for _, service := range a.Services {
		if seen[service] {
			problems = append(problems, fmt.Errorf("service %q is listed twice", service))
		}
		seen[service] = true
	}
	return errors.Join(problems...)
}
