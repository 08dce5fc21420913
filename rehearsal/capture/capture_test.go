package capture

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
)

var update = flag.Bool("update", false, "write testdata/account.json and the table and the policy in docs/capture.md")

// capture captures the account of the stand-in, and returns the file and the progress.
func (s *standIn) capture(change func(*Options)) (*account.File, string, error) {
	s.t.Helper()
	answers, err := filepath.Abs("testdata/answers.json")
	require.NoError(s.t, err)
	s.t.Setenv("CAPTURE_TEST_ANSWERS", answers)
	var progress strings.Builder
	o := Options{Region: "cn-north-1", Profile: "ops", Images: []string{"ami-3"}, Progress: &progress}
	if change != nil {
		change(&o)
	}
	opened, err := Open(s.t.Context(), o)
	if err != nil {
		return nil, "", err
	}
	file, err := opened.Capture(s.t.Context())
	return file, progress.String(), err
}

// encode returns a file's bytes, without the time of the capture.
func encode(t *testing.T, file *account.File) string {
	t.Helper()
	file.CapturedAt = time.Time{}
	var content bytes.Buffer
	require.NoError(t, file.Write(&content))
	return content.String()
}

// Both versions of the CLI lead to the same file. No value of a tag, public key or user data is in it, except the value of
// the tag that names a stack of this project.
func TestCapture(t *testing.T) {
	const golden = "testdata/account.json"
	for version := 1; version <= 2; version++ {
		file, _, err := newStandIn(t, version).capture(nil)
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), file.CapturedAt, time.Minute)
		require.Equal(t, time.UTC, file.CapturedAt.Location())
		content := encode(t, file)
		if *update {
			require.NoError(t, os.WriteFile(golden, []byte(content), 0o600))
		}
		expected, err := os.ReadFile(golden)
		require.NoError(t, err)
		require.Equal(t, string(expected), content, "run: go test -trimpath ./rehearsal/capture -update")
		require.NotContains(t, content, "SECRET")

		read, err := account.Read(strings.NewReader(content))
		require.NoError(t, err)
		require.Equal(t, content, encode(t, read))
	}
}

// These are all calls. None of them changes anything.
func TestCapture_calls(t *testing.T) {
	s := newStandIn(t, 1)
	_, _, err := s.capture(nil)
	require.NoError(t, err)
	calls := s.calls()
	require.Equal(t, []string{
		"sts get-caller-identity",
		"ec2 describe-availability-zones",
		"ec2 describe-instance-type-offerings --location-type availability-zone",
		"ec2 describe-vpc-endpoint-services",
		"ec2 describe-managed-prefix-lists --filters Name=owner-id,Values=AWS",
		"ec2 describe-prefix-lists",
		"ssm get-parameters --names /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64 " +
			"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 " +
			"/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-arm64-gp2 /aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2",
		"service-quotas list-aws-default-service-quotas --service-code vpc",
		"service-quotas list-service-quotas --service-code vpc",
		"iam get-account-summary",
		"ec2 get-ebs-encryption-by-default",
		"ec2 describe-key-pairs",
		"ec2 describe-vpcs",
		"ec2 describe-vpc-attribute --attribute enableDnsSupport --vpc-id vpc-2",
		"ec2 describe-vpc-attribute --attribute enableDnsHostnames --vpc-id vpc-2",
		"ec2 describe-vpc-attribute --attribute enableDnsSupport --vpc-id vpc-1",
		"ec2 describe-vpc-attribute --attribute enableDnsHostnames --vpc-id vpc-1",
		"ec2 describe-subnets",
		"ec2 describe-route-tables",
		"ec2 describe-network-acls",
		"ec2 describe-security-groups",
		"ec2 describe-vpc-endpoints",
		"ec2 describe-instances --filters Name=instance-state-name,Values=pending,running,stopping,stopped",
		"ec2 describe-images --include-deprecated --filters Name=image-id,Values=ami-1,ami-2,ami-3",
		"iam list-users",
		"iam list-instance-profiles",
		"iam list-roles",
		"iam get-role --role-name web-role",
		"iam list-attached-role-policies --role-name web-role",
		"iam list-role-policies --role-name web-role",
		"iam get-role-policy --role-name web-role --policy-name read",
		"ssm get-service-setting --setting-id /ssm/managed-instance/default-ec2-instance-management-role",
		"s3api list-buckets",
		"logs describe-log-groups",
		"ssm list-documents --filters Key=Owner,Values=Self",
	}, calls)

	var listed []string
	for _, call := range Calls() {
		listed = append(listed, call.Command)
		require.Regexp(t, `^[a-z0-9-]+ (describe|get|list)-[a-z-]+$`, call.Command)
	}
	require.Equal(t, commandsOf(calls), commandsOf(listed))
}

