package trials

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/stacktest"
)

// IDs in the frozen account of the stack "access". Teams db, web and batch own two instances each.
const (
	accessVPC = "vpc-0a1b2c3d4e5f70001"
	accessA   = "subnet-0a1b2c3d4e5f7000a"
	accessC   = "subnet-0a1b2c3d4e5f7000c"
	db1, db2  = "i-0a1b2c3d4e5f70011", "i-0a1b2c3d4e5f70012"
	web1      = "i-0a1b2c3d4e5f70021"
)

// recordedAccess adds endpoints, records and encryption to the stack "access".
var recordedAccess = config{
	"sessionLogs": `["cloudwatch"]`, "sessionEncryption": "true", "endpointSubnetIds": list([]string{accessA, accessC}), "endpointIngress": "vpc",
}

// newAccess opens the stack "access" in an account, which a change has prepared.
func newAccess(t *testing.T, accountName string, config config, prepare func(*account.File)) *env {
	t.Helper()
	file := stacktest.Account(t, accountName)
	if prepare != nil {
		prepare(file)
	}
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Account: file})
	require.NoError(t, err)
	return open(t, cloud, engine.Options{Stack: "access", Config: config})
}

// A stack without instances leaves the account as it was, in each target mode.
func TestAccess_lifecycle(t *testing.T) {
	t.Parallel()
	roles := []string{
		"RolePolicy agent-policies-acme-db: create", "Role session-role: create", "RolePolicy session-role: create",
	}
	for name, test := range map[string]struct {
		config config
		// creates are the effects of the first deployment.
		creates []string
	}{
		"by tag": {nil, roles},
		"by ID":  {config{"sessionTargets": "instances", "targetTags": "[]", "targetInstanceIds": list([]string{db1, db2})}, roles},
		"any":    {config{"sessionTargets": "any", "targetTags": "[]"}, roles},
		"recorded and encrypted, with endpoints for it": {
			recordedAccess,
			append([]string{
				"Alias audit: create", "Document audit: create", "Key audit: create", "LogGroup audit: create", "SecurityGroup security-endpoints: create",
				"SecurityGroupIngressRule security-ingress-vpc-100.64.0.0-16: create", "SecurityGroupIngressRule security-ingress-vpc: create",
				"VpcEndpoint endpoints-kms: create", "VpcEndpoint endpoints-logs: create",
			}, roles...),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newAccess(t, "access", test.config, nil)
			first := e.up()
			require.ElementsMatch(t, test.creates, effects(first))
			require.Empty(t, effects(e.up()))
			require.Empty(t, effects(e.refresh()))
			e.destroy()
			changed, err := e.cloud.Changed()
			require.NoError(t, err)
			require.Empty(t, changed)
		})
	}
}

