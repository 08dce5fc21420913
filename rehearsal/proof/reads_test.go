package proof

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ebs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	awsvpc "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/stacktest"
)

// sdkInputs are the arguments of the provider's resources, by type.
var sdkInputs = map[string]any{
	"aws:cloudwatch/logGroup:LogGroup":                                                           cloudwatch.LogGroupArgs{},
	"aws:ebs/volume:Volume":                                                                      ebs.VolumeArgs{},
	"aws:ec2/defaultRouteTable:DefaultRouteTable":                                                ec2.DefaultRouteTableArgs{},
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":                                          ec2.DefaultSecurityGroupArgs{},
	"aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway":                                ec2.EgressOnlyInternetGatewayArgs{},
	"aws:ec2/eip:Eip":                                                                            ec2.EipArgs{},
	"aws:ec2/eipAssociation:EipAssociation":                                                      ec2.EipAssociationArgs{},
	"aws:ec2/flowLog:FlowLog":                                                                    ec2.FlowLogArgs{},
	"aws:ec2/instance:Instance":                                                                  ec2.InstanceArgs{},
	"aws:ec2/internetGateway:InternetGateway":                                                    ec2.InternetGatewayArgs{},
	"aws:ec2/internetGatewayAttachment:InternetGatewayAttachment":                                ec2.InternetGatewayAttachmentArgs{},
	"aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation":                                ec2.MainRouteTableAssociationArgs{},
	"aws:ec2/networkAcl:NetworkAcl":                                                              ec2.NetworkAclArgs{},
	"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl":                                                ec2.DefaultNetworkAclArgs{},
	"aws:ec2/networkAclAssociation:NetworkAclAssociation":                                        ec2.NetworkAclAssociationArgs{},
	"aws:ec2/networkAclRule:NetworkAclRule":                                                      ec2.NetworkAclRuleArgs{},
	"aws:ec2/networkInterface:NetworkInterface":                                                  ec2.NetworkInterfaceArgs{},
	"aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment":                              ec2.NetworkInterfaceAttachmentArgs{},
	"aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment":    ec2.NetworkInterfaceSecurityGroupAttachmentArgs{},
	"aws:ec2/managedPrefixList:ManagedPrefixList":                                                ec2.ManagedPrefixListArgs{},
	"aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry":                                      ec2.ManagedPrefixListEntryArgs{},
	"aws:ec2/vpcDhcpOptions:VpcDhcpOptions":                                                      ec2.VpcDhcpOptionsArgs{},
	"aws:ec2/defaultVpcDhcpOptions:DefaultVpcDhcpOptions":                                        ec2.DefaultVpcDhcpOptionsArgs{},
	"aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation":                                ec2.VpcDhcpOptionsAssociationArgs{},
	"aws:route53/zone:Zone":                                                                      route53.ZoneArgs{},
	"aws:route53/zoneAssociation:ZoneAssociation":                                                route53.ZoneAssociationArgs{},
	"aws:route53/record:Record":                                                                  route53.RecordArgs{},
	"aws:route53/resolverRule:ResolverRule":                                                      route53.ResolverRuleArgs{},
	"aws:route53/resolverRuleAssociation:ResolverRuleAssociation":                                route53.ResolverRuleAssociationArgs{},
	"aws:ec2/securityGroupAssociation:SecurityGroupAssociation":                                  ec2.SecurityGroupAssociationArgs{},
	"aws:vpc/endpointPrivateDns:EndpointPrivateDns":                                              awsvpc.EndpointPrivateDnsArgs{},
	"aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation":                              ec2.VpnGatewayRoutePropagationArgs{},
	"aws:ec2/natGateway:NatGateway":                                                              ec2.NatGatewayArgs{},
	"aws:ec2/route:Route":                                                                        ec2.RouteArgs{},
	"aws:ec2/routeTable:RouteTable":                                                              ec2.RouteTableArgs{},
	"aws:ec2/routeTableAssociation:RouteTableAssociation":                                        ec2.RouteTableAssociationArgs{},
	"aws:ec2/securityGroup:SecurityGroup":                                                        ec2.SecurityGroupArgs{},
	"aws:ec2/securityGroupRule:SecurityGroupRule":                                                ec2.SecurityGroupRuleArgs{},
	"aws:ec2/subnet:Subnet":                                                                      ec2.SubnetArgs{},
	"aws:ec2/tag:Tag":                                                                            ec2.TagArgs{},
	"aws:ec2/volumeAttachment:VolumeAttachment":                                                  ec2.VolumeAttachmentArgs{},
	"aws:ec2/vpc:Vpc":                                                                            ec2.VpcArgs{},
	"aws:ec2/vpcEndpoint:VpcEndpoint":                                                            ec2.VpcEndpointArgs{},
	"aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy":                                                ec2.VpcEndpointPolicyArgs{},
	"aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation":                  ec2.VpcEndpointRouteTableAssociationArgs{},
	"aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation":                          ec2.VpcEndpointSubnetAssociationArgs{},
	"aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation":                            ec2.VpcIpv4CidrBlockAssociationArgs{},
	"aws:iam/instanceProfile:InstanceProfile":                                                    iam.InstanceProfileArgs{},
	"aws:iam/policy:Policy":                                                                      iam.PolicyArgs{},
	"aws:iam/policyAttachment:PolicyAttachment":                                                  iam.PolicyAttachmentArgs{},
	"aws:iam/role:Role":                                                                          iam.RoleArgs{},
	"aws:iam/rolePoliciesExclusive:RolePoliciesExclusive":                                        iam.RolePoliciesExclusiveArgs{},
	"aws:iam/rolePolicy:RolePolicy":                                                              iam.RolePolicyArgs{},
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":                                          iam.RolePolicyAttachmentArgs{},
	"aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive":                      iam.RolePolicyAttachmentsExclusiveArgs{},
	"aws:kms/alias:Alias":                                                                        kms.AliasArgs{},
	"aws:kms/key:Key":                                                                            kms.KeyArgs{},
	"aws:kms/keyPolicy:KeyPolicy":                                                                kms.KeyPolicyArgs{},
	"aws:s3/bucket:Bucket":                                                                       s3.BucketArgs{},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       s3.BucketLifecycleConfigurationV2Args{},
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":                                     s3.BucketOwnershipControlsArgs{},
	"aws:s3/bucketPolicy:BucketPolicy":                                                           s3.BucketPolicyArgs{},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":                                     s3.BucketPublicAccessBlockArgs{},
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": s3.BucketServerSideEncryptionConfigurationV2Args{},
	"aws:s3/bucketV2:BucketV2":                                                                   s3.BucketV2Args{},
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                                               s3.BucketVersioningV2Args{},
	"aws:ssm/association:Association":                                                            ssm.AssociationArgs{},
	"aws:ssm/document:Document":                                                                  ssm.DocumentArgs{},
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":                                    awsvpc.SecurityGroupEgressRuleArgs{},
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":                                  awsvpc.SecurityGroupIngressRuleArgs{},
}

