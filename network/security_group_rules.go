package network

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func (s *SecurityGroups) newEndpointIngress(ctx *pulumi.Context, name string, args *SecurityGroupsArgs) error {
	https := func(suffix, source string, from vpc.SecurityGroupIngressRuleArgs) error {
		from.SecurityGroupId = s.EndpointID
		from.Description = args.description("HTTPS from " + source)
		from.IpProtocol, from.FromPort, from.ToPort = pulumi.String("tcp"), pulumi.Int(443), pulumi.Int(443)
		created, err := vpc.NewSecurityGroupIngressRule(ctx, name+"-ingress-"+suffix, &from, pulumi.Parent(s))
		if err != nil {
			return fmt.Errorf("endpoint ingress: %w", err)
		}
		s.rules = append(s.rules, created)
		return nil
	}
	// AWS cannot change a rule from a group to a CIDR block, so the resource name contains the kind of
	// source.
	kind := string(args.EndpointIngress)
	if args.EndpointIngress == FromVPC {
		for i, block := range args.VPCBlocks {
			suffix := kind
			if i > 0 {
				suffix += "-" + strings.ReplaceAll(block.String(), "/", "-")
			}
			if err := https(suffix, "the VPC", vpc.SecurityGroupIngressRuleArgs{CidrIpv4: pulumi.String(block.String())}); err != nil {
				return err
			}
		}
	} else if !args.WithoutInstances {
		if err := https(kind, "the instances", vpc.SecurityGroupIngressRuleArgs{ReferencedSecurityGroupId: s.InstanceID}); err != nil {
			return err
		}
	}
	for _, id := range args.Clients {
		if err := https(id, "other clients", vpc.SecurityGroupIngressRuleArgs{ReferencedSecurityGroupId: args.ClientGroupIDs[id]}); err != nil {
			return err
		}
	}
	return nil
}

func (s *SecurityGroups) newRestrictedEgress(ctx *pulumi.Context, name string, args *SecurityGroupsArgs) error {
	tcp := func(port int, description string) *vpc.SecurityGroupEgressRuleArgs {
		return &vpc.SecurityGroupEgressRuleArgs{
			IpProtocol:  pulumi.String("tcp"),
			FromPort:    pulumi.Int(port),
			ToPort:      pulumi.Int(port),
			Description: args.description(description),
		}
	}
	if !args.WithoutEndpoints {
		endpoints := tcp(443, "HTTPS to the interface endpoints")
		endpoints.ReferencedSecurityGroupId = s.EndpointID
		if err := s.newEgress(ctx, name+"-egress-endpoints", endpoints); err != nil {
			return err
		}
	}
	for _, id := range args.ExistingEndpointGroups {
		existing := tcp(443, "HTTPS to existing interface endpoints")
		existing.ReferencedSecurityGroupId = pulumi.String(id)
		if err := s.newEgress(ctx, name+"-egress-"+id, existing); err != nil {
			return err
		}
	}
	if args.HTTPSEverywhere {
		everywhere := tcp(443, "HTTPS to AWS services through a hub or a NAT gateway")
		everywhere.CidrIpv4 = pulumi.String("0.0.0.0/0")
		if err := s.newEgress(ctx, name+"-egress-https", everywhere); err != nil {
			return err
		}
	}
	if args.S3PrefixListID != "" {
		// Traffic to a gateway endpoint is addressed to S3's public addresses, so the endpoints' group
		// does not match it.
		ports := []int{443}
		if args.S3OverHTTP {
			ports = append(ports, 80)
		}
		for _, port := range ports {
			s3 := tcp(port, "Port "+strconv.Itoa(port)+" of S3")
			s3.PrefixListId = pulumi.String(args.S3PrefixListID)
			if err := s.newEgress(ctx, name+"-egress-s3-"+strconv.Itoa(port), s3); err != nil {
				return err
			}
		}
	}
	for _, target := range args.Forward {
		forward := tcp(int(target.Port), "Port forwarding to "+target.String())
		forward.CidrIpv4 = pulumi.String(target.Block.String())
		key := strings.NewReplacer("/", "-", ":", "-").Replace(target.String())
		if err := s.newEgress(ctx, name+"-egress-"+key, forward); err != nil {
			return err
		}
	}
	return nil
}

func (s *SecurityGroups) newEgress(ctx *pulumi.Context, name string, rule *vpc.SecurityGroupEgressRuleArgs) error {
	rule.SecurityGroupId = s.InstanceID
	created, err := vpc.NewSecurityGroupEgressRule(ctx, name, rule, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("instance egress: %w", err)
	}
	s.rules = append(s.rules, created)
	return nil
}

// description returns the description of a rule, or nil if there is none.
func (a *SecurityGroupsArgs) description(text string) pulumi.StringPtrInput {
	if !a.Descriptions {
		return nil
	}
	return pulumi.String(text)
}
