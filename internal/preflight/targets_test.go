package preflight_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/pulumitest"
	"bastionless/network"
)

const (
	web1 = "i-11111111"
	web2 = "i-22222222"
)

// withoutInstances returns a configuration of an access-only stack in the existing VPC.
func withoutInstances(set values) values {
	all := values{
		"vpcId": pulumitest.VPC, "instancesPerZone": "0", "existingEndpoints": list("all"), "sessionTargets": "tagged", "targetTags": list("team=db"),
	}
	maps.Copy(all, set)
	return all
}

// target returns an instance on which sessions are possible, with some properties changed.
func target(id string, edit func(*pulumitest.Target)) []pulumitest.Answer {
	t := pulumitest.Target{
		ID: id, Subnet: pulumitest.SubnetA, State: "running", Profile: "web", Trusts: "ec2.amazonaws.com", Tags: pulumitest.Map{"team": "db"},
	}
	if edit != nil {
		edit(&t)
	}
	return t.Answers()
}

// accountWith returns the answers of an account in which some instances have the tag team=db.
func accountWith(tagged []string, more ...[]pulumitest.Answer) []pulumitest.Answer {
	answers := vpcWith(pulumitest.TaggedInstances("team", "db", owner, nil, tagged...)...)
	for _, group := range more {
		answers = append(answers, group...)
	}
	return answers
}

func targetKeyCases() map[string]badCase {
	return map[string]badCase{
		"no instances and no targets": {set: withoutInstances(values{"targetTags": "[]"}), answers: vpcWith(), want: []string{"targetTags no-value"}},
		"no IDs": {
			set: withoutInstances(values{"sessionTargets": "instances", "targetTags": "[]"}), answers: vpcWith(),
			want: []string{"targetInstanceIds no-value"},
		},
		"targets without effect": {
			set:     inVPC(values{"targetTags": list("team=db"), "targetInstanceIds": list(web1)}),
			answers: vpcWith(target(web1, nil)...), want: []string{"targetInstanceIds conflict", "targetTags conflict"},
		},
		"IDs and instances of the stack": {
			set:     inVPC(values{"sessionTargets": "instances", "targetInstanceIds": list(web1)}),
			answers: vpcWith(target(web1, nil)...), want: []string{"sessionTargets conflict"},
		},
		"IDs without a VPC": {
			set: values{
				"sessionTargets": "instances", "targetInstanceIds": list(web1), "instancesPerZone": "0", "endpointIngress": "vpc",
			},
			want: []string{"sessionTargets conflict"},
		},
		"IDs and tags without a VPC": {
			set:  values{"sessionTargets": "tagged", "targetTags": list("team=db"), "targetInstanceIds": list(web1)},
			want: []string{"targetInstanceIds conflict"},
		},
		"tags that the stack sets": {
			set:  values{"sessionTargets": "tagged", "targetTags": list("name=db", "bastionless:owner=me")},
			want: []string{"targetTags conflict", "targetTags conflict"},
		},
		"malformed tags": {
			set:     withoutInstances(values{"targetTags": list("team", "team=d*", "team=db")}),
			answers: accountWith([]string{web1}, target(web1, nil)), want: []string{"targetTags malformed", "targetTags malformed"},
		},
		"malformed tags only": {
			set:     withoutInstances(values{"targetTags": list("team", "team=", "team=d*")}),
			answers: vpcWith(), want: []string{"targetTags malformed", "targetTags malformed", "targetTags malformed"},
		},
		"keys of instances that the stack does not have": {
			set: withoutInstances(values{
				"amiId": "ami-06098fd00463352b6", "keyName": "laptop", "rootVolumeKmsKey": "arn:aws:kms:ap-northeast-1:123456789012:key/k-1",
				"instanceRoleName": "Agent", "forwardTo": list("10.9.0.1:22"), "userDataFile": "user-data.sh",
				"instancePolicyFiles": list("policies/app.json"), "instancePolicyArns": list("arn:aws:iam::aws:policy/ReadOnlyAccess"),
				"instanceSecurityGroupIds": list(pulumitest.AppGroup),
			}),
			answers: accountWith([]string{web1}, target(web1, nil)),
			want: []string{
				"amiId conflict", "keyName conflict", "rootVolumeKmsKey conflict", "instanceRoleName conflict", "userDataFile conflict",
				"instancePolicyFiles conflict", "instancePolicyArns conflict", "instanceSecurityGroupIds conflict", "forwardTo conflict",
			},
		},
		"nobody can reach the endpoints": {
			set:  values{"instancesPerZone": "0", "sessionTargets": "any"},
			want: []string{"instancesPerZone conflict"},
		},
		"endpoints without subnets": {
			set:     withoutInstances(values{"existingEndpoints": "[]", "endpointIngress": "vpc"}),
			answers: accountWith([]string{web1}, target(web1, nil)), want: []string{"endpointSubnetIds no-value"},
		},
		"S3 without route tables": {
			set: withoutInstances(values{
				"existingEndpoints": "[]", "endpointIngress": "vpc", "endpointSubnetIds": list(pulumitest.SubnetA), "s3Endpoint": "true",
			}),
			answers: accountWith([]string{web1}, target(web1, nil)), want: []string{"routeTableIds no-value"},
		},
		"a role of the stack": {
			set: values{"instanceRoleName": "Agent", "agentRoleNames": list("agent")}, answers: pulumitest.Role("agent", "ec2.amazonaws.com"),
			want: []string{"agentRoleNames conflict"},
		},
		"too many tagged instances": {
			set:  values{"instancesPerZone": "501", "zones": list("a", "c"), "sessionTargets": "tagged", "targetTags": list("team=db")},
			want: []string{"instancesPerZone too-many"},
		},
		"the user root": {set: values{"loginUser": "root"}, want: []string{"loginUser out-of-range"}},
	}
}

