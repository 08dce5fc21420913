package preflight_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/endpoints"
	"bastionless/internal/pulumitest"
	"bastionless/network"
)

// Everything that the stack uses in an existing VPC is found, in an update and in a preview.
func TestResolve_existingVPC(t *testing.T) {
	t.Parallel()
	set := inVPC(values{
		"endpointSubnetIds": list(pulumitest.SubnetA2), "clientSecurityGroupIds": list(pulumitest.Clients),
		"instanceSecurityGroupIds": list(pulumitest.AppGroup),
	})
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		plan, diags, result := resolve(t, mode, set, vpcWith()...)
		require.NoError(t, result.Err)
		require.Empty(t, diags)
		require.Empty(t, result.Resources)
		require.Equal(t, &network.ExistingVPCArgs{
			VPCID: pulumitest.VPC,
			AppSubnets: []network.ExistingSubnet{
				{
					ID: pulumitest.SubnetA, Zone: "a", RouteTableID: pulumitest.TableA, NetworkACLID: pulumitest.DefaultACL,
					DefaultNetworkACL: true,
				},
				{ID: pulumitest.SubnetC, Zone: "c", RouteTableID: pulumitest.MainTable, MainRouteTable: true, NetworkACLID: pulumitest.ACLC},
			},
			EndpointSubnets: []network.ExistingSubnet{{
				ID: pulumitest.SubnetA2, Zone: "a", RouteTableID: pulumitest.TableA, NetworkACLID: pulumitest.DefaultACL,
				DefaultNetworkACL: true,
			}},
			S3RouteTableIDs:  []string{pulumitest.TableA, pulumitest.MainTable},
			ClientGroupIDs:   []string{pulumitest.Clients},
			InstanceGroupIDs: []string{pulumitest.AppGroup},
		}, plan.ExistingVPC)
		require.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16"), netip.MustParsePrefix("100.64.0.0/16")}, plan.VPCBlocks)
		require.Equal(t, []string{"ssm", "ssmmessages", "s3"}, plan.NewServices)
		require.Empty(t, plan.ExistingEndpoints)
		var names []string
		for _, spec := range plan.InstanceSpecs() {
			names = append(names, spec.Name)
		}
		require.Equal(t, []string{"a-1", "c-1"}, names)
	})
}

// These endpoints in the VPC do not conflict with those that the stack creates.
func TestResolve_endpointsThatDoNotConflict(t *testing.T) {
	t.Parallel()
	ssm := interfaceOf("ssm")
	for name, test := range map[string]struct {
		answers []pulumitest.Answer
		// new are the services whose path changes.
		new []string
	}{
		"none": {nil, []string{"ssm", "ssmmessages", "s3"}},
		"the stack's own": {
			[]pulumitest.Answer{
				ssm.Answer(owned("vpce-1", nil)), interfaceOf("ssmmessages").Answer(owned("vpce-2", nil)),
				pulumitest.TablesWithS3(pulumitest.TableA, pulumitest.MainTable),
				ownGateway.Answer(owned("vpce-3", pulumitest.Map{"routeTableIds": pulumitest.List{pulumitest.TableA, pulumitest.MainTable}})),
			},
			nil,
		},
		"the stack's own besides one without private DNS": {
			[]pulumitest.Answer{ssm.Several(), ownInterface("ssm").Answer(owned("vpce-1", nil))}, []string{"ssmmessages", "s3"},
		},
		"the stack's own besides one that was deleted": {
			[]pulumitest.Answer{
				ssm.Several(), ownInterface("ssm").Several(), ownAvailable("ssm").Answer(owned("vpce-1", nil)), ownGateway.Several(),
				pulumitest.EndpointLookup{Service: tokyo("s3"), Type: "Gateway", Owner: owner, State: "available"}.Answer(
					owned("vpce-3", pulumitest.Map{"routeTableIds": pulumitest.List{pulumitest.TableA}})),
				pulumitest.TablesWithS3(pulumitest.TableA),
			},
			[]string{"ssmmessages"},
		},
		"one without private DNS": {
			[]pulumitest.Answer{ssm.Answer(endpoint("vpce-1", pulumitest.Map{"privateDnsEnabled": false}))},
			[]string{"ssm", "ssmmessages", "s3"},
		},
		"one that failed": {
			[]pulumitest.Answer{ssm.Answer(endpoint("vpce-1", pulumitest.Map{"state": "failed"}))}, []string{"ssm", "ssmmessages", "s3"},
		},
		"S3 on other route tables": {
			[]pulumitest.Answer{pulumitest.TablesWithS3("rtb-22222222")}, []string{"ssm", "ssmmessages", "s3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, diags, result := resolve(t, pulumitest.Update, inVPC(nil), vpcWith(test.answers...)...)
			require.NoError(t, result.Err)
			require.Empty(t, diags)
			require.Equal(t, test.new, plan.NewServices)
		})
	}
}