// TestInputTables checks that each table lists exactly the inputs of its type in the provider's SDK, each once.
func TestInputTables(t *testing.T) {
	t.Parallel()
	require.Equal(t, slices.Sorted(maps.Keys(sdkInputs)), slices.Sorted(maps.Keys(inputTables)))
	for typ, args := range sdkInputs {
		var want []string
		for i := range reflect.TypeOf(args).NumField() {
			name := reflect.TypeOf(args).Field(i).Name
			want = append(want, strings.ToLower(name[:1])+name[1:])
		}
		table := inputTables[typ]
		got := strings.Fields(table.read)
		for _, group := range []map[string]string{table.harmless, table.unread} {
			for names, why := range group {
				require.NotEmpty(t, why, typ)
				for _, field := range strings.Fields(names) {
					name, _, _ := strings.Cut(field, "=")
					got = append(got, name)
				}
			}
		}
		require.ElementsMatch(t, want, got, typ)
	}
}

// TestInputTables_stacks checks that the proofs have a table for each type that the stacks deploy, and that no
// resource of theirs causes unknowns.
func TestInputTables_stacks(t *testing.T) {
	t.Parallel()
	for _, stack := range stacktest.Stacks() {
		deployment, err := Read(stacktest.Export(t, stacktest.Deploy(t, stack, nil)))
		require.NoError(t, err)
		s, err := readState(deployment)
		require.NoError(t, err)
		for _, r := range s.resources {
			if !localPackages[strings.Split(r.typ, ":")[0]] && !harmlessTypes[r.typ] {
				require.Contains(t, inputTables, r.typ)
			}
			require.Empty(t, r.unknowns(), r)
		}
	}
}

// TestInputTables_unread checks that an input that is set and not evaluated causes unknowns, whatever its value.
func TestInputTables_unread(t *testing.T) {
	t.Parallel()
	for _, tables := range []map[string]inputTable{inputTables, version7Inputs} {
		for typ, table := range tables {
			for names := range table.unread {
				for _, field := range strings.Fields(names) {
					name, absent, hasAbsent := strings.Cut(field, "=")
					for _, value := range []any{true, 1.0, "x", []any{"x"}, map[string]any{"x": "y"}} {
						r := &resource{typ: typ, inputs: map[string]any{name: value}}
						require.Len(t, r.unknowns(), 1, "%s: %s = %v", typ, name, value)
					}
					if hasAbsent {
						r := &resource{typ: typ, inputs: map[string]any{name: absent}}
						require.Empty(t, r.unknowns(), "%s: %s", typ, field)
					}
				}
			}
		}
	}
}
