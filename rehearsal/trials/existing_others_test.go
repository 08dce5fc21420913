package trials

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
)

// Another instance in the account of the stack "existing". It uses KMS, CloudWatch Logs and S3.
const (
	otherInstance = "i-0a1b2c3d4e5f60001"
	otherAddress  = "10.20.1.10"
	otherTable    = "rtb-0a1b2c3d4e5f6000a"
)

// simulated is an object in the simulated account.
type simulated struct {
	Type, ID string
	State    struct {
		VpcID, ServiceName                    string
		PrivateDNSEnabled                     bool
		RouteTableIDs, SecurityGroupIDs       []string
		SecurityGroupID, IPProtocol, CidrIpv4 string
		FromPort, ToPort                      int
	}
}

// objects returns the objects in the account.
func (e *env) objects() []simulated {
	e.t.Helper()
	encoded, err := json.Marshal(e.cloud)
	require.NoError(e.t, err)
	var cloud struct{ Objects map[string]simulated }
	require.NoError(e.t, json.Unmarshal(encoded, &cloud))
	var objects []simulated
	for _, key := range sortedKeys(cloud.Objects) {
		objects = append(objects, cloud.Objects[key])
	}
	return objects
}

// path returns the ID of the endpoint through which the other instance reaches a service, or "" if that is not an
// endpoint of the VPC. An interface endpoint with private DNS takes the name of the service in the whole VPC, and a
// gateway endpoint the routes of its route tables.
func (e *env) path(service string) string {
	e.t.Helper()
	var found []string
	for _, o := range e.objects() {
		s := o.State
		if !strings.HasSuffix(o.Type, ":VpcEndpoint") || s.VpcID != existingVPC || !strings.HasSuffix(s.ServiceName, "."+service) {
			continue
		}
		if s.PrivateDNSEnabled || slices.Contains(s.RouteTableIDs, otherTable) {
			found = append(found, o.ID)
		}
	}
	require.LessOrEqual(e.t, len(found), 1, service)
	return strings.Join(found, "")
}

// paths returns the paths of the other instance to the services that it uses.
func (e *env) paths() map[string]string {
	e.t.Helper()
	paths := map[string]string{}
	for _, service := range []string{"kms", "logs", "s3"} {
		paths[service] = e.path(service)
	}
	return paths
}

// letsIn reports whether a rule of an endpoint's security groups lets in the address of the other instance on port 443.
func (e *env) letsIn(endpoint string) bool {
	e.t.Helper()
	objects := e.objects()
	i := slices.IndexFunc(objects, func(o simulated) bool { return o.ID == endpoint })
	require.GreaterOrEqual(e.t, i, 0, endpoint)
	address := netip.MustParseAddr(otherAddress)
	return slices.ContainsFunc(objects, func(o simulated) bool {
		s := o.State
		if o.Type != ingressRuleType || !slices.Contains(objects[i].State.SecurityGroupIDs, s.SecurityGroupID) || s.CidrIpv4 == "" {
			return false
		}
		return s.IPProtocol == "tcp" && s.FromPort <= 443 && s.ToPort >= 443 && netip.MustParsePrefix(s.CidrIpv4).Contains(address)
	})
}

// withoutEndpoint removes the endpoints for a service from the account, and the routes to them.
func withoutEndpoint(service string) func(*account.File) {
	return func(f *account.File) {
		var removed []string
		f.VpcEndpoints = slices.DeleteFunc(f.VpcEndpoints, func(e account.VpcEndpoint) bool {
			if !strings.HasSuffix(e.ServiceName, "."+service) {
				return false
			}
			removed = append(removed, e.VpcEndpointId)
			return true
		})
		for i := range f.RouteTables {
			f.RouteTables[i].Routes = slices.DeleteFunc(f.RouteTables[i].Routes, func(r account.Route) bool {
				return slices.Contains(removed, r.GatewayId)
			})
		}
	}
}