func targetCases() map[string]badCase {
	byID := withoutInstances(values{"sessionTargets": "instances", "targetInstanceIds": list(web1), "targetTags": "[]"})
	return map[string]badCase{
		"an instance that does not exist": {
			set: byID, answers: vpcWith(pulumitest.FailedLookup(pulumitest.GetInstance, "no matching EC2 Instance found")),
			want: []string{"targetInstanceIds not-found"},
		},
		"an instance that is terminated": {
			set: byID, answers: vpcWith(target(web1, func(t *pulumitest.Target) { t.State = "terminated" })...),
			want: []string{"targetInstanceIds not-found"},
		},
		"an instance in another VPC": {
			set: byID, answers: append(vpcWith(target(web1, func(t *pulumitest.Target) { t.Subnet = "subnet-22222222" })...),
				pulumitest.Tokyo().Subnet("subnet-22222222", "vpc-22222222", "a", "10.7.0.0/24", 10)),
			want: []string{"targetInstanceIds conflict"},
		},
		"a role that does not exist": {
			set:     values{"agentRoleNames": list("web")},
			answers: []pulumitest.Answer{pulumitest.FailedLookup(pulumitest.GetRole, "reading IAM Role (web): couldn't find resource")},
			want:    []string{"agentRoleNames not-found"},
		},
	}
}

// The instances that have the tags are found, with their network, and those of the stack are left out.
func TestResolve_targets(t *testing.T) {
	t.Parallel()
	inC := func(t *pulumitest.Target) { t.Subnet, t.Profile = pulumitest.SubnetC, "" }
	answers := accountWith(nil, target(web1, nil), target(web2, inC),
		pulumitest.TaggedInstances("team", "db", owner, []string{"i-33333333"}, web2, web1, "i-33333333"))
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		plan, diags, result := resolve(t, mode, withoutInstances(nil), answers...)
		require.NoError(t, result.Err)
		require.Empty(t, diags)
		require.Len(t, plan.Targets, 2)
		require.Equal(t, web1, plan.Targets[0].ID)
		require.Equal(t, "web", plan.Targets[0].ProfileName)
		require.Equal(t, []string{pulumitest.Clients}, plan.Targets[0].SecurityGroupIDs)
		require.Equal(t, []string{"web"}, plan.AgentRoles)
		require.Equal(t, web2, plan.Targets[1].ID)
		require.False(t, plan.Targets[1].HasProfile)
		require.Equal(t, []network.ExistingSubnet{
			{ID: pulumitest.SubnetA, Zone: "a", RouteTableID: pulumitest.TableA, NetworkACLID: pulumitest.DefaultACL, DefaultNetworkACL: true},
			{ID: pulumitest.SubnetC, Zone: "c", RouteTableID: pulumitest.MainTable, MainRouteTable: true, NetworkACLID: pulumitest.ACLC},
		}, plan.ExistingVPC.OtherSubnets)
		for _, invoke := range result.Invokes {
			require.NotContains(t, []string{pulumitest.GetInstanceType, pulumitest.GetInstanceTypeOfferings, pulumitest.GetAmi}, invoke.Token)
		}
	})
}