// The stack uses endpoints that the configuration says exist, and creates the others.
func TestResolve_declaredEndpoints(t *testing.T) {
	t.Parallel()
	group := noInstanceGroup()
	group.Err, group.Result = nil, pulumitest.Map{"id": "sg-99999999"}
	for name, rules := range map[string][]pulumitest.Map{
		"the VPC is let in":        {https("cidrIpv4", "10.9.0.0/16")},
		"each subnet is let in":    {https("cidrIpv4", "10.9.1.0/24"), https("cidrIpv4", "10.9.3.0/24")},
		"everything is let in":     {{"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}},
		"the stack's group is":     {https("referencedSecurityGroupId", "sg-99999999")},
		"a prefix list is let in":  {https("prefixListId", "pl-1")},
		"a range of ports matches": {{"ipProtocol": "tcp", "fromPort": 0, "toPort": 65535, "cidrIpv4": "10.9.0.0/16"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := append(vpcWith(group, interfaceOf("ssm").Answer(endpoint("vpce-1", nil)),
				interfaceOf("logs").Answer(endpoint("vpce-2", pulumitest.Map{"securityGroupIds": pulumitest.List{"sg-2"}})),
				gateway.Answer(endpoint("vpce-3", nil)), pulumitest.TablesWithS3(pulumitest.TableA, pulumitest.MainTable)),
				pulumitest.GroupRules(pulumitest.EndpointGroup, rules...)...)
			set := inVPC(values{"existingEndpoints": list("ssm", "logs", "s3"), "s3Endpoint": ""})
			plan, diags, result := resolve(t, pulumitest.Update, set, answers...)
			require.NoError(t, result.Err)
			require.Empty(t, diags)
			// Nobody looks up the rules of logs, which the stack's instances do not use.
			require.Equal(t, []endpoints.Existing{
				{Service: "ssm", ID: "vpce-1", SecurityGroupIDs: []string{pulumitest.EndpointGroup}},
				{Service: "logs", ID: "vpce-2", SecurityGroupIDs: []string{"sg-2"}},
				{Service: "s3", ID: "vpce-3"},
			}, plan.ExistingEndpoints)
			require.Equal(t, []string{"sg-2", pulumitest.EndpointGroup}, plan.ExistingEndpointGroups())
			require.Equal(t, []string{"ssmmessages"}, plan.NewServices)
			require.Equal(t, "pl-s3", plan.S3PrefixListID)
		})
	}
}

// If a hub or a NAT gateway provides the services, the endpoints of the VPC are not looked up.
func TestResolve_allServicesExist(t *testing.T) {
	t.Parallel()
	set := inVPC(values{"existingEndpoints": list("all"), "s3Endpoint": "", "endpointIngress": "instances"})
	plan, diags, result := resolve(t, pulumitest.Update, set, vpcWith()...)
	require.NoError(t, result.Err)
	require.Empty(t, diags)
	require.Empty(t, plan.VPCEndpoints)
	require.Empty(t, plan.NewServices)
	for _, invoke := range result.Invokes {
		require.NotContains(t, []string{pulumitest.GetVPCEndpoint, pulumitest.GetVpcEndpointService}, invoke.Token)
	}
}

// Each change for others in the VPC has a warning, until the change was made.
func TestPlan_warnings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set     values
		answers []pulumitest.Answer
		want    []string
	}{
		"new endpoints": {nil, nil, []string{"vpcId", "vpcId", "s3Endpoint", "endpointPolicy"}},
		"endpoints of records and the workload": {
			values{"sessionLogs": list("cloudwatch"), "sessionEncryption": "true", "interfaceEndpoints": list("ecr.api")},
			[]pulumitest.Answer{pulumitest.Tokyo().Service(tokyo("ecr.api"), "a", "c")},
			[]string{"interfaceEndpoints", "vpcId", "vpcId", "vpcId", "vpcId", "vpcId", "s3Endpoint", "endpointPolicy"},
		},
		"endpoints that the stack has already": {
			nil,
			[]pulumitest.Answer{
				interfaceOf("ssm").Answer(owned("vpce-1", nil)), interfaceOf("ssmmessages").Answer(owned("vpce-2", nil)),
				ownGateway.Answer(owned("vpce-3", pulumitest.Map{"routeTableIds": pulumitest.List{}})),
			},
			[]string{"endpointPolicy"},
		},
		"a public subnet": {
			nil, []pulumitest.Answer{pulumitest.PublicTable()}, []string{"appSubnetIds", "vpcId", "vpcId", "s3Endpoint", "endpointPolicy"},
		},
		"without S3":         {values{"s3Endpoint": "false", "agentAutoUpdate": "false"}, nil, []string{"vpcId", "vpcId"}},
		"all services exist": {values{"existingEndpoints": list("all")}, nil, []string{"existingEndpoints"}},
		"instance security groups": {
			values{"instanceSecurityGroupIds": list(pulumitest.AppGroup)}, nil, []string{"vpcId", "vpcId", "s3Endpoint", "endpointPolicy"},
		},
		"an instance security group with an inbound rule": {
			values{"instanceSecurityGroupIds": list(pulumitest.AppGroup)},
			pulumitest.GroupRules(pulumitest.AppGroup, pulumitest.Map{"isEgress": true}, https("cidrIpv4", "10.9.0.0/16")),
			[]string{"instanceSecurityGroupIds", "vpcId", "vpcId", "s3Endpoint", "endpointPolicy"},
		},
		"an instance security group whose rules cannot be read": {
			values{"instanceSecurityGroupIds": list(pulumitest.AppGroup)},
			[]pulumitest.Answer{pulumitest.FailedLookup(pulumitest.GetSecurityGroupRules, accessDenied)},
			[]string{"instanceSecurityGroupIds", "vpcId", "vpcId", "s3Endpoint", "endpointPolicy"},
		},
		"more groups than the default quota": {
			values{"instanceSecurityGroupIds": list(groupIDs(5)...)},
			emptyGroups(5),
			[]string{"instanceSecurityGroupIds", "vpcId", "vpcId", "s3Endpoint", "endpointPolicy"},
		},
		"as many groups as the default quota": {
			values{"instanceSecurityGroupIds": list(groupIDs(4)...)}, emptyGroups(4), []string{"vpcId", "vpcId", "s3Endpoint", "endpointPolicy"},
		},
		"targets in both blocks": {forward("10.9.0.1:22", "100.64.0.1:22"), nil, []string{"vpcId", "vpcId", "s3Endpoint", "endpointPolicy"}},
		"a target outside of the VPC": {
			forward("10.8.0.1:22"), nil, []string{"forwardTo", "vpcId", "vpcId", "s3Endpoint", "endpointPolicy"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, diags, result := resolve(t, pulumitest.Update, inVPC(test.set), vpcWith(test.answers...)...)
			require.NoError(t, result.Err)
			require.Empty(t, diags)
			var keys []string
			for _, warning := range plan.Warnings() {
				keys = append(keys, warning.Key)
			}
			require.Equal(t, test.want, keys, "%v", plan.Warnings())
		})
	}
}