// An instance with a fault does not stop the deployment. A warning names it and says what its owner has to do.
func TestAccess_faults(t *testing.T) {
	t.Parallel()
	ids := make([]string, 5)
	for i := range ids {
		ids[i] = fmt.Sprintf("i-0a1b2c3d4e5f700f%d", i+1)
	}
	e := newAccess(t, "access-faults", config{"targetInstanceIds": list(ids)}, nil)
	warnings := strings.Join(e.up().Messages("warning"), "\n")
	for _, want := range []string{
		"targetInstanceIds: " + ids[0] + " has no instance profile",
		"targetInstanceIds: " + ids[2] + " does not have the tags team=db: ask its owner to set them",
		"targetInstanceIds: the role acme-bare of " + ids[3] + " does not allow its agent ssm:UpdateInstanceInformation, " +
			"ssmmessages:CreateControlChannel, ssmmessages:CreateDataChannel, ssmmessages:OpenControlChannel, ssmmessages:OpenDataChannel: " +
			"add acme-bare to agentRoleNames",
		"targetInstanceIds: " + ids[4] + " is stopped: ask its owner to start it",
	} {
		require.Contains(t, warnings, want)
	}
	require.NotContains(t, warnings, db1)
	require.NotContains(t, warnings, ids[1], "the program does not look up the security groups of existing instances")

	// The proofs find each fault, and say what its owner has to do, and nothing else.
	found := map[string][]string{}
	for _, claim := range e.claims() {
		if claim.ID == "agent" && claim.Subject == "targets-"+ids[0] {
			require.Equal(t, proof.Refuted, claim.Result, "no instance profile, and Default Host Management Configuration is off")
		}
		for _, fix := range fixesOf(claim) {
			require.NotContains(t, fix, "to ask the owner", claim.ID)
			if claim.Class == proof.Required && !claim.Passes() && fix != "" && !slices.Contains(found[claim.ID], fix) {
				found[claim.ID] = append(found[claim.ID], fix)
			}
		}
	}
	start := "ask the owner of Instance \"targets-" + ids[4] + "\" to start it"
	addRule := "ask the owner of SecurityGroup \"targets-sg-0a1b2c3d4e5f700d4\" to allow outbound TCP 443 from it to SecurityGroup \"endpoints-existing-"
	want := map[string][]string{
		"agent":             {"ask the owner of Instance \"targets-" + ids[0] + "\" to give it an instance profile", "add acme-bare to agentRoleNames, or "},
		"reach.ssm":         {addRule, start},
		"reach.ssmmessages": {addRule},
		"session.start":     {"ask the owner of Instance \"targets-" + ids[2] + "\" to tag it with team=db, or change targetTags"},
	}
	require.Equal(t, sortedKeys(want), sortedKeys(found))
	for claim, remedies := range want {
		require.Len(t, found[claim], len(remedies), "%s: %s", claim, found[claim])
		slices.Sort(remedies)
		slices.Sort(found[claim])
		for i, remedy := range remedies {
			require.True(t, strings.HasPrefix(found[claim][i], remedy), "%s: %s\n%s", claim, remedy, found[claim][i])
		}
	}
	e.destroy()
	e.requireUntouched()
}

// IAM ignores the case of tag keys, so an instance that has the key in another case is read and proven. The role also allows
// sessions in other VPCs, about which there is a warning.
func TestAccess_keysAndVPCs(t *testing.T) {
	t.Parallel()
	const other, there = "vpc-0a1b2c3d4e5f70099", "subnet-0a1b2c3d4e5f70099"
	e := newAccess(t, "access", nil, func(file *account.File) {
		vpc := file.Vpcs[0]
		vpc.VpcId, vpc.CidrBlock, vpc.CidrBlockAssociationSet = other, "10.99.0.0/16", nil
		file.Vpcs = append(file.Vpcs, vpc)
		subnet := file.Subnets[0]
		subnet.SubnetId, subnet.VpcId, subnet.CidrBlock = there, other, "10.99.1.0/24"
		file.Subnets = append(file.Subnets, subnet)
		for i, instance := range file.Instances {
			switch instance.InstanceId {
			case db1:
				file.Instances[i].Tags = []account.Tag{{Key: "Team", Value: "db"}}
			case db2:
				file.Instances[i].Tags = []account.Tag{{Key: "TEAM", Value: "DB"}}
			case web1:
				file.Instances[i].VpcId, file.Instances[i].SubnetId, file.Instances[i].PrivateIpAddress = other, there, "10.99.1.10"
				file.Instances[i].SecurityGroups, file.Instances[i].Tags = nil, []account.Tag{{Key: "team", Value: "db"}}
			}
		}
	})
	first := e.up()
	var warnings []string
	for _, warning := range first.Messages("warning") {
		if strings.HasPrefix(warning, "targetTags: ") {
			warnings = append(warnings, warning)
		}
	}
	require.Len(t, warnings, 1, "%s", warnings)
	require.Contains(t, warnings[0], web1+" ("+other+")")
	subjects := map[string][]string{}
	for _, claim := range e.claims() {
		if claim.ID == "agent" || claim.ID == "session.start" {
			require.True(t, claim.Passes(), "%+v", claim)
			subjects[claim.ID] = append(subjects[claim.ID], claim.Subject)
		}
	}
	require.Equal(t, map[string][]string{"agent": {"targets-" + db1}, "session.start": {"session-role"}}, subjects)
}

// teamStacks are a stack with endpoints for everybody, and two that give teams access to their own instances.
func teamStacks() map[string]string {
	const common = "config:\n  aws:region: ap-northeast-1\n  vpcId: " + accessVPC + "\n  instancesPerZone: 0\n  sessionTargets: tagged\n"
	return map[string]string{
		"base": common + "  targetTags: [team=platform]\n  existingEndpoints: [s3]\n  endpointIngress: vpc\n  endpointSubnetIds: [" + accessA + ", " + accessC + "]\n",
		"db":   common + "  targetTags: [team=db]\n  existingEndpoints: [ssm, ssmmessages, s3]\n  agentRoleNames: [acme-db]\n",
		"web":  common + "  targetTags: [team=web]\n  existingEndpoints: [ssm, ssmmessages, s3]\n",
	}
}

