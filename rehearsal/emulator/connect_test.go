package emulator

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/contract"
)

// TestConnect tries what "make connect" asks AWS, as far as moto answers: it lets the AWS CLI assume the session role, and
// asks for the states of the instance and of the endpoints. moto has no managed instances and no sessions, so
// DescribeInstanceInformation is answered by the proxy. It also removes the filter vpc-endpoint-id, which moto lacks.
// StartSession, DescribeSessions and TerminateSession are not tried.
func TestConnect(t *testing.T) {
	t.Parallel()
	e := newEmulated(t)
	c := e.fill()
	e.setProfile("web-dev", "role_arn = arn:aws:iam::123456789012:role/web-role", "source_profile = default", "role_session_name = ann", "region = "+region)
	outputs, err := json.Marshal(map[string]any{
		contract.ConnectionOutput: contract.Connection{
			Region: region, Profile: "web-dev", Documents: []string{contract.Shell},
			Instances: map[string]contract.Instance{"a-1": {ID: c.instance, Zone: region + "a"}},
		},
		contract.EndpointsOutput: map[string]string{"s3": c.s3Endpoint, "ssm": c.ssmEndpoint},
	})
	require.NoError(t, err)
	// The stand-in for the Pulumi CLI prints the outputs, and has no state.
	require.NoError(t, os.Mkdir(e.dir+"/bin", 0o700))
	require.NoError(t, os.WriteFile(e.dir+"/outputs", outputs, 0o600))
	require.NoError(t, os.WriteFile(e.dir+"/bin/pulumi", []byte("#!/bin/sh\n[ \"$2\" = output ] && cat \"$HOME/outputs\"\n"), 0o700))
	e.environ = append(e.environ, "PATH="+e.dir+"/bin:"+os.Getenv("PATH"))
	e.proxy.unfiltered["DescribeVpcEndpoints"] = true
	e.proxy.requested()
	wait := func() (int, string) {
		e.t.Helper()
		status, _, stderr := e.run("connect", "wait", "--stack", "dev", "--timeout", "0s")
		return status, stderr
	}

	e.proxy.answers["DescribeInstanceInformation"] = `{"InstanceInformationList": [{"PingStatus": "Online"}]}`
	status, stderr := wait()
	require.Equal(t, 0, status, stderr)
	require.Equal(t, []string{"AssumeRole", "DescribeInstanceInformation"}, e.proxy.requested())

	e.proxy.answers["DescribeInstanceInformation"] = `{"InstanceInformationList": []}`
	status, stderr = wait()
	require.Equal(t, 1, status, stderr)
	require.Contains(t, stderr, "a-1 ("+c.instance+") is not online after 0:00: not registered with Systems Manager")
	require.Contains(t, stderr, "No problem found.")
	require.NotContains(t, stderr, "not checked: the instance")
	require.NotContains(t, stderr, "not checked: the endpoints")
	require.Subset(t, e.proxy.requested(), []string{"DescribeInstanceInformation", "DescribeInstances", "DescribeVpcEndpoints"})

	e.aws("ec2", "stop-instances", "--instance-ids", c.instance)
	e.aws("ec2", "delete-vpc-endpoints", "--vpc-endpoint-ids", c.ssmEndpoint)
	_, stderr = wait()
	require.Contains(t, stderr, "problem: "+c.instance+" is stopped. Start it")
	require.Contains(t, stderr, "problem: the endpoint for ssm ("+c.ssmEndpoint+")")
	require.NotContains(t, stderr, "the endpoint for s3")

	e.aws("ec2", "terminate-instances", "--instance-ids", c.instance)
	_, stderr = wait()
	require.Contains(t, stderr, "problem: "+c.instance+" is terminated.")
}
