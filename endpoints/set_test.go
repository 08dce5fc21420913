package endpoints_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/endpoints"
	"bastionless/internal/awsenv"
	"bastionless/internal/osimage"
	"bastionless/internal/pulumitest"
)

const (
	endpointType = "aws:ec2/vpcEndpoint:VpcEndpoint"
	subnetType   = "aws:ec2/subnet:Subnet"
	setComponent = "bastionless:endpoints:Set"

	full = `{"Version":"2012-10-17","Statement":[` +
		`{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["*"],"Resource":["*"]}]}`
	ownAccount = `{"Version":"2012-10-17","Statement":[{"Sid":"OwnPrincipals","Effect":"Allow","Principal":{"AWS":["*"]},` +
		`"Action":["*"],"Resource":["*"],"Condition":{"StringEquals":{"aws:PrincipalAccount":["123456789012"]}}}]}`
	inOrganization = `{"Version":"2012-10-17","Statement":[{"Sid":"OwnPrincipals","Effect":"Allow","Principal":{"AWS":["*"]},` +
		`"Action":["*"],"Resource":["*"],"Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-exampleorgid"]}}}]}`
)

// subnets declares two subnets, on which endpoints depend.
func subnets(ctx *pulumi.Context, opts ...pulumi.ResourceOption) ([]pulumi.CustomResource, error) {
	var all []pulumi.CustomResource
	for _, name := range []string{"subnet-c", "subnet-a"} {
		subnet, err := ec2.NewSubnet(ctx, name, &ec2.SubnetArgs{VpcId: pulumi.String("vpc-1")}, opts...)
		if err != nil {
			return nil, err
		}
		all = append(all, subnet)
	}
	return all, nil
}

func setArgs(subnets []pulumi.CustomResource) *endpoints.SetArgs {
	args := &endpoints.SetArgs{
		Env: awsenv.Env{
			Partition: "aws", DNSSuffix: "amazonaws.com", Region: "eu-west-1", AccountID: "123456789012",
		},
		Services:        []string{"ssm", "ssmmessages", "ec2messages", "kms", "logs", "ecr.api"},
		Policy:          endpoints.Restricted,
		VPCID:           pulumi.String("vpc-1"),
		SubnetGroup:     "privatelink",
		SecurityGroupID: pulumi.String("sg-1"),
		S3: &endpoints.S3Args{
			RouteTableIDs: pulumi.StringArray{pulumi.String("rtb-1")},
			OS:            osimage.AmazonLinux2023,
		},
	}
	for _, subnet := range subnets {
		args.SubnetIDs = append(args.SubnetIDs, subnet.ID())
		args.ReplaceWith = append(args.ReplaceWith, subnet)
	}
	return args
}

func wantSubnets() []pulumitest.Resource {
	inputs := pulumitest.Map{"vpcId": "vpc-1"}
	return []pulumitest.Resource{
		{Type: subnetType, Name: "subnet-a", Inputs: inputs}, {Type: subnetType, Name: "subnet-c", Inputs: inputs},
	}
}

// wantInterface returns an interface endpoint of the set "vpc-endpoints". It keeps AWS's default policy if
// policy is "".
func wantInterface(mode pulumitest.Mode, code, policy string) pulumitest.Resource {
	inputs := pulumitest.Map{
		"vpcId": "vpc-1", "serviceName": "com.amazonaws.eu-west-1." + code, "vpcEndpointType": "Interface",
		"privateDnsEnabled": true, "subnetIds": pulumitest.List{mode.ID("subnet-c"), mode.ID("subnet-a")},
		"securityGroupIds": pulumitest.List{"sg-1"},
	}
	if policy != "" {
		inputs["policy"] = policy
	}
	return pulumitest.Resource{
		Type: endpointType, Name: "vpc-endpoints-" + code, Parent: setComponent + "::vpc-endpoints", Inputs: inputs,
		Dependencies: []string{subnetType + "::subnet-a", subnetType + "::subnet-c"},
		Options: []string{
			"deleteBeforeReplace: true", "replaceWith: " + subnetType + "::subnet-a, " + subnetType + "::subnet-c",
			"replacementTrigger: privatelink",
		},
	}
}

// wantGateway returns the gateway endpoint of the set "vpc-endpoints".
func wantGateway(policy string) pulumitest.Resource {
	return pulumitest.Resource{
		Type: endpointType, Name: "vpc-endpoints-s3", Parent: setComponent + "::vpc-endpoints",
		Inputs: pulumitest.Map{
			"vpcId": "vpc-1", "serviceName": "com.amazonaws.eu-west-1.s3", "vpcEndpointType": "Gateway",
			"routeTableIds": pulumitest.List{"rtb-1"}, "policy": policy,
		},
		Options: []string{"deleteBeforeReplace: true"},
	}
}

