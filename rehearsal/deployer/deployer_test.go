package deployer

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/stacktest"
)

const document = "../../docs/deployer-policy.md"

var update = flag.Bool("update", false, "write the policies in docs/deployer-policy.md")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(stacktest.Main(m))
}

// existing is a frozen stack in an existing VPC, and access one that gives access to instances in it. They have accounts of
// their own.
const existing, access = "existing", "access"

// A deployer of a stack in an existing VPC can neither create, change nor delete networks.
func TestUsageOf_existing(t *testing.T) {
	t.Parallel()
	policy, err := usageOf(t, existing).Policy()
	require.NoError(t, err)
	require.Contains(t, policy, `"ec2:CreateVpcEndpoint"`)
	require.Contains(t, policy, `"ec2:DescribeNetworkAcls"`)
	require.NotRegexp(t, `:(Create|Delete|Modify|Associate|Replace)(Vpc"|Subnet|RouteTable|Route"|NetworkAcl|VpcAttribute)`, policy)
}

// A deployer of an access-only stack can create nothing in EC2, and put policies in its own roles and in those that the
// configuration lists.
func TestUsageOf_access(t *testing.T) {
	t.Parallel()
	usage := usageOf(t, access)
	require.Equal(t, []string{"arn:aws:iam::123456789012:role/acme-db"}, usage.OtherRoleARNs)
	require.Empty(t, usage.PassedRoles)
	policy, err := usage.Policy()
	require.NoError(t, err)
	require.NotRegexp(t, `"ec2:(Create|Delete|Modify|Associate|Authorize|Run|Terminate)`, policy)
	require.Contains(t, policy, `"iam:SimulatePrincipalPolicy"`)
}

// lookups records the lookups of providers.
type lookups struct {
	mu     sync.Mutex
	tokens []string
}

// recordingProvider is a provider that records its lookups.
type recordingProvider struct {
	pulumirpc.ResourceProviderServer
	lookups *lookups
}

func (p recordingProvider) Invoke(ctx context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	p.lookups.mu.Lock()
	p.lookups.tokens = append(p.lookups.tokens, req.GetTok())
	p.lookups.mu.Unlock()
	return p.ResourceProviderServer.Invoke(ctx, req)
}

// usageOf deploys a stack in a simulated account and returns what it uses.
func usageOf(t *testing.T, stack string) Usage {
	t.Helper()
	options := awssim.Options{AssumeExisting: true}
	if stack == existing || stack == access {
		options.Account = stacktest.Account(t, stack)
	}
	cloud, err := awssim.New(options)
	require.NoError(t, err)
	recorded := &lookups{}
	deployed := stacktest.Open(t, engine.Options{
		Stack:    stack,
		Provider: func() pulumirpc.ResourceProviderServer { return recordingProvider{cloud.NewProvider(), recorded} },
	})
	require.Empty(t, deployed.Up(t.Context()).Failure())
	usage, err := UsageOf(deployed.State().Resources, recorded.tokens)
	require.NoError(t, err)
	return usage
}

// cutPolicy returns the policy of a stack in the document, and what is before and after it.
func cutPolicy(t *testing.T, text, stack string) (before, policy, after string) {
	t.Helper()
	start := strings.Index(text, "\n## "+stack+"\n")
	require.GreaterOrEqual(t, start, 0, "no heading %s", stack)
	const fence = "\n```json\n"
	begin := strings.Index(text[start:], fence)
	require.GreaterOrEqual(t, begin, 0, stack)
	begin += start + len(fence)
	end := strings.Index(text[begin:], "```\n")
	require.GreaterOrEqual(t, end, 0, stack)
	return text[:begin], text[begin : begin+end], text[begin+end:]
}

// The document has the policy of each deployed stack. -update writes them.
func TestDocument(t *testing.T) {
	for _, stack := range append(stacktest.Stacks(), existing, access) {
		want, err := usageOf(t, stack).Policy()
		require.NoError(t, err)
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		before, policy, after := cutPolicy(t, string(text), stack)
		if *update {
			require.NoError(t, os.WriteFile(document, []byte(before+want+after), 0o600))
			policy = want
		}
		require.Equal(t, want, policy, "run: go test -trimpath ./rehearsal/deployer -update")

		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, []byte(want)))
		require.LessOrEqual(t, compact.Len(), 6144, "the limit of AWS for managed policies; %s", stack)
	}
}

// A deployer passes roles to EC2 and to VPC Flow Logs, but never the session role.
func TestUsageOf_prod(t *testing.T) {
	t.Parallel()
	usage := usageOf(t, "prod")
	require.Equal(t, map[string][]string{
		"ec2.amazonaws.com":           {"arn:aws:iam::123456789012:role/instance-role-*"},
		"vpc-flow-logs.amazonaws.com": {"arn:aws:iam::123456789012:role/flow-logs-*"},
	}, usage.PassedRoles)
	require.Equal(t, []string{
		"arn:aws:iam::123456789012:instance-profile/instance-role-*", "arn:aws:iam::123456789012:role/flow-logs-*",
		"arn:aws:iam::123456789012:role/instance-role-*", "arn:aws:iam::123456789012:role/session-role-*",
	}, usage.IAMARNs)
	require.Equal(t, []string{"arn:aws:s3:::audit-records-*"}, usage.BucketARNs)
}

