package proof

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof/policy"
)

// TestAWSManaged checks that each managed policy is complete and can be parsed.
func TestAWSManaged(t *testing.T) {
	t.Parallel()
	files, err := managedFiles.ReadDir("managed")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 15)
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file.Name()), ".json")
		document, err := awsManaged("arn:aws:iam::aws:policy/" + name)
		require.NoError(t, err)
		require.Regexp(t, `^the AWS managed policy `+name+` \(v\d+ of 20\d\d-\d\d-\d\d\)$`, document.Name)
		for _, s := range document.Statements {
			require.Empty(t, s.Unsupported, name)
		}
	}
}

// TestAWSManaged_unknown checks policies whose content is not known: of a customer, of a name that this package does not
// have, and of a partition in which the ARNs in the policy differ.
func TestAWSManaged_unknown(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{
		"arn:aws:iam::123456789012:policy/AmazonSSMManagedInstanceCore", "arn:aws:iam::aws:policy/NoSuchPolicy", "AmazonSSMManagedInstanceCore",
		"arn:aws-cn:iam::aws:policy/SecretsManagerReadWrite",
	} {
		document, err := awsManaged(arn)
		require.NoError(t, err)
		require.Nil(t, document, arn)
	}
	document, err := awsManaged("arn:aws-cn:iam::aws:policy/service-role/AmazonSSMManagedInstanceCore")
	require.NoError(t, err)
	require.NotNil(t, document)
}

// TestAWSManaged_agent checks which policies let the agent work.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-instance-permissions.html
func TestAWSManaged_agent(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]policy.Effect{
		"AmazonSSMManagedInstanceCore": policy.Allowed, "AmazonSSMManagedEC2InstanceDefaultPolicy": policy.Allowed,
		"AmazonEC2RoleforSSM": policy.Allowed, "AdministratorAccess": policy.Allowed, "AWSDenyAll": policy.Denied,
		"CloudWatchAgentServerPolicy": policy.Denied, "AmazonS3ReadOnlyAccess": policy.Denied, "AmazonSSMReadOnlyAccess": policy.Denied,
	} {
		document, err := awsManaged("arn:aws:iam::aws:policy/" + name)
		require.NoError(t, err)
		policies := policy.Policies{Identity: []*policy.Document{document}}
		d := policies.Decide(&policy.Request{
			Principal: policy.Session("arn:aws:iam::123456789012:role/r", "i-1"), Action: "ssmmessages:OpenDataChannel", Resource: "*",
		})
		require.Equal(t, want, d.Effect, name)
	}
}