// emptyGroups returns the answers to lookups of n security groups of the VPC without rules.
func emptyGroups(n int) []pulumitest.Answer {
	var answers []pulumitest.Answer
	for _, id := range groupIDs(n) {
		group := pulumitest.Answer{
			Token: pulumitest.GetSecurityGroup, Args: pulumitest.Map{"id": id}, Result: pulumitest.Map{"id": id, "vpcId": pulumitest.VPC},
		}
		answers = append(append(answers, group), pulumitest.GroupRules(id)...)
	}
	return answers
}

// The subnets of existing endpoints are also read, each once.
func TestResolve_subnetsOfExistingEndpoints(t *testing.T) {
	t.Parallel()
	ssm := endpoint("vpce-1", pulumitest.Map{
		"subnetIds": pulumitest.List{pulumitest.SubnetA, pulumitest.SubnetC}, "securityGroupIds": pulumitest.List{pulumitest.EndpointGroup},
	})
	answers := append(vpcWith(interfaceOf("ssm").Answer(ssm), interfaceOf("ssmmessages").Answer(ssm), noInstanceGroup()),
		pulumitest.GroupRules(pulumitest.EndpointGroup, https("cidrIpv4", "10.9.0.0/16"))...)
	plan, diags, result := resolve(t, pulumitest.Preview, inVPC(values{
		"appSubnetIds": list(pulumitest.SubnetA), "existingEndpoints": list("ssm", "ssmmessages"),
	}), answers...)
	require.NoError(t, result.Err)
	require.Empty(t, diags)
	require.Equal(t, []network.ExistingSubnet{
		{ID: pulumitest.SubnetC, Zone: "c", RouteTableID: pulumitest.MainTable, MainRouteTable: true, NetworkACLID: pulumitest.ACLC},
	}, plan.ExistingVPC.OtherSubnets)
}