// runSet edits the arguments of the set "vpc-endpoints" and declares it. It exports the IDs of the
// endpoints, and the URNs of those that instances depend on.
func runSet(t *testing.T, mode pulumitest.Mode, edit func(*endpoints.SetArgs)) *pulumitest.Result {
	t.Helper()
	return pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
		all, err := subnets(ctx)
		if err != nil {
			return err
		}
		args := setArgs(all)
		edit(args)
		set, err := endpoints.NewSet(ctx, "vpc-endpoints", args)
		if err != nil {
			return err
		}
		ctx.Export("endpoints", set.EndpointIDs)
		sessions := pulumi.StringArray{}
		for _, endpoint := range set.SessionEndpoints() {
			sessions = append(sessions, endpoint.URN().ToStringOutput())
		}
		ctx.Export("sessions", sessions)
		return nil
	})
}

// sessionEndpoints returns the URNs of endpoints, as runSet exports them.
func sessionEndpoints(codes ...string) pulumitest.List {
	urns := pulumitest.List{}
	for _, code := range codes {
		urns = append(urns, "urn:pulumi:test::bastionless::"+setComponent+"$"+endpointType+"::vpc-endpoints-"+code)
	}
	return urns
}

const s3Reads = `{"Version":"2012-10-17","Statement":[{"Sid":"AgentAndPackages","Effect":"Allow","Principal":"*",` +
	`"Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::amazon-ssm-eu-west-1","arn:aws:s3:::amazon-ssm-eu-west-1/*",` +
	`"arn:aws:s3:::aws-ssm-eu-west-1","arn:aws:s3:::aws-ssm-eu-west-1/*",` +
	`"arn:aws:s3:::amazon-ssm-packages-eu-west-1","arn:aws:s3:::amazon-ssm-packages-eu-west-1/*",` +
	`"arn:aws:s3:::aws-ssm-document-attachments-eu-west-1","arn:aws:s3:::aws-ssm-document-attachments-eu-west-1/*",` +
	`"arn:aws:s3:::eu-west-1-birdwatcher-prod","arn:aws:s3:::eu-west-1-birdwatcher-prod/*",` +
	`"arn:aws:s3:::patch-baseline-snapshot-eu-west-1","arn:aws:s3:::patch-baseline-snapshot-eu-west-1/*",` +
	`"arn:aws:s3:::aws-patch-manager-eu-west-1-5522fb710","arn:aws:s3:::aws-patch-manager-eu-west-1-5522fb710/*",` +
	`"arn:aws:s3:::al2023-repos-eu-west-1-de612dc2","arn:aws:s3:::al2023-repos-eu-west-1-de612dc2/*",` +
	`"arn:aws:s3:::al2023-eu-west-1","arn:aws:s3:::al2023-eu-west-1/*"]}]}`

func TestSet_restricted(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runSet(t, mode, func(*endpoints.SetArgs) {})
		result.RequireResources(t, append(wantSubnets(), pulumitest.Resource{
			Type: setComponent, Name: "vpc-endpoints",
			Inputs: pulumitest.Map{
				"region": "eu-west-1", "organizationId": "", "policy": "restricted", "subnetGroup": "privatelink", "s3": true, "s3Buckets": pulumitest.List{},
				"services": pulumitest.List{"ssm", "ssmmessages", "ec2messages", "kms", "logs", "ecr.api"},
			},
		},
			wantInterface(mode, "ssm", ownAccount),
			wantInterface(mode, "ssmmessages", ""),
			wantInterface(mode, "ec2messages", ""),
			wantInterface(mode, "kms", ownAccount),
			wantInterface(mode, "logs", ownAccount),
			wantInterface(mode, "ecr.api", ownAccount),
			wantGateway(s3Reads),
		)...)
		require.Equal(t, pulumitest.Map{
			"endpoints": mode.Computed(pulumitest.Map{
				"ssm": "vpc-endpoints-ssm-id", "ssmmessages": "vpc-endpoints-ssmmessages-id", "ec2messages": "vpc-endpoints-ec2messages-id",
				"kms": "vpc-endpoints-kms-id", "logs": "vpc-endpoints-logs-id", "ecr.api": "vpc-endpoints-ecr.api-id", "s3": "vpc-endpoints-s3-id",
			}),
			"sessions": sessionEndpoints("ssm", "ssmmessages", "ec2messages", "kms", "logs", "s3"),
		}, result.Exports)
	})
}