// openTeams opens the stacks in one account without interface endpoints.
func openTeams(t *testing.T) map[string]*env {
	t.Helper()
	dir := t.TempDir()
	project, err := os.ReadFile(filepath.Join(stacktest.Dir(t), "Pulumi.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), project, 0o600))
	file := stacktest.Account(t, "access")
	file.VpcEndpoints = slices.DeleteFunc(file.VpcEndpoints, func(e account.VpcEndpoint) bool { return e.VpcEndpointType != "Gateway" })
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Account: file})
	require.NoError(t, err)
	envs := map[string]*env{}
	for name, content := range teamStacks() {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi."+name+".yaml"), []byte(content), 0o600))
		envs[name] = open(t, cloud, engine.Options{Dir: dir, Stack: name})
	}
	return envs
}

// Three stacks share an account. Each team reaches its own instances and nobody else's. They can be removed in any order,
// after which the account is what it was. Without the base, no team has endpoints.
func TestAccess_teams(t *testing.T) {
	t.Parallel()
	for _, order := range [][]string{
		{"base", "db", "web"}, {"base", "web", "db"}, {"db", "base", "web"}, {"db", "web", "base"}, {"web", "base", "db"}, {"web", "db", "base"},
	} {
		t.Run(strings.Join(order, " "), func(t *testing.T) {
			t.Parallel()
			counts.shared.Add(1)
			envs := openTeams(t)
			early := envs["db"].stack.Up(t.Context())
			require.Contains(t, early.Failure(), `existingEndpoints: "ssm": `+accessVPC+" has no interface endpoint")
			for _, name := range []string{"base", "db", "web"} {
				envs[name].up()
			}
			for _, e := range envs {
				require.Empty(t, effects(e.up()))
			}
			for _, name := range order {
				envs[name].requireProven()
			}
			envs["db"].requireAccess("db", true)
			envs["db"].requireAccess("web", false)
			envs["web"].requireAccess("web", true)
			envs["web"].requireAccess("db", false)

			removed := map[string]bool{}
			for _, name := range order {
				if removed["base"] {
					result := envs[name].stack.Preview(t.Context())
					require.Contains(t, result.Failure(), `existingEndpoints: "ssm": `+accessVPC+" has no interface endpoint")
				}
				envs[name].destroy()
				removed[name] = true
				for other, e := range envs {
					if !removed[other] && !removed["base"] {
						require.Empty(t, effects(e.up()), "%s after the removal of %s", other, name)
					}
				}
			}
			envs["base"].requireUntouched()
		})
	}
}

// requireAccess requires that the session role does or does not allow shells on the instances of a team.
func (e *env) requireAccess(team string, want bool) {
	e.t.Helper()
	role, grant := e.find("Role session-role"), e.find("RolePolicy session-role")
	document, err := policy.Parse("session-role", grant.Outputs["policy"].(string))
	require.NoError(e.t, err)
	policies := policy.Policies{Identity: []*policy.Document{document}}
	context := policy.CompleteContext().With("ssm:SessionDocumentAccessCheck", "true")
	decide := func(resource string, context policy.Context) policy.Effect {
		return policies.Decide(&policy.Request{
			Principal: policy.Session(role.Outputs["arn"].(string), "ann"), Action: "ssm:StartSession", Resource: resource, Context: context,
		}).Effect
	}
	allowed := policy.Denied
	if want {
		allowed = policy.Allowed
	}
	require.Equal(e.t, allowed, decide("arn:aws:ec2:ap-northeast-1:123456789012:instance/"+db1, context.With("ssm:resourceTag/team", team)), team)
	require.Equal(e.t, policy.Denied, decide("arn:aws:ec2:ap-northeast-1:123456789012:instance/"+db1, context), "without a tag")
	// The document has no tags.
	require.Equal(e.t, policy.Allowed, decide("arn:aws:ssm:ap-northeast-1:123456789012:document/SSM-SessionManagerRunShell", context))
}
