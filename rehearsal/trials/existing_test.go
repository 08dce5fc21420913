package trials

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/stacktest"
)

// IDs in the frozen account of the stack "existing". The public subnet is in the zone of the first private one.
const (
	existingVPC = "vpc-0a1b2c3d4e5f60001"
	privateA    = "subnet-0a1b2c3d4e5f6000a"
	privateC    = "subnet-0a1b2c3d4e5f6000c"
	publicA     = "subnet-0a1b2c3d4e5f6000f"
)

// newExisting opens the stack "existing" in its account, which a change has prepared.
func newExisting(t *testing.T, config config, prepare func(*account.File)) *env {
	t.Helper()
	file := stacktest.Account(t, "existing")
	if prepare != nil {
		prepare(file)
	}
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Account: file})
	require.NoError(t, err)
	return open(t, cloud, engine.Options{Stack: "existing", Config: config})
}

// endpointEffects returns the effects of an update on interface endpoints.
func endpointEffects(result *engine.Result) []string {
	var lines []string
	for _, line := range effects(result) {
		if strings.HasPrefix(line, "VpcEndpoint ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// requireUntouched requires that the account's objects are what they were, and that nothing was added.
func (e *env) requireUntouched() {
	e.t.Helper()
	changed, err := e.cloud.Changed()
	require.NoError(e.t, err)
	require.Empty(e.t, changed)
	require.Empty(e.t, e.cloud.Inventory())
}

// A stack in an existing VPC leaves the account as it was.
func TestExisting_lifecycle(t *testing.T) {
	t.Parallel()
	e := newExisting(t, nil, nil)
	require.Empty(t, e.stack.Up(t.Context()).Failure())
	again := e.stack.Up(t.Context())
	require.Empty(t, again.Failure())
	require.Empty(t, effects(again))
	require.Empty(t, again.Messages("warning"), "nothing moves to the endpoints again")
	require.Empty(t, effects(e.stack.Refresh(t.Context())))
	require.Empty(t, e.stack.Destroy(t.Context()).Failure())
	e.requireUntouched()
}

// An exchanged subnet replaces the interface endpoints, because AWS does not exchange it. One that is added or removed
// updates them in place.
func TestExisting_changedSubnets(t *testing.T) {
	t.Parallel()
	e := newExisting(t, config{"endpointSubnetIds": `["` + privateA + `"]`}, nil)
	require.Empty(t, e.stack.Up(t.Context()).Failure())
	both := func(effect string) []string {
		return []string{"VpcEndpoint endpoints-ssm: " + effect, "VpcEndpoint endpoints-ssmmessages: " + effect}
	}
	for _, change := range []struct {
		subnets []string
		want    []string
	}{
		{[]string{privateA, privateC}, both("update")},
		{[]string{publicA, privateC}, both("remove recreate")},
		{[]string{privateC}, both("update")},
		{[]string{publicA}, both("update")}, // another zone
		{[]string{privateA}, both("remove recreate")},
	} {
		e.configure(config{"endpointSubnetIds": `["` + strings.Join(change.subnets, `","`) + `"]`})
		result := e.stack.Up(t.Context())
		require.Empty(t, result.Failure())
		require.Equal(t, change.want, endpointEffects(result), change.subnets)
		require.Empty(t, instanceEffects(result))
	}
	require.Empty(t, e.stack.Destroy(t.Context()).Failure())
	e.requireUntouched()
}

// A stack moves from a VPC of its own to an existing one and back.
func TestExisting_switched(t *testing.T) {
	t.Parallel()
	own := config{
		"vpcId": "", "appSubnetIds": "[]", "existingEndpoints": "[]", "endpointIngress": "instances",
	}
	e := newExisting(t, own, nil)
	require.Empty(t, e.stack.Up(t.Context()).Failure())
	existing := config{
		"vpcId": existingVPC, "appSubnetIds": `["` + privateA + `","` + privateC + `"]`, "existingEndpoints": `["s3"]`, "endpointIngress": "vpc",
	}
	for _, to := range []config{existing, own} {
		e.configure(to)
		result := e.stack.Up(t.Context())
		require.Empty(t, result.Failure())
		again := e.stack.Up(t.Context())
		require.Empty(t, again.Failure())
		require.Empty(t, effects(again))
	}
	require.Empty(t, e.stack.Destroy(t.Context()).Failure())
	e.requireUntouched()
}

// An endpoint that exists already is found before anything is created, and is used if the configuration says so.
func TestExisting_endpointThatExists(t *testing.T) {
	t.Parallel()
	addSSM := func(f *account.File) {
		kms := f.VpcEndpoints[slices.IndexFunc(f.VpcEndpoints, func(e account.VpcEndpoint) bool { return strings.HasSuffix(e.ServiceName, ".kms") })]
		kms.VpcEndpointId, kms.ServiceName = "vpce-0a1b2c3d4e5f60003", "com.amazonaws.ap-northeast-1.ssm"
		kms.NetworkInterfaceIds = []string{"eni-0a1b2c3d4e5f60003", "eni-0a1b2c3d4e5f60004"}
		f.VpcEndpoints = append(f.VpcEndpoints, kms)
	}
	e := newExisting(t, nil, addSSM)
	for _, result := range []*engine.Result{e.stack.Preview(t.Context()), e.stack.Up(t.Context())} {
		require.Contains(t, result.Failure(), "existingEndpoints: "+existingVPC+" already has an endpoint for ssm")
		e.requireUntouched()
	}
	e.configure(config{"existingEndpoints": `["s3","ssm"]`})
	result := e.stack.Up(t.Context())
	require.Empty(t, result.Failure())
	require.Equal(t, []string{"VpcEndpoint endpoints-ssmmessages: create"}, slices.DeleteFunc(endpointEffects(result),
		func(line string) bool { return strings.HasSuffix(line, ": read") }))
	require.Empty(t, e.stack.Destroy(t.Context()).Failure())
	e.requireUntouched()
}

// A route table that leads to S3 already is found before anything is created.
func TestExisting_routeTableWithS3(t *testing.T) {
	t.Parallel()
	e := newExisting(t, config{"existingEndpoints": "[]", "s3Endpoint": "true"}, nil)
	require.Contains(t, e.stack.Up(t.Context()).Failure(), "s3Endpoint: route table rtb-0a1b2c3d4e5f6000a already has a route")
	e.requireUntouched()
}

// The stack's own S3 endpoint does not conflict with itself.
func TestExisting_ownS3Endpoint(t *testing.T) {
	t.Parallel()
	e := newExisting(t, config{"existingEndpoints": "[]", "s3Endpoint": "true"}, func(f *account.File) {
		f.VpcEndpoints = slices.DeleteFunc(f.VpcEndpoints, func(e account.VpcEndpoint) bool { return e.VpcEndpointType == "Gateway" })
		for i := range f.RouteTables {
			f.RouteTables[i].Routes = slices.DeleteFunc(f.RouteTables[i].Routes, func(r account.Route) bool { return r.DestinationPrefixListId != "" })
		}
	})
	for range 2 {
		require.Empty(t, e.stack.Up(t.Context()).Failure())
	}
	require.Empty(t, e.stack.Destroy(t.Context()).Failure())
	e.requireUntouched()
}
