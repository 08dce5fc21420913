package emulator

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
)

// createBareVPC creates a VPC with one subnet and without endpoints, and returns their IDs. The subnet has no route table
// of its own.
func (e *emulated) createBareVPC() (vpc, subnet string) {
	e.t.Helper()
	vpc = e.aws("ec2", "create-vpc", "--cidr-block", "10.9.0.0/16", "--query", "Vpc.VpcId")
	e.aws("ec2", "modify-vpc-attribute", "--vpc-id", vpc, "--enable-dns-hostnames")
	subnet = e.aws("ec2", "create-subnet", "--vpc-id", vpc, "--availability-zone", region+"a", "--cidr-block", "10.9.1.0/24", "--query", "Subnet.SubnetId")
	return vpc, subnet
}

// requireExisting rehearses stacks in the existing VPCs of a capture. A rehearsal passes only if the account's objects
// are what they were in the end.
func (e *emulated) requireExisting(t *testing.T, file *account.File, c contents, bareVPC, bareSubnet string) {
	bare := stackIn(bareVPC, bareSubnet)
	filled := stackIn(c.vpc, c.subnetA, c.subnetC)
	for name, test := range map[string]struct {
		stackFile string
		status    int
		// expected are parts of the output.
		expected []string
	}{
		"without endpoints": {
			stackFile: bare + "  s3Endpoint: true\n",
			expected: []string{
				"everything in " + bareVPC + " will reach ssm through", "everything in " + bareVPC + " will reach ssmmessages through",
				"will reach S3 through",
			},
		},
		"with an endpoint for ssm": {
			stackFile: filled + "  existingEndpoints: [s3]\n", status: 1,
			expected: []string{"existingEndpoints: " + c.vpc + " already has an endpoint for ssm with private DNS, " + c.ssmEndpoint},
		},
		"through an endpoint for ssm": {
			stackFile: filled + "  existingEndpoints: [s3, ssm]\n",
			expected:  []string{"everything in " + c.vpc + " will reach ssmmessages through"},
		},
		"with a route to S3": {
			stackFile: filled + "  existingEndpoints: [ssm]\n  s3Endpoint: true\n", status: 1,
			expected: []string{"s3Endpoint: route table " + c.routeTable + " already has a route to the S3 endpoint of somebody else"},
		},
		"with an endpoint that the VPC lacks": {
			stackFile: bare + "  existingEndpoints: [s3]\n", status: 1,
			expected: []string{`existingEndpoints: "s3": ` + bareVPC + " has no gateway endpoint for S3"},
		},
		"with a subnet of another VPC": {
			stackFile: stackIn(bareVPC, c.subnetA) + "  s3Endpoint: true\n", status: 1,
			expected: []string{"appSubnetIds: " + c.subnetA + " is in " + c.vpc},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e.t = t
			status, printed := e.rehearse(file, test.stackFile)
			require.Equal(t, test.status, status, printed)
			for _, text := range test.expected {
				require.Contains(t, printed, text)
			}
		})
	}
}

// stackIn returns the lines of a stack file for an existing VPC.
func stackIn(vpc string, subnets ...string) string {
	return "  vpcId: " + vpc + "\n  appSubnetIds: [" + strings.Join(subnets, ", ") + "]\n  endpointIngress: vpc\n"
}
