package firstsession

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// resourceJSON returns a resource of a state as JSON. fields are further fields.
func resourceJSON(token, name, fields string, dependencies ...string) string {
	after := `"` + strings.Join(dependencies, `", "`) + `"`
	if len(dependencies) == 0 {
		after = ""
	}
	return fmt.Sprintf(`{"urn": %q, "type": %q, "dependencies": [%s], %s}`, name, token, after, fields)
}

// stateJSON returns the state of a small stack whose instance depends on the named resources.
func stateJSON(after ...string) string {
	endpoint := func(service, kind string) string {
		return fmt.Sprintf(`"inputs": {"serviceName": "com.amazonaws.eu-west-1.%s", "vpcEndpointType": %q}`, service, kind)
	}
	const nothing = `"inputs": {}`
	return `{"version": 3, "deployment": {"resources": [` + strings.Join([]string{
		resourceJSON("pulumi:pulumi:Stack", "stack", nothing),
		resourceJSON("aws:ec2/vpc:Vpc", "v", nothing),
		resourceJSON("aws:ec2/subnet:Subnet", "n", nothing, "v"),
		resourceJSON("aws:ec2/securityGroup:SecurityGroup", "g", nothing, "v"),
		resourceJSON("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "u", nothing, "g"),
		resourceJSON("aws:ec2/vpcEndpoint:VpcEndpoint", "e1", endpoint("ssm", "Interface"), "n", "g"),
		resourceJSON("aws:ec2/vpcEndpoint:VpcEndpoint", "e2", endpoint("ssmmessages", "Interface"), "n", "g"),
		resourceJSON("aws:ec2/vpcEndpoint:VpcEndpoint", "e3", endpoint("s3", "Gateway"), "v"),
		resourceJSON("aws:iam/role:Role", "r", nothing),
		resourceJSON("aws:iam/rolePolicy:RolePolicy", "p", nothing, "r"),
		resourceJSON("aws:iam/instanceProfile:InstanceProfile", "f", `"propertyDependencies": {"role": ["r"]}`, "r"),
		resourceJSON("aws:cloudwatch/logGroup:LogGroup", "l", nothing),
		resourceJSON("aws:ec2/instance:Instance", "i", `"propertyDependencies":
			{"subnetId": ["n"], "vpcSecurityGroupIds": ["g"], "iamInstanceProfile": ["f"], "tags": []}`, after...),
		resourceJSON("aws:iam/role:Role", "later", nothing, "i"),
	}, ",\n") + `]}}`
}

func TestRead(t *testing.T) {
	t.Parallel()
	s, err := Read(strings.NewReader(stateJSON("u", "p", "n", "l", "g", "f", "e3", "e2", "e1")))
	require.NoError(t, err)
	require.Equal(t, Stack{
		operations: []operation{
			{"v", VPC, nil},
			{instanceGroup, SecurityGroup, []string{"v"}},
			{appSubnet, Subnet, []string{"v"}},
			{ssm, InterfaceEndpoint, []string{instanceGroup, appSubnet}},
			{ssmmessages, InterfaceEndpoint, []string{instanceGroup, appSubnet}},
			{"e3", GatewayEndpoint, []string{"v"}},
			{role, Role, nil},
			{profile, Profile, []string{role}},
			{"l", Other, nil},
			{"p", Attachment, []string{role}},
			{"u", Rule, []string{instanceGroup}},
		},
		instanceAfter: []string{ssm, ssmmessages, "e3", profile, instanceGroup, "l", appSubnet, "p", "u"},
	}, s)
	require.NotEmpty(t, Compute(s, Variation{}, 10, 1))
}

func TestRead_refuses(t *testing.T) {
	t.Parallel()
	for expected, state := range map[string]string{
		`EOF: the file is incomplete, or "pulumi stack export" did not write it`: "",
		"the state has no instance":                                       `{"deployment": {"resources": []}}`,
		"the instance in the state does not depend on its ssm":            stateJSON("u", "p", "n", "g", "f", "e2"),
		"the instance in the state does not depend on its ssmmessages":    stateJSON("u", "p", "n", "g", "f", "e1", "e3"),
		"the instance in the state does not depend on its instance group": strings.Replace(stateJSON("n", "e1", "e2"), "vpcSecurityGroupIds", "other", 1),
	} {
		_, err := Read(strings.NewReader(state))
		require.EqualError(t, err, expected)
	}
}