func forward(targets ...string) values {
	return values{"sessionDocuments": list("remote-port-forwarding"), "forwardTo": list(targets...)}
}

// A lookup that fails for a reason other than the configuration fails the program.
func TestResolve_failedLookupsOfAnExistingVPC(t *testing.T) {
	t.Parallel()
	for _, token := range []string{
		pulumitest.GetVPC, pulumitest.GetSubnet, pulumitest.GetRouteTable, pulumitest.GetNetworkACLs, pulumitest.GetSecurityGroup,
		pulumitest.GetVPCEndpoint, pulumitest.GetRouteTables, pulumitest.GetSecurityGroupRules,
	} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			failure := pulumitest.FailedLookup(token, accessDenied)
			answers := append(vpcWith(interfaceOf("kms").Answer(endpoint("vpce-1", nil)), noInstanceGroup()),
				pulumitest.GroupRules(pulumitest.EndpointGroup, https("cidrIpv4", "10.9.0.0/16"))...)
			set := inVPC(values{
				"clientSecurityGroupIds": list(pulumitest.Clients), "sessionEncryption": "true", "existingEndpoints": list("kms"),
			})
			_, _, result := resolve(t, pulumitest.Update, set, append(answers, failure)...)
			require.ErrorIs(t, result.Err, failure.Err)
		})
	}
}

// An existing VPC is looked up with exactly these arguments.
func TestResolve_lookupsOfAnExistingVPC(t *testing.T) {
	t.Parallel()
	_, _, result := resolve(t, pulumitest.Preview, inVPC(values{"appSubnetIds": list(pulumitest.SubnetA)}), vpcWith()...)
	var got []pulumitest.Invoke
	for _, invoke := range result.Invokes {
		switch invoke.Token {
		case pulumitest.GetVPC, pulumitest.GetSubnet, pulumitest.GetRouteTable, pulumitest.GetNetworkACLs, pulumitest.GetVPCEndpoint,
			pulumitest.GetRouteTables:
			got = append(got, invoke)
		}
	}
	filter := func(name, value string) pulumitest.List {
		return pulumitest.List{pulumitest.Map{"name": name, "values": pulumitest.List{value}}}
	}
	ssm := pulumitest.Map{"vpcId": pulumitest.VPC, "serviceName": tokyo("ssm"), "filters": filter("vpc-endpoint-type", "Interface")}
	messages := pulumitest.Map{"vpcId": pulumitest.VPC, "serviceName": tokyo("ssmmessages"), "filters": ssm["filters"]}
	s3 := pulumitest.Map{
		"vpcId": pulumitest.VPC, "serviceName": tokyo("s3"), "filters": filter("vpc-endpoint-type", "Gateway"),
		"tags": pulumitest.Map{"bastionless:owner": owner},
	}
	require.Equal(t, []pulumitest.Invoke{
		{Token: pulumitest.GetVPC, Args: pulumitest.Map{"id": pulumitest.VPC}},
		{Token: pulumitest.GetNetworkACLs, Args: pulumitest.Map{"vpcId": pulumitest.VPC, "filters": filter("default", "true")}},
		{Token: pulumitest.GetSubnet, Args: pulumitest.Map{"id": pulumitest.SubnetA}},
		{Token: pulumitest.GetRouteTable, Args: pulumitest.Map{"subnetId": pulumitest.SubnetA}},
		{Token: pulumitest.GetNetworkACLs, Args: pulumitest.Map{"filters": filter("association.subnet-id", pulumitest.SubnetA)}},
		{Token: pulumitest.GetVPCEndpoint, Args: ssm},
		{Token: pulumitest.GetVPCEndpoint, Args: messages},
		{Token: pulumitest.GetVPCEndpoint, Args: s3},
		{Token: pulumitest.GetRouteTables, Args: pulumitest.Map{
			"vpcId": pulumitest.VPC, "filters": filter("route.destination-prefix-list-id", "pl-s3"),
		}},
	}, got)
}
