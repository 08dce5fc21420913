// Package endpoints provides the VPC endpoints through which a VPC without Internet access reaches AWS
// services.
package endpoints

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/awsenv"
	"bastionless/internal/contract"
	"bastionless/internal/osimage"
)

// SetArgs describes the endpoints of a VPC.
type SetArgs struct {
	// Env is the account and Region of the endpoints. Required. Plain: ARNs and service names are built
	// from it.
	Env awsenv.Env
	// Policy is what the endpoints allow. Required. Plain: it decides whether a property is set.
	Policy Policy
	// OrganizationID is the AWS Organizations ID whose principals Restricted allows instead of the
	// account's. Optional. Plain: policies are built from it.
	OrganizationID string
	// Services are the codes of the services that get an interface endpoint, such as "ssm". Required unless
	// Existing or ReachesAll is set, without duplicates. Plain: resources are named after them.
	Services []string
	// Existing are existing endpoints in the VPC, which the set reads and does not change. Optional. Plain:
	// resources are named after them.
	Existing []Existing
	// ReachesAll says that a hub or a NAT gateway provides the services that have no endpoint in the VPC.
	// Plain: the state records it.
	ReachesAll bool
	// VPCID is the VPC of the endpoints. Required.
	VPCID pulumi.StringInput
	// SubnetIDs are the subnets in which every interface endpoint has a network interface, at most one in
	// each zone. Required.
	SubnetIDs pulumi.StringArray
	// ReplaceWith are resources that are replaced when the subnet of a zone is exchanged. The interface
	// endpoints are replaced together with them. Required.
	ReplaceWith []pulumi.Resource
	// SubnetGroup is the name of the subnets' group, such as "privatelink". Required. A change replaces
	// the interface endpoints. Plain: it is compared with the previous value.
	SubnetGroup string
	// Tags are tags of all endpoints. Optional. Plain: they decide whether a property is set.
	Tags map[string]string
	// SecurityGroupID is the security group of the interface endpoints. Required with Services: AWS would
	// use the VPC's default group.
	SecurityGroupID pulumi.StringInput
	// S3 describes a gateway endpoint for S3. Optional: without it, there is none.
	S3 *S3Args
}

// S3Args describes the gateway endpoint for S3.
type S3Args struct {
	// RouteTableIDs are the route tables that get a route to S3. Required.
	RouteTableIDs pulumi.StringArrayInput
	// OS is the operating system whose package repositories Restricted allows to read. Required. Plain:
	// the policy is built from it.
	OS osimage.OS
	// Buckets are buckets of the workload that Restricted allows the account's principals to read and
	// write. Optional. Plain: the policy is built from them.
	Buckets []string
	// PublicBuckets are buckets that Restricted allows everyone to read, even with unsigned requests. Optional. Plain:
	// the policy is built from them.
	PublicBuckets []string
	// RecordsBucket is the bucket of the session records, which Restricted allows the account's principals
	// to write. Optional: nil if there is none.
	RecordsBucket pulumi.StringInput
}

// Set is one interface endpoint for each service and, optionally, a gateway endpoint for S3. The interface
// endpoints have private DNS, so that AWS clients in the VPC need no configuration.
type Set struct {
	pulumi.ResourceState

	// EndpointIDs maps each service's code to its endpoint.
	EndpointIDs pulumi.StringMapOutput `pulumi:"endpointIds"`

	sessionEndpoints []pulumi.Resource
}

// NewSet declares the endpoints of a VPC.
func NewSet(ctx *pulumi.Context, name string, args *SetArgs, opts ...pulumi.ResourceOption) (*Set, error) {
	if err := args.validateArgs(); err != nil {
		return nil, fmt.Errorf("endpoints %q: %w", name, err)
	}
	s := &Set{}
	if err := ctx.RegisterComponentResourceV2(contract.EndpointsType, name, args.inputs(), s, opts...); err != nil {
		return nil, fmt.Errorf("endpoints %q: %w", name, err)
	}
	ids := pulumi.StringMap{}
	for _, service := range args.Services {
		endpoint, err := s.newInterface(ctx, name, args, service)
		if err != nil {
			return nil, fmt.Errorf("endpoints %q: %s: %w", name, service, err)
		}
		ids[service] = endpoint.ID()
		if slices.Contains(agentServices, service) {
			s.sessionEndpoints = append(s.sessionEndpoints, endpoint)
		}
	}
	if args.S3 != nil {
		endpoint, err := s.newGateway(ctx, name, args)
		if err != nil {
			return nil, fmt.Errorf("endpoints %q: s3: %w", name, err)
		}
		ids[S3] = endpoint.ID()
		s.sessionEndpoints = append(s.sessionEndpoints, endpoint)
	}
	if err := s.readExisting(ctx, name, args.Existing, ids); err != nil {
		return nil, fmt.Errorf("endpoints %q: %w", name, err)
	}
	s.EndpointIDs = ids.ToStringMapOutput()
	if err := ctx.RegisterResourceOutputs(s, pulumi.Map{"endpointIds": s.EndpointIDs}); err != nil {
		return nil, fmt.Errorf("endpoints %q: %w", name, err)
	}
	return s, nil
}

