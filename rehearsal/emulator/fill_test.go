package emulator

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/stretchr/testify/require"
)

// contents are the IDs of what fill created.
type contents struct {
	vpc, subnetA, subnetC, routeTable, group, s3Endpoint, ssmEndpoint, instance, keyPair string
}

// trustPolicy lets EC2 assume a role.
const trustPolicy = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`

// fill puts a network with an instance, roles, and names into the account.
func (e *emulated) fill() contents {
	e.t.Helper()
	var c contents
	tag := func(kind, name string) string {
		return "ResourceType=" + kind + ",Tags=[{Key=Name,Value=" + name + "}]"
	}
	c.vpc = e.aws("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--tag-specifications", tag("vpc", "hidden-vpc"), "--query", "Vpc.VpcId")
	e.aws("ec2", "modify-vpc-attribute", "--vpc-id", c.vpc, "--enable-dns-hostnames")
	subnet := func(zone, block string) string {
		return e.aws("ec2", "create-subnet", "--vpc-id", c.vpc, "--availability-zone", region+zone, "--cidr-block", block, "--query", "Subnet.SubnetId")
	}
	c.subnetA, c.subnetC = subnet("a", "10.0.1.0/24"), subnet("c", "10.0.2.0/24")
	c.routeTable = e.aws("ec2", "create-route-table", "--vpc-id", c.vpc, "--query", "RouteTable.RouteTableId")
	for _, id := range []string{c.subnetA, c.subnetC} {
		e.aws("ec2", "associate-route-table", "--route-table-id", c.routeTable, "--subnet-id", id)
	}
	c.group = e.aws("ec2", "create-security-group", "--vpc-id", c.vpc, "--group-name", "endpoints", "--description", "Endpoints", "--query", "GroupId")
	e.aws("ec2", "authorize-security-group-ingress", "--group-id", c.group, "--protocol", "tcp", "--port", "443", "--cidr", "10.0.0.0/16")
	endpoint := func(args ...string) string {
		return e.aws(append([]string{"ec2", "create-vpc-endpoint", "--vpc-id", c.vpc, "--query", "VpcEndpoint.VpcEndpointId"}, args...)...)
	}
	c.s3Endpoint = endpoint("--service-name", "com.amazonaws."+region+".s3", "--route-table-ids", c.routeTable)
	c.ssmEndpoint = endpoint("--service-name", "com.amazonaws."+region+".ssm", "--vpc-endpoint-type", "Interface",
		"--subnet-ids", c.subnetA, "--security-group-ids", c.group, "--private-dns-enabled", "--tag-specifications",
		"ResourceType=vpc-endpoint,Tags=[{Key=Name,Value=hidden-endpoint},{Key=bastionless:owner,Value=bastionless/other/123456789012}]")
	c.keyPair = e.aws("ec2", "create-key-pair", "--key-name", "ann", "--key-type", "ed25519", "--query", "KeyPairId")

	e.aws("iam", "create-user", "--user-name", "ann")
	for _, role := range []string{"web-role", "EC2RoleforSSM"} {
		e.aws("iam", "create-role", "--role-name", role, "--assume-role-policy-document", trustPolicy)
	}
	e.aws("iam", "put-role-policy", "--role-name", "web-role", "--policy-name", "read",
		"--policy-document", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}`)
	e.aws("iam", "create-policy", "--policy-name", "own", "--policy-document",
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}`)
	e.aws("iam", "attach-role-policy", "--role-name", "web-role", "--policy-arn", "arn:aws:iam::123456789012:policy/own")
	e.aws("iam", "create-instance-profile", "--instance-profile-name", "web-profile")
	e.aws("iam", "add-role-to-instance-profile", "--instance-profile-name", "web-profile", "--role-name", "web-role")

	image := e.aws("ssm", "get-parameters", "--names", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
		"--query", "Parameters[0].Value")
	c.instance = strings.Fields(e.aws("ec2", "run-instances", "--image-id", image, "--instance-type", "t3.micro", "--subnet-id", c.subnetA,
		"--key-name", "ann", "--iam-instance-profile", "Name=web-profile", "--user-data", "hidden-user-data",
		"--security-group-ids", c.group, "--query", "Instances[0].InstanceId"))[0]

	e.aws("s3api", "create-bucket", "--bucket", "ann-data", "--create-bucket-configuration", "LocationConstraint="+region)
	e.aws("logs", "create-log-group", "--log-group-name", "/web")
	e.aws("ssm", "create-document", "--name", "Ann-Shell", "--document-type", "Command", "--content",
		`{"schemaVersion": "2.2", "description": "x", "mainSteps": [{"action": "aws:runShellScript", "name": "x", "inputs": {"runCommand": ["true"]}}]}`)
	return c
}

// manyRoles is more than IAM returns in one page.
const manyRoles = 120

// createManyRoles creates roles without the AWS CLI, which would take minutes.
func (e *emulated) createManyRoles() {
	e.t.Helper()
	for i := range manyRoles {
		form := url.Values{
			"Action": {"CreateRole"}, "Version": {"2010-05-08"}, "RoleName": {fmt.Sprintf("many-%03d", i)}, "AssumeRolePolicyDocument": {trustPolicy},
		}
		request, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, e.moto, strings.NewReader(form.Encode()))
		require.NoError(e.t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		// moto finds the service here, and does not verify signatures until it checks permissions.
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAADMIN/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0")
		response, err := http.DefaultClient.Do(request)
		require.NoError(e.t, err)
		require.NoError(e.t, response.Body.Close())
		require.Equal(e.t, http.StatusOK, response.StatusCode)
	}
}