// An account without anything has empty sections, and no unknown ones.
func TestCapture_emptyAccount(t *testing.T) {
	s := newStandIn(t, 1)
	empty := s.dir + "/empty.json"
	answers := map[string]any{"sts get-caller-identity": map[string]string{
		"Account": "111122223333", "Arn": "arn:aws:sts::111122223333:assumed-role/r/ann",
	}}
	for _, call := range Calls()[1:] {
		answers[call.Command] = map[string]any{call.Key: []any{}}
	}
	answers[getAccountSummary.Command] = map[string]any{getAccountSummary.Key: map[string]int{}}
	answers[getEncryption.Command] = map[string]any{getEncryption.Key: false}
	answers[getServiceSetting.Command] = map[string]any{getServiceSetting.Key: map[string]string{"SettingValue": "$None"}}
	text, err := json.Marshal(answers)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(empty, text, 0o600))
	t.Setenv("CAPTURE_TEST_ANSWERS", empty)
	opened, err := Open(t.Context(), Options{Region: "cn-north-1", Profile: "ops", Progress: io.Discard})
	require.NoError(t, err)
	require.Equal(t, "aws", opened.Partition)
	file, err := opened.Capture(t.Context())
	require.NoError(t, err)
	require.Empty(t, file.Omitted)
	off := ""
	require.Equal(t, account.Contents{
		KeyPairs: []account.KeyPair{}, Vpcs: []account.Vpc{}, Subnets: []account.Subnet{}, RouteTables: []account.RouteTable{},
		NetworkAcls: []account.NetworkAcl{}, SecurityGroups: []account.SecurityGroup{}, VpcEndpoints: []account.VpcEndpoint{},
		Instances: []account.Instance{}, Users: []account.User{}, Roles: []account.Role{}, InstanceProfiles: []account.InstanceProfile{},
		HostManagementRole: &off, Buckets: []string{}, LogGroups: []string{}, Documents: []string{},
	}, file.Contents)
}

func TestCapture_tagValues(t *testing.T) {
	file, _, err := newStandIn(t, 1).capture(func(o *Options) { o.TagValues = true })
	require.NoError(t, err)
	require.Equal(t, []account.Tag{{Key: "Name", Value: "SECRET"}, {Key: "password", Value: "SECRET"}}, file.Instances[0].Tags)
	require.Empty(t, file.RemovedTagValues)
}

// The values of chosen tags are kept, whatever the case of their keys. The file records which values it lacks.
func TestCapture_tagKeys(t *testing.T) {
	s := newStandIn(t, 1)
	file, _, err := s.capture(nil)
	require.NoError(t, err)
	require.Contains(t, file.RemovedTagValues, "Name")
	require.Contains(t, file.RemovedTagValues, "password")
	file, _, err = s.capture(func(o *Options) { o.TagKeys = []string{"name"} })
	require.NoError(t, err)
	require.Equal(t, []account.Tag{{Key: "Name", Value: "SECRET"}, {Key: "password"}}, file.Instances[0].Tags)
	require.NotContains(t, file.RemovedTagValues, "Name")
	require.Contains(t, file.RemovedTagValues, "password")
}

// A redacted file contains the account ID nowhere, and is otherwise the same.
func TestCapture_redacted(t *testing.T) {
	s := newStandIn(t, 1)
	original, _, err := s.capture(nil)
	require.NoError(t, err)
	redacted, _, err := s.capture(func(o *Options) { o.Redact = true })
	require.NoError(t, err)
	require.True(t, redacted.Redacted)
	require.Equal(t, account.RedactedID, redacted.AccountID)
	require.Contains(t, redacted.Buckets, "logs-"+account.RedactedID)
	require.Contains(t, redacted.VpcEndpoints[0].PolicyDocument, "arn:aws-cn:iam::"+account.RedactedID+":root")
	redacted.Redacted = false
	require.Equal(t, strings.ReplaceAll(encode(t, original), "111122223333", account.RedactedID), encode(t, redacted))
}

