package emulator

import (
	"bytes"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
)

// encode returns the bytes of a file.
func encode(t *testing.T, file *account.File) string {
	t.Helper()
	var content bytes.Buffer
	require.NoError(t, file.Write(&content))
	return content.String()
}

// requireEqual compares two files. They are too long to be printed.
func requireEqual(t *testing.T, expected, actual *account.File) {
	t.Helper()
	want, got := strings.Split(encode(t, expected), "\n"), strings.Split(encode(t, actual), "\n")
	for i := range min(len(want), len(got)) {
		require.Equal(t, want[i], got[i], "line %d", i+1)
	}
	require.Len(t, got, len(want))
}

// TestCapture captures a filled account in several ways. The subtests use the same account one after the other, because
// starting moto and filling the account takes most of the time.
func TestCapture(t *testing.T) {
	t.Parallel()
	e := newEmulated(t)
	c := e.fill()
	e.createManyRoles()
	e.proxy.requested()
	file, _ := e.capture()
	require.Empty(t, file.Omitted)
	require.Equal(t, 2, e.proxy.count("ListRoles"), "pages")

	t.Run("changes nothing", func(t *testing.T) {
		for _, operation := range e.proxy.requested() {
			require.Regexp(t, `^(Describe|Get|List)`, operation)
		}
	})
	t.Run("contents", func(t *testing.T) { requireContents(t, file, c) })
	t.Run("again, throttled", func(t *testing.T) {
		e.t = t
		e.proxy.throttle = map[string]int{"DescribeVpcs": 2, "GetRole": 1}
		again, _ := e.capture()
		requireEqual(t, file, again)
		require.Equal(t, 3, e.proxy.count("DescribeVpcs"))
		require.Equal(t, 2, e.proxy.count("GetRole"))
	})
	t.Run("pages without end", func(t *testing.T) {
		e.t = t
		answers := e.proxy.answers["ListServiceQuotas"]
		defer func() { e.proxy.answers["ListServiceQuotas"] = answers }()
		e.proxy.answers["ListServiceQuotas"] = `{"Quotas": [], "NextToken": "again"}`
		dir := e.project("")
		status, _, stderr := e.run("rehearse", "capture", "--stack", "dev", "--dir", dir)
		require.Equal(t, 1, status, stderr)
		require.Contains(t, stderr, "rehearse capture: aws service-quotas list-service-quotas: ")
		require.Contains(t, stderr, "The same next token was received twice")
		require.NoDirExists(t, dir+"/accounts")
	})
	// Last, because moto then checks permissions until it ends.
	t.Run("with the documented policy", func(t *testing.T) {
		e.t = t
		e.captureWithPolicy(file)
	})
}

// requireContents checks that a capture contains what fill created.
func requireContents(t *testing.T, file *account.File, c contents) {
	t.Helper()
	require.Equal(t, []string{"123456789012", "aws", region}, []string{file.AccountID, file.Partition, file.Region})
	require.False(t, strings.Contains(encode(t, file), "hidden"), "values of tags, or user data")
	require.Len(t, file.Zones, 3)
	require.Len(t, file.InstanceTypeOfferings["t3.micro"], 3)
	require.Len(t, file.ImageParameters, 4)
	require.Len(t, file.Images, 4)
	require.Greater(t, len(file.EndpointServices), 100)
	require.True(t, slices.ContainsFunc(file.PrefixLists, func(l account.PrefixList) bool { return l.PrefixListName == "com.amazonaws."+region+".s3" }))
	require.Equal(t, []float64{5, 210, 1000}, []float64{file.Quotas["L-F678F1CE"], file.Quotas["L-407747CB"], file.Quotas["L-FE177D64"]})

	vpc := file.Vpcs[slices.IndexFunc(file.Vpcs, func(v account.Vpc) bool { return v.VpcId == c.vpc })]
	require.Len(t, file.Vpcs, 2)
	require.Equal(t, "10.0.0.0/16", vpc.CidrBlock)
	require.True(t, *vpc.EnableDnsSupport)
	require.True(t, *vpc.EnableDnsHostnames)
	require.Equal(t, []account.Tag{{Key: "Name"}}, vpc.Tags)
	require.True(t, slices.ContainsFunc(file.Subnets, func(s account.Subnet) bool { return s.SubnetId == c.subnetC && s.CidrBlock == "10.0.2.0/24" }))
	table := file.RouteTables[slices.IndexFunc(file.RouteTables, func(r account.RouteTable) bool { return r.RouteTableId == c.routeTable })]
	require.Len(t, table.Associations, 2)
	require.True(t, slices.ContainsFunc(table.Routes, func(r account.Route) bool { return r.GatewayId == "local" }))
	group := file.SecurityGroups[slices.IndexFunc(file.SecurityGroups, func(g account.SecurityGroup) bool { return g.GroupId == c.group })]
	require.Equal(t, []account.IpRange{{CidrIp: "10.0.0.0/16"}}, group.IpPermissions[0].IpRanges)
	require.Len(t, file.NetworkAcls, 2)
	require.Equal(t, []account.KeyPair{{KeyName: "ann", KeyPairId: c.keyPair, KeyType: "ed25519"}}, file.KeyPairs)
	endpoint := file.VpcEndpoints[slices.IndexFunc(file.VpcEndpoints, func(v account.VpcEndpoint) bool { return v.VpcEndpointId == c.ssmEndpoint })]
	require.Equal(t, []string{c.subnetA}, endpoint.SubnetIds)
	require.True(t, endpoint.PrivateDnsEnabled)
	require.Equal(t, []account.Tag{{Key: "Name"}, {Key: "bastionless:owner", Value: "bastionless/other/123456789012"}}, endpoint.Tags)

	require.Len(t, file.Instances, 1)
	require.Equal(t, c.instance, file.Instances[0].InstanceId)
	require.Equal(t, "arn:aws:iam::123456789012:instance-profile/web-profile", file.Instances[0].IamInstanceProfile.Arn)
	require.Equal(t, []account.User{{UserName: "ann", Path: "/"}}, file.Users)
	require.Equal(t, []account.InstanceProfile{{InstanceProfileName: "web-profile", Path: "/", RoleNames: []string{"web-role"}}}, file.InstanceProfiles)
	require.Equal(t, account.Role{RoleName: "EC2RoleforSSM", Path: "/"}, file.Roles[0])
	require.Len(t, file.Roles, manyRoles+2)
	role := file.Roles[manyRoles+1]
	require.Equal(t, "web-role", role.RoleName)
	require.Contains(t, role.InlinePolicies, "read")
	require.Equal(t, []account.AttachedPolicy{{PolicyName: "own", PolicyArn: "arn:aws:iam::123456789012:policy/own"}}, role.AttachedPolicies)
	require.NotNil(t, role.AssumeRolePolicyDocument)
	require.Empty(t, *file.HostManagementRole)
	require.Equal(t, []string{"ann-data"}, file.Buckets)
	require.Equal(t, []string{"/web"}, file.LogGroups)
	require.Equal(t, []string{"Ann-Shell"}, file.Documents)
}