// Names that the configuration sets are complete.
func TestUsageOf_article(t *testing.T) {
	t.Parallel()
	usage := usageOf(t, "article")
	require.Equal(t, map[string][]string{"ec2.amazonaws.com": {"arn:aws:iam::123456789012:role/EC2RoleforSSM"}}, usage.PassedRoles)
	require.Equal(t, []string{
		"arn:aws:iam::123456789012:instance-profile/EC2RoleforSSM", "arn:aws:iam::123456789012:role/EC2RoleforSSM",
		"arn:aws:iam::123456789012:role/SessionRoleforSSM",
	}, usage.IAMARNs)
	require.Empty(t, usage.BucketARNs)
	require.Equal(t, []string{"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}, usage.ManagedPolicies)
}

func TestUsageOf_invalidTrustPolicy(t *testing.T) {
	t.Parallel()
	role := apitype.ResourceV3{
		URN: "urn:pulumi:dev::test::aws:iam/role:Role::mine", Type: roleType, ID: "mine-1a2b",
		Inputs:  map[string]any{"assumeRolePolicy": "{"},
		Outputs: map[string]any{"arn": "arn:aws:iam::123456789012:role/mine-1a2b"},
	}
	_, err := UsageOf([]apitype.ResourceV3{role}, nil)
	require.EqualError(t, err, "trust policy of mine: unexpected end of JSON input")
}

func TestPolicy_unknownType(t *testing.T) {
	t.Parallel()
	_, err := Usage{Types: []string{"aws:rds/instance:Instance"}}.Policy()
	require.EqualError(t, err, "unknown permissions of aws:rds/instance:Instance: add them to the tables in rehearsal/deployer/deployer.go")
}

func TestActionsFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		types, read, lookups, want []string
	}{
		"nothing":      {nil, nil, nil, nil},
		"no API calls": {[]string{"pulumi:pulumi:Stack", "pulumi:providers:aws", "bastionless:network:VPC"}, nil, []string{"aws:index/getRegion:getRegion"}, nil},
		"duplicates": {
			[]string{"aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicy:RolePolicy"},
			nil,
			[]string{"aws:ec2/getAmi:getAmi", "aws:ec2/getAmi:getAmi"},
			[]string{"ec2:DescribeImages", "iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"},
		},
		"a resource that is only read": {
			nil, []string{"aws:ec2/subnet:Subnet", "aws:ec2/networkAcl:NetworkAcl"}, nil, []string{"ec2:DescribeNetworkAcls", "ec2:DescribeSubnets"},
		},
		"shared action": {
			[]string{"aws:s3/bucketVersioningV2:BucketVersioningV2", "aws:s3/bucketPolicy:BucketPolicy"},
			nil, nil,
			[]string{"s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:PutBucketPolicy", "s3:PutBucketVersioning"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			actions, err := actionsFor(test.types, test.read, test.lookups)
			require.NoError(t, err)
			require.Equal(t, test.want, actions)
		})
	}
}

func TestActionsFor_unknown(t *testing.T) {
	t.Parallel()
	actions, err := actionsFor(
		[]string{"aws:rds/instance:Instance", "aws:ec2/vpc:Vpc", "aws:rds/instance:Instance", "aws:sqs/queue:Queue"}, nil,
		[]string{"aws:rds/getInstance:getInstance", "aws:index/getRegion:getRegion"})
	require.EqualError(t, err, "unknown permissions of aws:rds/getInstance:getInstance, aws:rds/instance:Instance, "+
		"aws:sqs/queue:Queue: add them to the tables in rehearsal/deployer/deployer.go")
	require.Nil(t, actions)
}

// Actions have the form that IAM expects, and none deletes what the program retains.
func TestTables(t *testing.T) {
	t.Parallel()
	retained := []string{
		"aws:kms/key:Key", "aws:s3/bucketV2:BucketV2", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
		"aws:s3/bucketVersioningV2:BucketVersioningV2", "aws:s3/bucketPolicy:BucketPolicy",
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls",
	}
	for _, table := range []map[string][]string{resourceActions, readActions, lookupActions} {
		for token, actions := range table {
			require.NotNil(t, actions, token)
			for _, action := range actions {
				require.Regexp(t, `^(ec2|iam|kms|logs|route53|s3|ssm):[A-Z][A-Za-z0-9]+$`, action, token)
				if slices.Contains(retained, token) {
					require.NotRegexp(t, `:(Delete|Schedule)`, action, token)
				}
			}
		}
	}
}