// Sections that AWS refuses are absent. All others are as usual.
func TestCapture_omissions(t *testing.T) {
	for version := 1; version <= 2; version++ {
		s := newStandIn(t, version)
		complete, _, err := s.capture(nil)
		require.NoError(t, err)
		s.fail(map[string]failure{
			"ec2 describe-key-pairs":     {Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation."},
			"ec2 describe-vpc-attribute": {Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation."},
			"iam get-role-policy":        {Code: "AccessDenied", Message: "User: ann is not authorized to perform: iam:GetRolePolicy"},
			"logs describe-log-groups":   {Code: "AccessDeniedException", Message: "User: ann is not authorized"},
			"ssm list-documents":         {Code: "InternalServerError", Message: "an error", Times: 99},
		})
		file, progress, err := s.capture(nil)
		require.NoError(t, err)
		require.Equal(t, []account.Omission{
			{Section: "documents", Call: "ssm list-documents", Permission: "ssm:ListDocuments", Reason: "InternalServerError"},
			{Section: "keyPairs", Call: "ec2 describe-key-pairs", Permission: "ec2:DescribeKeyPairs", Reason: "UnauthorizedOperation"},
			{Section: "logGroups", Call: "logs describe-log-groups", Permission: "logs:DescribeLogGroups", Reason: "AccessDeniedException"},
			{Section: "roles", Call: "iam get-role-policy", Permission: "iam:GetRolePolicy", Reason: "AccessDenied"},
			{Section: "vpcs", Call: "ec2 describe-vpc-attribute", Permission: "ec2:DescribeVpcAttribute", Reason: "UnauthorizedOperation"},
		}, file.Omitted)
		require.Equal(t, []string{"documents", "keyPairs", "logGroups", "roles", "vpcs"}, OmittedSections(file))
		require.Contains(t, progress, "left out: you do not have the permission ec2:DescribeKeyPairs\n")
		require.Contains(t, progress, "left out: aws ssm list-documents: An error occurred (InternalServerError)")
		require.Equal(t, 1, strings.Count(progress, "ec2:DescribeVpcAttribute"))

		complete.Omitted = file.Omitted
		complete.RemovedTagValues = []string{"Name", "password", "team"} // "owner" is a tag of a key pair
		complete.KeyPairs, complete.LogGroups, complete.Documents = nil, nil, nil
		complete.Roles[1].InlinePolicies = nil
		for i := range complete.Vpcs {
			complete.Vpcs[i].EnableDnsSupport, complete.Vpcs[i].EnableDnsHostnames = nil, nil
		}
		require.Equal(t, encode(t, complete), encode(t, file))
	}
}

// The CLI tries again while AWS throttles, more often than by default.
func TestCapture_throttled(t *testing.T) {
	for version := 1; version <= 2; version++ {
		s := newStandIn(t, version)
		throttled := failure{Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Times: 9}
		s.fail(map[string]failure{"ec2 describe-subnets": throttled})
		file, _, err := s.capture(nil)
		require.NoError(t, err)
		require.Len(t, file.Subnets, 1)

		throttled.Times = 10
		s.fail(map[string]failure{"ec2 describe-subnets": throttled})
		_, _, err = s.capture(nil)
		require.ErrorContains(t, err, "capture it again later")
	}
}

// The user's own settings for retries take precedence.
func TestCapture_userSetsAttempts(t *testing.T) {
	s := newStandIn(t, 2)
	t.Setenv("AWS_MAX_ATTEMPTS", "30")
	s.fail(map[string]failure{"ec2 describe-subnets": {Code: "RequestLimitExceeded", Times: 29}})
	_, _, err := s.capture(nil)
	require.NoError(t, err)
}

// Write replaces a file in one step, readable for its owner only.
func TestWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "accounts", "dev.json")
	file := &account.File{Format: account.Format, Version: account.Version, AccountID: "111122223333"}
	require.NoError(t, Write(path, file))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	file.AccountID = "444455556666"
	require.NoError(t, Write(path, file))
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, encode(t, file), string(written))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}