// captureWithPolicy captures the account as a user who has only the actions of the policy in docs/capture.md, and then as one who lacks two
// permissions. moto checks permissions by itself, but answers all services with the error code of IAM. The proxy answers
// with that of EC2.
func (e *emulated) captureWithPolicy(file *account.File) {
	e.t.Helper()
	page, err := os.ReadFile(root + "/docs/capture.md")
	require.NoError(e.t, err)
	_, rest, _ := strings.Cut(string(page), "```json\n")
	policy, _, _ := strings.Cut(rest, "```")
	require.Contains(e.t, policy, `"iam:ListUsers",`)
	// moto checks all requests against the resource "*".
	policy = regexp.MustCompile(`"Resource": ".*"`).ReplaceAllString(policy, `"Resource": "*"`)
	e.aws("iam", "create-user", "--user-name", "reader")
	e.aws("iam", "put-user-policy", "--user-name", "reader", "--policy-name", "capture", "--policy-document", policy)
	key := strings.Fields(e.aws("iam", "create-access-key", "--user-name", "reader", "--query", "AccessKey.[AccessKeyId,SecretAccessKey]"))
	e.aws("iam", "create-user", "--user-name", "lesser")
	e.aws("iam", "put-user-policy", "--user-name", "lesser", "--policy-name", "capture", "--policy-document",
		strings.Replace(policy, `"iam:ListUsers",`, "", 1))
	lesser := strings.Fields(e.aws("iam", "create-access-key", "--user-name", "lesser", "--query", "AccessKey.[AccessKeyId,SecretAccessKey]"))
	e.setProfile("reader", "aws_access_key_id = "+key[0], "aws_secret_access_key = "+key[1])
	e.setProfile("lesser", "aws_access_key_id = "+lesser[0], "aws_secret_access_key = "+lesser[1])
	response, err := http.Post(e.moto+"/moto-api/reset-auth", "text/plain", strings.NewReader("0"))
	require.NoError(e.t, err)
	require.NoError(e.t, response.Body.Close())

	complete, _ := e.capture("--profile", "reader")
	require.Empty(e.t, complete.Omitted)
	require.Len(e.t, complete.Users, 3)
	complete.Users = file.Users
	requireEqual(e.t, file, complete)

	e.proxy.deny["DescribeKeyPairs"] = true
	partial, progress := e.capture("--profile", "lesser")
	require.Equal(e.t, []account.Omission{
		{Section: "keyPairs", Call: "ec2 describe-key-pairs", Permission: "ec2:DescribeKeyPairs", Reason: "UnauthorizedOperation"},
		{Section: "users", Call: "iam list-users", Permission: "iam:ListUsers", Reason: "AccessDenied"},
	}, partial.Omitted)
	require.Contains(e.t, progress, "you do not have the permission ec2:DescribeKeyPairs")
	require.Contains(e.t, progress, "you do not have the permission iam:ListUsers")
	require.Nil(e.t, partial.Users)
	require.Nil(e.t, partial.KeyPairs)
	partial.Omitted, partial.KeyPairs, partial.Users = nil, file.KeyPairs, file.Users
	requireEqual(e.t, file, partial)
}