// Each warning names who has to do what.
func TestPlan_targetWarnings(t *testing.T) {
	t.Parallel()
	one := func(edit func(*pulumitest.Target)) []pulumitest.Answer {
		return accountWith([]string{web1}, target(web1, edit))
	}
	denied := func(token string) []pulumitest.Answer {
		return append(one(nil), pulumitest.FailedLookup(token, accessDenied))
	}
	many := make([]string, 51)
	var found [][]pulumitest.Answer
	for i := range many {
		many[i] = "i-" + strings.Repeat(string(rune('0'+i/10))+string(rune('0'+i%10)), 4)
		found = append(found, target(many[i], nil))
	}
	for name, test := range map[string]struct {
		set     values
		answers []pulumitest.Answer
		want    []string // the key, the code and words of the message, separated by spaces
	}{
		"ready":           {nil, one(nil), nil},
		"no instance":     {nil, accountWith(nil), []string{"targetTags not-ready team=db"}},
		"stopped":         {nil, one(func(t *pulumitest.Target) { t.State = "stopped" }), []string{"targetTags not-ready start-instances"}},
		"no profile":      {nil, one(func(t *pulumitest.Target) { t.Profile = "" }), []string{"targetTags not-ready AmazonSSMManagedInstanceCore"}},
		"another service": {nil, one(func(t *pulumitest.Target) { t.Trusts = "ssm.amazonaws.com" }), []string{"targetTags not-ready trust"}},
		"no permission": {
			nil, one(func(t *pulumitest.Target) { t.Denied = "ssmmessages:OpenDataChannel" }), []string{"targetTags not-ready agentRoleNames"},
		},
		"a policy that denies": {
			values{"agentRoleNames": list("web")},
			one(func(t *pulumitest.Target) { t.Denied, t.Explicit = "ssmmessages:OpenDataChannel", true }),
			[]string{"targetTags not-ready denies"},
		},
		"a permission that the stack gives": {
			values{"agentRoleNames": list("web")}, one(func(t *pulumitest.Target) { t.Denied = "ssmmessages:OpenDataChannel" }), nil,
		},
		"a role with a boundary": {
			values{"agentRoleNames": list("web")},
			one(func(t *pulumitest.Target) { t.Boundary = "arn:aws:iam::123456789012:policy/b" }),
			[]string{"agentRoleNames not-ready policy/b"},
		},
		"a role of another service": {
			values{"agentRoleNames": list("job")},
			append(one(nil), pulumitest.Role("job", "lambda.amazonaws.com")...),
			[]string{"agentRoleNames not-ready trust"},
		},
		"no tag": {
			values{"targetInstanceIds": list(web1, web2)},
			append(one(nil), target(web2, func(t *pulumitest.Target) { t.Tags = pulumitest.Map{"team": "DB"} })...),
			[]string{"targetInstanceIds not-ready " + web2},
		},
		"a profile without a role": {
			nil, append(one(nil), pulumitest.Answer{
				Token: pulumitest.GetInstanceProfile, Args: pulumitest.Map{"name": "web"}, Result: pulumitest.Map{"name": "web", "roleName": ""},
			}), []string{"targetTags not-ready role"},
		},
		"a profile that was deleted": {
			nil, append(one(nil), pulumitest.FailedLookup(pulumitest.GetInstanceProfile, "reading IAM Instance Profile (web): couldn't find resource")),
			[]string{"targetTags not-ready exist"},
		},
		"terminated after it was found": {nil, one(func(t *pulumitest.Target) { t.State = "shutting-down" }), nil},
		"the key in another case": {
			nil, keyInOtherCase(web2, pulumitest.Map{"Team": "db"}), nil,
		},
		"the key in another case, another value": {
			nil, keyInOtherCase(web2, pulumitest.Map{"Team": "DB"}), []string{"targetTags not-ready (Team=DB)"},
		},
		"the same key, another value": {
			nil, append(accountWith(nil, target(web2, func(t *pulumitest.Target) { t.Tags = pulumitest.Map{"team": "DB", "env": "prod"} })),
				pulumitest.FoundInstances(nil, byFilter("tag-key", "team"), web2), pulumitest.FoundInstances(nil, byFilter("vpc-id", pulumitest.VPC), web2)),
			[]string{"targetTags not-ready i-22222222_(team=DB)"},
		},
		"a listed instance with the key in another case": {
			values{"targetInstanceIds": list(web2)},
			append(one(nil), target(web2, func(t *pulumitest.Target) { t.Tags = pulumitest.Map{"TEAM": "db"} })...), nil,
		},
		"instances in other VPCs": {
			nil, append(elsewhere(), pulumitest.FoundInstances(pulumitest.Map{"team": "db"}, nil, web1, web2)),
			[]string{"targetTags affects-others i-22222222_(vpc-22222222)"},
		},
		"instances in other VPCs, the key in another case": {
			nil, append(elsewhere(), pulumitest.FoundInstances(nil, byFilter("tag-key", teamPatterns...), web2)),
			[]string{"targetTags affects-others i-22222222_(vpc-22222222)"},
		},
		"instances cannot be listed":   {nil, denied(pulumitest.GetInstances), []string{"targetTags unchecked tags"}},
		"the instance cannot be read":  {nil, denied(pulumitest.GetInstance), []string{"targetTags unchecked " + web1}},
		"the profile cannot be read":   {nil, denied(pulumitest.GetInstanceProfile), []string{"targetTags unchecked web"}},
		"the role cannot be read":      {nil, denied(pulumitest.GetRole), []string{"targetTags unchecked web"}},
		"the policies cannot be read":  {nil, denied(pulumitest.SimulatePolicy), []string{"targetTags unchecked permissions"}},
		"a listed role cannot be read": {values{"agentRoleNames": list("web")}, denied(pulumitest.GetRole), []string{"targetTags unchecked web", "agentRoleNames unchecked web"}},
		"more than 50":                 {nil, accountWith(many, found...), []string{"targetTags not-ready 51"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, diags, result := resolve(t, pulumitest.Update, withoutInstances(test.set), test.answers...)
			require.NoError(t, result.Err)
			require.Empty(t, diags)
			warnings := plan.Warnings()
			require.Len(t, warnings, len(test.want), "%v", warnings)
			for i, want := range test.want {
				words := strings.Fields(want)
				require.Equal(t, words[0]+" "+words[1], warnings[i].Key+" "+string(warnings[i].Code))
				require.Contains(t, warnings[i].Message, strings.ReplaceAll(words[2], "_", " "))
			}
			require.LessOrEqual(t, len(plan.Targets), 50)
			require.Equal(t, name == "another service", strings.Contains(plan.TrustPolicies["web"], "ssm.amazonaws.com"))
			if len(test.want) == 0 {
				require.Contains(t, plan.TrustPolicies["web"], "ec2.amazonaws.com")
			}
			require.Equal(t, name == "a policy that denies", len(plan.DenyingRoles) > 0)
			if len(plan.AgentRoles) > 0 {
				require.NotContains(t, []string{"another service", "no permission", "a policy that denies", "the policies cannot be read"}, name)
			}
		})
	}
}