func TestSet_full(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runSet(t, mode, func(args *endpoints.SetArgs) {
			args.Services = []string{"ssm", "ssmmessages"}
			args.Policy = endpoints.Full
			args.S3.Buckets = []string{"mine"}
		})
		result.RequireResources(t, append(wantSubnets(), pulumitest.Resource{
			Type: setComponent, Name: "vpc-endpoints",
			Inputs: pulumitest.Map{
				"region": "eu-west-1", "organizationId": "", "policy": "full", "subnetGroup": "privatelink", "s3": true,
				"s3Buckets": pulumitest.List{"mine"}, "services": pulumitest.List{"ssm", "ssmmessages"},
			},
		}, wantInterface(mode, "ssm", full), wantInterface(mode, "ssmmessages", full), wantGateway(full))...)
	})
}

// A preview does not know the name of the bucket of the session records, so it does not know the policy of
// the S3 endpoint.
func TestSet_inAnOrganizationWithRecords(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			bucket, err := s3.NewBucketV2(ctx, "records", &s3.BucketV2Args{})
			if err != nil {
				return err
			}
			all, err := subnets(ctx)
			if err != nil {
				return err
			}
			args := setArgs(all)
			args.Services = []string{"ssm", "ssmmessages", "logs", "kms"}
			args.OrganizationID = "o-exampleorgid"
			args.S3.Buckets = []string{"mine"}
			args.S3.RecordsBucket = bucket.Bucket
			_, err = endpoints.NewSet(ctx, "vpc-endpoints", args)
			return err
		})
		require.NoError(t, result.Err)
		for code, policy := range map[string]any{"ssm": inOrganization, "ssmmessages": nil, "logs": inOrganization, "kms": inOrganization} {
			require.Equal(t, policy, result.Resource(t, endpointType+"::vpc-endpoints-"+code).Inputs["policy"], code)
		}
		gateway := result.Resource(t, endpointType+"::vpc-endpoints-s3")
		require.Equal(t, []string{"aws:s3/bucketV2:BucketV2::records"}, gateway.Dependencies)
		const organization = `"Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-exampleorgid"]}}}`
		require.Equal(t, mode.Computed(strings.TrimSuffix(s3Reads, "]}")+`,{"Sid":"Workload","Effect":"Allow","Principal":"*","Action":[`+
			`"s3:AbortMultipartUpload","s3:DeleteObject","s3:GetBucketLocation","s3:GetObject","s3:ListBucket",`+
			`"s3:ListMultipartUploadParts","s3:PutObject"],"Resource":["arn:aws:s3:::mine","arn:aws:s3:::mine/*"],`+organization+
			`,{"Sid":"Records","Effect":"Allow","Principal":"*","Action":["s3:GetEncryptionConfiguration","s3:ListBucket",`+
			`"s3:PutObject","s3:PutObjectAcl"],"Resource":["arn:aws:s3:::records-bucket","arn:aws:s3:::records-bucket/*"],`+organization+
			`]}`), gateway.Inputs["policy"])
		require.Equal(t, "o-exampleorgid", result.Resource(t, setComponent+"::vpc-endpoints").Inputs["organizationId"])
	})
}

func TestSet_withoutS3(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runSet(t, mode, func(args *endpoints.SetArgs) {
			args.Services = []string{"ssm", "ssmmessages"}
			args.S3 = nil
		})
		result.RequireResources(t, append(wantSubnets(), pulumitest.Resource{
			Type: setComponent, Name: "vpc-endpoints",
			Inputs: pulumitest.Map{
				"region": "eu-west-1", "organizationId": "", "policy": "restricted", "subnetGroup": "privatelink", "s3": false,
				"services": pulumitest.List{"ssm", "ssmmessages"},
			},
		}, wantInterface(mode, "ssm", ownAccount), wantInterface(mode, "ssmmessages", ""))...)
		require.Equal(t, pulumitest.Map{
			"endpoints": mode.Computed(pulumitest.Map{"ssm": "vpc-endpoints-ssm-id", "ssmmessages": "vpc-endpoints-ssmmessages-id"}),
			"sessions":  sessionEndpoints("ssm", "ssmmessages"),
		}, result.Exports)
	})
}

// Run fails the test if two resources have the same name.
func TestSet_coexistsOnTheCallersProvider(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			provider, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{})
			if err != nil {
				return err
			}
			all, err := subnets(ctx, pulumi.Provider(provider))
			if err != nil {
				return err
			}
			for _, name := range []string{"one", "two"} {
				if _, err := endpoints.NewSet(ctx, name, setArgs(all), pulumi.Provider(provider)); err != nil {
					return err
				}
			}
			return nil
		})
		result.RequireProvider(t, "pulumi:providers:aws::other")
		require.Len(t, result.Resources, 1+2+2*(1+7))
	})
}