func (s *Set) newInterface(ctx *pulumi.Context, name string, args *SetArgs, service string) (*ec2.VpcEndpoint, error) {
	endpoint := &ec2.VpcEndpointArgs{
		VpcId:             args.VPCID,
		ServiceName:       pulumi.String(ServiceName(args.Env.Partition, args.Env.Region, service)),
		VpcEndpointType:   pulumi.String("Interface"),
		PrivateDnsEnabled: pulumi.Bool(true),
		SubnetIds:         args.SubnetIDs,
		SecurityGroupIds:  pulumi.StringArray{args.SecurityGroupID},
		Tags:              args.tags(),
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
		// Two endpoints of one VPC cannot have the same private DNS name, so the old one is deleted first.
		pulumi.DeleteBeforeReplace(true),
		// AWS does not exchange an endpoint's subnet for another one in the same zone. So the endpoint is
		// replaced if the subnet of a zone is exchanged, or if it moves to another subnet group. Adding or
		// removing a zone updates it in place.
		pulumi.ReplaceWith(args.ReplaceWith),
		pulumi.ReplacementTrigger(pulumi.String(args.SubnetGroup)),
	)
}

func (s *Set) newGateway(ctx *pulumi.Context, name string, args *SetArgs) (*ec2.VpcEndpoint, error) {
	endpoint := &ec2.VpcEndpointArgs{
		VpcId:           args.VPCID,
		ServiceName:     pulumi.String(ServiceName(args.Env.Partition, args.Env.Region, S3)),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   args.S3.RouteTableIDs,
		Tags:            args.tags(),
	}
	recordsBucket := args.S3.RecordsBucket
	if recordsBucket == nil {
		recordsBucket = pulumi.String("")
	}
	endpoint.Policy = recordsBucket.ToStringOutput().ApplyT(func(bucket string) (string, error) {
		return args.s3Policy(bucket).JSON()
	}).(pulumi.StringOutput)
	return ec2.NewVpcEndpoint(ctx, name+"-"+S3, endpoint,
		pulumi.Parent(s),
		// A route table cannot have two routes to S3, so the old endpoint is deleted first.
		pulumi.DeleteBeforeReplace(true),
	)
}

// SessionEndpoints returns the endpoints that the agent uses, for DependsOn of instances: an agent that
// starts before they exist retries only after minutes.
func (s *Set) SessionEndpoints() []pulumi.Resource { return s.sessionEndpoints }

// tags returns the tags of the endpoints, or nil if there are none, which leaves out the property.
func (a *SetArgs) tags() pulumi.StringMapInput {
	if len(a.Tags) == 0 {
		return nil
	}
	return pulumi.ToStringMap(a.Tags)
}

func (a *SetArgs) inputs() pulumi.Map {
	inputs := pulumi.Map{
		"region":                   pulumi.String(a.Env.Region),
		contract.OrganizationInput: pulumi.String(a.OrganizationID),
		"services":                 pulumi.ToStringArray(a.Services),
		"subnetGroup":              pulumi.String(a.SubnetGroup),
		"policy":                   pulumi.String(string(a.Policy)),
		"s3":                       pulumi.Bool(a.S3 != nil),
	}
	if a.S3 != nil {
		inputs["s3Buckets"] = pulumi.ToStringArray(a.S3.Buckets)
		if len(a.S3.PublicBuckets) > 0 {
			inputs[contract.PublicBucketsInput] = pulumi.ToStringArray(a.S3.PublicBuckets)
		}
	}
	if existing := a.existingServices(); len(existing) > 0 {
		inputs[contract.ExistingEndpointsInput] = pulumi.ToStringArray(existing)
	}
	return inputs
}

func (a *SetArgs) validateArgs() error {
	if a == nil {
		return errors.New("missing args")
	}
	errs := []error{a.Env.Validate()}
	missing := func(field string, is bool) {
		if is {
			errs = append(errs, errors.New("missing "+field))
		}
	}
	missing("Services", len(a.Services) == 0 && len(a.existingServices()) == 0)
	missing("VPCID", a.VPCID == nil)
	if len(a.Services) > 0 {
		missing("SubnetIDs", len(a.SubnetIDs) == 0)
		missing("ReplaceWith", len(a.ReplaceWith) == 0)
		missing("SecurityGroupID: AWS would use the VPC's default group", a.SecurityGroupID == nil)
	}
	missing("SubnetGroup", a.SubnetGroup == "")
	if a.S3 != nil {
		missing("S3.RouteTableIDs", a.S3.RouteTableIDs == nil)
		if !slices.Contains(osimage.All(), a.S3.OS) {
			errs = append(errs, fmt.Errorf("field S3.OS is %q, not one of %q", a.S3.OS, osimage.All()))
		}
	}
	if !slices.Contains(Policies(), a.Policy) {
		errs = append(errs, fmt.Errorf("field Policy is %q, not one of %q", a.Policy, Policies()))
	}
	seen := map[string]bool{}
	for _, service := range a.Services {
		if seen[service] {
			errs = append(errs, fmt.Errorf("field Services lists %q twice", service))
		}
		seen[service] = true
	}
	return errors.Join(errs...)
}
