package account_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
)

const header = `"format": "bastionless AWS account", "version": 1`

func TestRead_invalid(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		``:                                 "not a captured account: unexpected end of JSON input: capture it again",
		`{` + header + `, "vpcs": [`:       "not a captured account: unexpected end of JSON input: capture it again",
		`{"version": 3, "deployment": {}}`: `not a captured account: its format is "" instead of "bastionless AWS account": name a file that "rehearse capture" wrote`,
		`{"format": "bastionless AWS account", "version": 2}`:         "it has version 2, and this program reads up to version 1: update the program or capture the account again",
		`{"format": "bastionless AWS account"}`:                       "not a captured account: its version is 0: capture it again",
		`{` + header + `, "vpcz": []}`:                                `not a captured account: json: unknown field "vpcz"`,
		`{` + header + `, "accountId": "12", "region": "eu-west-1"}`:  `not a captured account: accountId is "12" instead of 12 digits`,
		`{` + header + `, "accountId": "123456789012", "region": ""}`: `not a captured account: region is missing`,
		`null`: `not a captured account: its format is "" instead of "bastionless AWS account": name a file that "rehearse capture" wrote`,
		`{}`:   `not a captured account: its format is "" instead of "bastionless AWS account": name a file that "rehearse capture" wrote`,
	} {
		_, err := account.Read(strings.NewReader(content))
		require.EqualError(t, err, want, content)
	}
}

// Objects without identifying fields, and objects that are listed twice, are errors.
func TestRead_incomplete(t *testing.T) {
	t.Parallel()
	for section, want := range map[string]string{
		`"vpcs": [null]`: "vpcs: element 1 has no VpcId; vpcs: element 1 has no CidrBlock",
		`"vpcs": [{}]`:   "vpcs: element 1 has no VpcId; vpcs: element 1 has no CidrBlock",
		`"vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}, {"VpcId": "vpc-1", "CidrBlock": "10.1.0.0/16"}]`: "vpcs contains vpc-1 twice",
		`"subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"}]`:                      "subnets: element 1 has no AvailabilityZone",
		`"zones": [{"ZoneName": "a"}, {}]`:                          "zones: element 2 has no ZoneName",
		`"prefixLists": [{"PrefixListId": "pl-1"}]`:                 "prefixLists: element 1 has no PrefixListName",
		`"images": [{"ImageId": "ami-1"}, {"ImageId": "ami-1"}]`:    "images contains ami-1 twice",
		`"keyPairs": [{"KeyName": "a"}, {"KeyName": "a"}]`:          "keyPairs contains a twice",
		`"routeTables": [{"RouteTableId": "rtb-1"}]`:                "routeTables: element 1 has no VpcId",
		`"networkAcls": [{"VpcId": "vpc-1"}]`:                       "networkAcls: element 1 has no NetworkAclId",
		`"securityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1"}]`: "securityGroups: element 1 has no GroupName",
		`"vpcEndpoints": [{"VpcEndpointId": "vpce-1"}]`:             "vpcEndpoints: element 1 has no VpcId",
		`"instances": [{"InstanceId": "i-1"}]`:                      "instances: element 1 has no InstanceType",
		`"users": [{"UserName": "a"}, {"UserName": "a"}]`:           "users contains a twice",
		`"roles": [{"RoleName": "a"}, {"RoleName": "a"}]`:           "roles contains a twice",
		`"instanceProfiles": [{}]`:                                  "instanceProfiles: element 1 has no InstanceProfileName",
		`"buckets": ["a", "a"]`:                                     "buckets contains a twice",
		`"logGroups": [null]`:                                       "logGroups: element 1 has no name",
		`"documents": ["", "a"]`:                                    "documents: element 1 has no name",
		`"endpointServices": [{"ServiceName": "s3"}]`:               "endpointServices: element 1 has no ServiceName or no ServiceType",
		`"instanceTypeOfferings": {"t3.micro": ["a", "a"]}`:         "instanceTypeOfferings: t3.micro contains a twice",
		`"instanceTypeOfferings": {"": ["a"]}`:                      "instanceTypeOfferings: element 1 has no instance type",
		`"imageParameters": {"/aws/x": ""}`:                         "imageParameters: /aws/x: element 1 has no image",
		`"quotas": {"": 1}`:                                         "quotas: an element has no code",
		`"buckets": ["", "a", "a"], "logGroups": ["", "a", "a"], "users": [null]`: "users: element 1 has no UserName; buckets: element 1 has no name; " +
			"buckets contains a twice; and 2 more problems",
		`"endpointServices": [{"ServiceName": "s3", "ServiceType": [{"ServiceType": "Gateway"}]}, {"ServiceName": "s3", "ServiceType": [{"ServiceType": "Gateway"}]}]`: "endpointServices contains s3 twice",
	} {
		_, err := account.Read(strings.NewReader(`{` + header + `, "accountId": "123456789012", "region": "eu-west-1", ` + section + `}`))
		require.EqualError(t, err, "its content is incomplete or wrong: "+want+": capture it again", section)
	}
}

// S3 has endpoint services of two types.
func TestRead_servicesOfTwoTypes(t *testing.T) {
	t.Parallel()
	_, err := account.Read(strings.NewReader(`{` + header + `, "accountId": "123456789012", "region": "eu-west-1", "endpointServices": [
		{"ServiceName": "s3", "ServiceType": [{"ServiceType": "Gateway"}]}, {"ServiceName": "s3", "ServiceType": [{"ServiceType": "Interface"}]}]}`))
	require.NoError(t, err)
}

// An absent section is unknown, and an empty one contains nothing.
func TestRead_sections(t *testing.T) {
	t.Parallel()
	f, err := account.Read(strings.NewReader(`{` + header + `, "accountId": "123456789012", "region": "eu-west-1", "vpcs": []}`))
	require.NoError(t, err)
	require.NotNil(t, f.Vpcs)
	require.Nil(t, f.Subnets)
	var text strings.Builder
	require.NoError(t, f.Write(&text))
	again, err := account.Read(strings.NewReader(text.String()))
	require.NoError(t, err)
	require.Equal(t, f, again)
}

func TestFile_withID(t *testing.T) {
	t.Parallel()
	f := &account.File{AccountID: account.RedactedID, Redacted: true}
	f.Roles = []account.Role{{RoleName: "a", PermissionsBoundary: &account.Boundary{PermissionsBoundaryArn: "arn:aws:iam::123456789012:policy/p"}}}
	restored, err := f.WithID("111122223333")
	require.NoError(t, err)
	require.Equal(t, "111122223333", restored.AccountID)
	require.Equal(t, "arn:aws:iam::111122223333:policy/p", restored.Roles[0].PermissionsBoundary.PermissionsBoundaryArn)
	require.False(t, restored.Redacted)
	f.Redacted = false
	same, err := f.WithID("111122223333")
	require.NoError(t, err)
	require.Same(t, f, same)
}
