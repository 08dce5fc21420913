package trials

import (
	"bytes"
	"encoding/json"
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
	e.requireUnchanged()
	require.Empty(e.t, e.cloud.Inventory())
}

// A stack in an existing VPC leaves the account as it was.
func TestExisting_lifecycle(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config  config
		prepare func(*account.File)
		// warned are the services in the warnings of the first deployment.
		warned []string
	}{
		"the example": {nil, nil, []string{"ssm", "ssmmessages"}},
		"the services of records": {
			config{"sessionLogs": `["cloudwatch"]`, "sessionEncryption": "true", "existingEndpoints": `["s3","kms"]`},
			nil,
			[]string{"ssm", "ssmmessages", "logs"},
		},
		"clients instead of the VPC": {
			config{"endpointIngress": "instances", "clientSecurityGroupIds": list([]string{appGroup})}, nil, []string{"ssm", "ssmmessages"},
		},
		"a hub": {config{"existingEndpoints": `["all"]`, "endpointIngress": "instances"}, nil, nil},
		"a network ACL that is not the default one": {nil, func(f *account.File) {
			acl := f.NetworkAcls[0]
			acl.NetworkAclId, acl.IsDefault = "acl-0a1b2c3d4e5f60002", false
			acl.Associations, f.NetworkAcls[0].Associations = acl.Associations[1:2], slices.Delete(slices.Clone(acl.Associations), 1, 2)
			f.NetworkAcls = append(f.NetworkAcls, acl)
		}, []string{"ssm", "ssmmessages"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newExisting(t, test.config, test.prepare)
			first := e.stack.Up(t.Context())
			require.Empty(t, first.Failure())
			require.Equal(t, test.warned, warnedServices(first))
			again := e.stack.Up(t.Context())
			require.Empty(t, again.Failure())
			require.Empty(t, effects(again))
			require.Empty(t, warnedServices(again), "nothing moves to the endpoints again")
			require.Empty(t, effects(e.stack.Refresh(t.Context())))
			e.tearDown()
		})
	}
}

// warnedServices returns the services that, according to the warnings, everything in the VPC will reach through an endpoint
// of the stack.
func warnedServices(result *engine.Result) []string {
	var services []string
	for _, warning := range result.Messages("warning") {
		if _, rest, ok := strings.Cut(warning, " will reach "); ok {
			service, _, _ := strings.Cut(rest, " ")
			services = append(services, service)
		}
	}
	return services
}

// The program takes an endpoint that an interrupted deployment left behind for its own, because it cannot see the state.
// AWS refuses the second endpoint, and nothing else prevents the next deployment.
func TestExisting_orphan(t *testing.T) {
	t.Parallel()
	e := newExisting(t, nil, func(f *account.File) {
		addEndpoint(f, "vpce-0a1b2c3d4e5f60003", "ssm", account.Tag{Key: "bastionless:owner", Value: "bastionless/existing/123456789012"})
	})
	result := e.stack.Up(t.Context())
	require.Contains(t, result.Failure(), "conflicting DNS domain for ssm.ap-northeast-1.amazonaws.com")
	require.Empty(t, e.stack.Destroy(t.Context()).Failure())
	e.requireUntouched()
}

// addEndpoint adds an interface endpoint that is like that of kms.
func addEndpoint(f *account.File, id, service string, tags ...account.Tag) {
	isKMS := func(e account.VpcEndpoint) bool { return strings.HasSuffix(e.ServiceName, ".kms") }
	endpoint := f.VpcEndpoints[slices.IndexFunc(f.VpcEndpoints, isKMS)]
	endpoint.VpcEndpointId, endpoint.ServiceName, endpoint.Tags = id, "com.amazonaws.ap-northeast-1."+service, tags
	endpoint.NetworkInterfaceIds = []string{"eni-0a1b2c3d4e5f60003", "eni-0a1b2c3d4e5f60004"}
	f.VpcEndpoints = append(f.VpcEndpoints, endpoint)
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

// otherVPCID is a VPC that addOtherVPC adds.
const otherVPCID = "vpc-0b1b2c3d4e5f60001"

// addOtherVPC adds a copy of the VPC, with other IDs including its endpoints.
func addOtherVPC(f *account.File) {
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // an account has a JSON form
	}
	var other account.File
	if err := json.Unmarshal(bytes.ReplaceAll(text, []byte("-0a1b2c3d4e5f6"), []byte("-0b1b2c3d4e5f6")), &other); err != nil {
		panic(err)
	}
	f.Vpcs = append(f.Vpcs, other.Vpcs...)
	f.Subnets = append(f.Subnets, other.Subnets...)
	f.RouteTables = append(f.RouteTables, other.RouteTables...)
	f.NetworkAcls = append(f.NetworkAcls, other.NetworkAcls...)
	f.SecurityGroups = append(f.SecurityGroups, other.SecurityGroups...)
	f.VpcEndpoints = append(f.VpcEndpoints, other.VpcEndpoints...)
}

// A stack moves from a VPC of its own to an existing one, to another one, and back. Every move replaces the endpoints and
// the instances, and leaves nothing behind.
func TestExisting_switched(t *testing.T) {
	t.Parallel()
	e := newExisting(t, ownVPC, addOtherVPC)
	e.up()
	inOtherVPC := merge(inExistingVPC, config{"vpcId": otherVPCID, "appSubnetIds": `["subnet-0b1b2c3d4e5f6000a"]`})
	for _, to := range []config{inExistingVPC, inOtherVPC, ownVPC} {
		e.configure(to)
		result := e.up()
		require.Subset(t, effects(result), endpointsReplaced)
		require.Equal(t, []string{instanceReplaced}, instanceEffects(result))
		e.requireStable()
		e.requireProven()
		e.requireUnchanged()
	}
	require.Empty(t, e.stack.Destroy(t.Context()).Failure())
	e.requireUntouched()
}

// An endpoint that exists already is found before anything is created, and is used if the configuration says so.
func TestExisting_endpointThatExists(t *testing.T) {
	t.Parallel()
	e := newExisting(t, nil, func(f *account.File) { addEndpoint(f, "vpce-0a1b2c3d4e5f60003", "ssm") })
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

// A route table that already has a route to S3 is found before anything is created.
func TestExisting_routeTableWithS3(t *testing.T) {
	t.Parallel()
	e := newExisting(t, config{"existingEndpoints": "[]", "s3Endpoint": "true"}, nil)
	require.Contains(t, e.stack.Up(t.Context()).Failure(), "s3Endpoint: route table rtb-0a1b2c3d4e5f6000a already has a route")
	e.requireUntouched()
}

// removeS3Endpoint removes the gateway endpoint of S3 from an account.
func removeS3Endpoint(f *account.File) {
	f.VpcEndpoints = slices.DeleteFunc(f.VpcEndpoints, func(e account.VpcEndpoint) bool { return e.VpcEndpointType == "Gateway" })
	for i := range f.RouteTables {
		f.RouteTables[i].Routes = slices.DeleteFunc(f.RouteTables[i].Routes, func(r account.Route) bool { return r.DestinationPrefixListId != "" })
	}
}

// The stack's own S3 endpoint does not conflict with itself.
func TestExisting_ownS3Endpoint(t *testing.T) {
	t.Parallel()
	e := newExisting(t, config{"existingEndpoints": "[]", "s3Endpoint": "true"}, removeS3Endpoint)
	for range 2 {
		require.Empty(t, e.stack.Up(t.Context()).Failure())
	}
	require.Empty(t, e.stack.Destroy(t.Context()).Failure())
	e.requireUntouched()
}
