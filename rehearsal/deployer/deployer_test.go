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

	state "github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/stacktest"
)

const document = "../../docs/deployer-policy.md"

var update = flag.Bool("update", false, "write the policies of docs/deployer-policy.md anew")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(stacktest.Main(m))
}

// lookups notes the lookups that go through providers.
type lookups struct {
	mu     sync.Mutex
	tokens []string
}

// noting is a provider that notes its lookups.
type noting struct {
	plugin.Provider
	to *lookups
}

func (n noting) Invoke(ctx context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	n.to.mu.Lock()
	n.to.tokens = append(n.to.tokens, string(req.Tok))
	n.to.mu.Unlock()
	return n.Provider.Invoke(ctx, req)
}

// use deploys a stack in a simulated account, and reads what it uses.
func use(t *testing.T, stack string) Use {
	t.Helper()
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
	require.NoError(t, err)
	asked := &lookups{}
	deployed := stacktest.Open(t, engine.Options{
		Stack:    stack,
		Provider: func() plugin.Provider { return noting{cloud.NewProvider(), asked} },
	})
	require.Empty(t, deployed.Up(t.Context()).Failure())
	found, err := UseOf(deployed.Snapshot().Resources, asked.tokens)
	require.NoError(t, err)
	return found
}

// block finds the policy of a stack in the document: what is before it, the policy and what follows.
func block(t *testing.T, text, stack string) (before, policy, after string) {
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

// The document has the policy of each stack, as it is deployed. With -update it gets them.
func TestPolicies_areThoseOfTheDocument(t *testing.T) {
	for _, stack := range []string{"dev", "prod", "article"} {
		want, err := use(t, stack).Policy()
		require.NoError(t, err)
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		before, policy, after := block(t, string(text), stack)
		if *update {
			require.NoError(t, os.WriteFile(document, []byte(before+want+after), 0o600))
			policy = want
		}
		require.Equal(t, want, policy, "go test ./deployer -update writes docs/deployer-policy.md anew")

		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, []byte(want)))
		require.LessOrEqual(t, compact.Len(), 6144, "AWS takes no longer managed policy than that; %s", stack)
	}
}

// Whoever deploys gives EC2 and the flow logs their roles, and nobody the session role.
func TestUseOf_prod(t *testing.T) {
	t.Parallel()
	found := use(t, "prod")
	require.Equal(t, map[string][]string{
		"ec2.amazonaws.com":           {"arn:aws:iam::123456789012:role/instance-role-*"},
		"vpc-flow-logs.amazonaws.com": {"arn:aws:iam::123456789012:role/flow-logs-*"},
	}, found.Passed)
	require.Equal(t, []string{
		"arn:aws:iam::123456789012:instance-profile/instance-role-*", "arn:aws:iam::123456789012:role/flow-logs-*",
		"arn:aws:iam::123456789012:role/instance-role-*", "arn:aws:iam::123456789012:role/session-role-*",
	}, found.IAM)
	require.Equal(t, []string{"arn:aws:s3:::audit-records-*"}, found.Buckets)
}

// Names that are given stand in full.
func TestUseOf_article(t *testing.T) {
	t.Parallel()
	found := use(t, "article")
	require.Equal(t, map[string][]string{"ec2.amazonaws.com": {"arn:aws:iam::123456789012:role/EC2RoleforSSM"}}, found.Passed)
	require.Equal(t, []string{
		"arn:aws:iam::123456789012:instance-profile/EC2RoleforSSM", "arn:aws:iam::123456789012:role/EC2RoleforSSM",
		"arn:aws:iam::123456789012:role/SessionRoleforSSM",
	}, found.IAM)
	require.Empty(t, found.Buckets)
	require.Equal(t, []string{"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}, found.Attached)
}

func TestUseOf_refusesATrustPolicyThatIsNone(t *testing.T) {
	t.Parallel()
	role := &state.State{
		URN: "urn:pulumi:dev::test::aws:iam/role:Role::mine", Type: roleType, ID: "mine-1a2b",
		Inputs:  resource.PropertyMap{"assumeRolePolicy": resource.NewStringProperty("{")},
		Outputs: resource.PropertyMap{"arn": resource.NewStringProperty("arn:aws:iam::123456789012:role/mine-1a2b")},
	}
	_, err := UseOf([]*state.State{role}, nil)
	require.EqualError(t, err, "trust policy of mine: unexpected end of JSON input")
}

func TestPolicy_ofNothing(t *testing.T) {
	t.Parallel()
	_, err := Use{Types: []string{"aws:rds/instance:Instance"}}.Policy()
	require.EqualError(t, err, "no permissions are known for aws:rds/instance:Instance: add them to the tables of package deployer")
}

func TestActions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		types, lookups, want []string
	}{
		"nothing":          {nil, nil, nil},
		"what asks nobody": {[]string{"pulumi:pulumi:Stack", "pulumi:providers:aws", "bastionless:network:VPC"}, []string{"aws:index/getRegion:getRegion"}, nil},
		"a type twice, with a lookup": {
			[]string{"aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicy:RolePolicy"},
			[]string{"aws:ec2/getAmi:getAmi", "aws:ec2/getAmi:getAmi"},
			[]string{"ec2:DescribeImages", "iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"},
		},
		"two that share an action": {
			[]string{"aws:s3/bucketVersioningV2:BucketVersioningV2", "aws:s3/bucketPolicy:BucketPolicy"},
			nil,
			[]string{"s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:PutBucketPolicy", "s3:PutBucketVersioning"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			actions, err := Actions(test.types, test.lookups)
			require.NoError(t, err)
			require.Equal(t, test.want, actions)
		})
	}
}

func TestActions_namesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	actions, err := Actions(
		[]string{"aws:rds/instance:Instance", "aws:ec2/vpc:Vpc", "aws:rds/instance:Instance", "aws:sqs/queue:Queue"},
		[]string{"aws:rds/getInstance:getInstance", "aws:index/getRegion:getRegion"})
	require.EqualError(t, err, "no permissions are known for aws:rds/getInstance:getInstance, aws:rds/instance:Instance, "+
		"aws:sqs/queue:Queue: add them to the tables of package deployer")
	require.Nil(t, actions)
}

// Permissions are written as IAM has them, and nothing deletes what the program keeps.
func TestTables(t *testing.T) {
	t.Parallel()
	kept := []string{
		"aws:kms/key:Key", "aws:s3/bucketV2:BucketV2", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
		"aws:s3/bucketVersioningV2:BucketVersioningV2", "aws:s3/bucketPolicy:BucketPolicy",
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls",
	}
	for _, table := range []map[string][]string{resourceActions, lookupActions} {
		for token, actions := range table {
			require.NotNil(t, actions, token)
			for _, action := range actions {
				require.Regexp(t, `^(ec2|iam|kms|logs|route53|s3|ssm):[A-Z][A-Za-z0-9]+$`, action, token)
				if slices.Contains(kept, token) {
					require.NotRegexp(t, `:(Delete|Schedule)`, action, token)
				}
			}
		}
	}
}