// Another instance in the VPC uses KMS, CloudWatch Logs and S3. A deployment warns of every one of these services whose
// path it changes, before it does. With the configuration of the example, it changes no path, and nothing on the paths.
func TestExisting_otherInstance(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config  config
		prepare func(*account.File)
		// moved are the services whose path changes.
		moved []string
		// restricted is true if a warning says that the policy of the S3 endpoint allows only some buckets.
		restricted bool
	}{
		"the example": {},
		"encryption": {
			config: config{"sessionEncryption": "true"}, prepare: withoutEndpoint("kms"), moved: []string{"kms"},
		},
		"encryption through the existing endpoint": {config: config{"sessionEncryption": "true", "existingEndpoints": `["s3","kms"]`}},
		"records":          {config: config{"sessionLogs": `["cloudwatch"]`}, moved: []string{"logs"}},
		"another endpoint": {config: config{"interfaceEndpoints": `["logs"]`}, moved: []string{"logs"}},
		"S3": {
			config: config{"existingEndpoints": "[]", "s3Endpoint": "true"}, prepare: withoutEndpoint("s3"), moved: []string{"s3"}, restricted: true,
		},
		"S3 with a policy for all buckets": {
			config:  config{"existingEndpoints": "[]", "s3Endpoint": "true", "endpointPolicy": "full"},
			prepare: withoutEndpoint("s3"), moved: []string{"s3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newExisting(t, test.config, test.prepare)
			before := e.paths()
			preview := e.stack.Preview(t.Context())
			require.Empty(t, preview.Failure())
			var warned []string
			for _, service := range warnedServices(preview) {
				if _, used := before[strings.ToLower(service)]; used {
					warned = append(warned, strings.ToLower(service))
				}
			}
			require.Equal(t, test.moved, warned)
			warnings := strings.Join(preview.Messages("warning"), "\n")
			require.Equal(t, test.restricted, strings.Contains(warnings, "endpointPolicy: restricted "))

			e.up()
			var moved []string
			after := e.paths()
			for _, service := range sortedKeys(after) {
				if after[service] != before[service] {
					moved = append(moved, service)
				}
			}
			require.Equal(t, test.moved, moved)
			for _, service := range []string{"kms", "logs", "ssm", "ssmmessages"} {
				if endpoint := e.path(service); endpoint != "" && endpoint != before[service] {
					require.True(t, e.letsIn(endpoint), service)
				}
			}
			if !slices.Contains(test.moved, "s3") {
				e.requireUnchanged() // the instance, its role, group, subnet, route table, network ACL and endpoints
			}
			e.tearDown()
			require.Equal(t, before, e.paths())
		})
	}
}

// An owner's change of what the stack reads is shown by a refresh. No deployment reverts it, and neither does a destroy.
func TestExisting_changedByOwner(t *testing.T) {
	t.Parallel()
	counts.drifts.Add(1)
	e := newExisting(t, clientsOnly, nil)
	e.up()
	e.console().create(ingressRuleType, map[string]any{"securityGroupId": appGroup, "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/8"})
	require.Equal(t, []string{"SecurityGroup existing-network-" + appGroup + ": update"}, effects(e.refresh()))
	require.Empty(t, effects(e.up()))
	e.requireProven()
	e.destroy()
	objects := e.cloud.Inventory()
	require.Len(t, objects, 1, "the owner's rule")
	require.Equal(t, ingressRuleType, objects[0].Type)
	changed, err := e.cloud.Changed()
	require.NoError(t, err)
	require.Equal(t, []awssim.Object{{Type: "aws:ec2/securityGroup:SecurityGroup", ID: appGroup, Name: "app"}}, changed)
}

// A second stack in the same VPC uses the endpoints of the first. Without existingEndpoints it is refused. Its destruction
// does not affect the first.
func TestExisting_twoStacks(t *testing.T) {
	t.Parallel()
	counts.shared.Add(1)
	first := newExisting(t, nil, nil)
	first.up()
	second := open(t, first.cloud, engine.Options{Stack: "dev", Config: merge(inExistingVPC, config{"zones": `["a"]`})})
	refusal := second.stack.Up(t.Context()).Failure()
	for _, service := range []string{"ssm", "ssmmessages"} {
		require.Contains(t, refusal, "existingEndpoints: "+existingVPC+" already has an endpoint for "+service+" with private DNS")
	}
	require.Empty(t, second.resources())
	second.configure(config{"existingEndpoints": `["s3","ssm","ssmmessages"]`, "endpointIngress": "instances"})
	second.up()
	require.Empty(t, effects(second.up()))
	require.Empty(t, effects(second.refresh()))
	second.requireProven()
	require.Empty(t, effects(first.up()))
	require.Empty(t, effects(first.refresh()))
	second.destroy()
	require.Equal(t, first.stateObjects(), first.cloudObjects())
	require.Empty(t, effects(first.refresh()))
	first.requireProven()
	first.tearDown()
}
