package trials

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/proof"
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

// A route table that leads to S3 already is found before anything is created.
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

// A stack in an existing VPC that sets all keys which the stacks "sessions" and "workload" do not set is stable and proven,
// and leaves the account as it was, except for its records. TestKeys_setByStacks says that the three stacks set every key.
func TestExistingAll(t *testing.T) {
	t.Parallel()
	file := stacktest.Account(t, existingStack)
	removeS3Endpoint(file)
	file.Instances[0].Tags = append(file.Instances[0].Tags, account.Tag{Key: "team", Value: "app"})
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Account: file})
	require.NoError(t, err)
	e := open(t, cloud, engine.Options{Stack: "existing-all"})
	e.up()
	e.requireLifecycle()
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

// An instance gets the security groups of others that the configuration lists, in any order, and the proofs read them.
func TestExisting_instanceGroups(t *testing.T) {
	t.Parallel()
	const databaseClients = "sg-0a1b2c3d4e5f6000b"
	add := func(f *account.File) {
		isApp := func(g account.SecurityGroup) bool { return g.GroupId == appGroup }
		group := f.SecurityGroups[slices.IndexFunc(f.SecurityGroups, isApp)]
		group.GroupId, group.GroupName = databaseClients, "database-clients"
		f.SecurityGroups = append(f.SecurityGroups, group)
	}
	e := newExisting(t, config{"instanceSecurityGroupIds": list([]string{databaseClients, appGroup})}, add)
	e.up()
	for _, i := range e.instancesByName() {
		groups, _ := i.Outputs["vpcSecurityGroupIds"].([]any)
		require.Len(t, groups, 3)
		require.Subset(t, groups, []any{databaseClients, appGroup})
	}
	e.configure(config{"instanceSecurityGroupIds": list([]string{appGroup, databaseClients})})
	require.Empty(t, effects(e.up()), "the order of the groups does not matter")
	e.configure(config{"instanceSecurityGroupIds": list([]string{databaseClients}), "clientSecurityGroupIds": list([]string{databaseClients})})
	require.Subset(t, effects(e.up()), []string{"Instance instances-a-1: update", "SecurityGroup existing-network-" + appGroup + ": discard"})
	e.requireLifecycle()
}

// A security group of others with an inbound rule refutes that nothing can connect to the instances.
func TestExisting_instanceGroupWithInboundRule(t *testing.T) {
	t.Parallel()
	const endpoints = "sg-0a1b2c3d4e5f6000e"
	e := newExisting(t, config{"instanceSecurityGroupIds": list([]string{endpoints})}, nil)
	require.Contains(t, strings.Join(e.up().Messages("warning"), "\n"), "instanceSecurityGroupIds: "+endpoints+" has inbound rules")
	isNoInbound := func(c proof.Claim) bool { return c.ID == "no-inbound" }
	claims := e.claims()
	claim := claims[slices.IndexFunc(claims, isNoInbound)]
	require.Equal(t, proof.Refuted, claim.Result)
	fix := "remove " + endpoints + ` from instanceSecurityGroupIds, or ask the owner of SecurityGroup "existing-network-` + endpoints + `" to`
	require.True(t, slices.ContainsFunc(claim.Reasons, func(r proof.Reason) bool { return strings.HasPrefix(r.Fix, fix) }), "%v", claim.Reasons)
	e.requireStable()
	e.tearDown()
}

// AWS refuses more security groups than the quota of a network interface allows.
func TestExisting_instanceGroupsQuota(t *testing.T) {
	t.Parallel()
	var ids []string
	prepare := func(quota float64) func(*account.File) {
		return func(f *account.File) {
			f.Quotas = map[string]float64{"L-2AFB9258": quota}
			ids = nil
			for n := range 5 {
				group := f.SecurityGroups[1]
				group.GroupId, group.GroupName = fmt.Sprintf("sg-0a1b2c3d4e5f7000%d", n), fmt.Sprintf("group-%d", n)
				f.SecurityGroups, ids = append(f.SecurityGroups, group), append(ids, group.GroupId)
			}
		}
	}
	e := newExisting(t, nil, prepare(5))
	e.configure(config{"instanceSecurityGroupIds": list(ids)})
	require.Contains(t, e.stack.Up(t.Context()).Failure(), "SecurityGroupsPerInterfaceLimitExceeded")
	e.configure(config{"instanceSecurityGroupIds": list(ids[1:])})
	e.up()
	e.requireLifecycle()
	e = newExisting(t, nil, prepare(6))
	e.configure(config{"instanceSecurityGroupIds": list(ids)})
	e.up()
	e.requireLifecycle()
}
