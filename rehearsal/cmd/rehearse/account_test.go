package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/engine/enginetest"
	"bastionless/rehearsal/report"
	"bastionless/rehearsal/stacktest"
)

const (
	testAccountID = "111122223333"
	testRegion    = "ap-northeast-1"
)

// emptyAccount returns an account that contains a VPC with nothing in it.
func emptyAccount() *account.File {
	f := &account.File{
		Format: account.Format, Version: account.Version, CapturedAt: time.Now().UTC().Truncate(time.Second), AccountID: testAccountID,
		Partition: "aws", Region: testRegion,
	}
	yes := true
	f.Vpcs = []account.Vpc{{
		VpcId: "vpc-00000000000000001", CidrBlock: "10.0.0.0/16", InstanceTenancy: "default", OwnerId: testAccountID, State: "available",
		EnableDnsSupport: &yes, EnableDnsHostnames: &yes,
	}}
	f.KeyPairs, f.Users, f.Roles, f.InstanceProfiles = []account.KeyPair{}, []account.User{}, []account.Role{}, []account.InstanceProfile{}
	return f
}

// writeAccount writes an account to a file and returns its path.
func writeAccount(t *testing.T, path string, f *account.File) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, writeFile(path, f.Write))
	return path
}

// rehearseIn rehearses the program with these lines of configuration in an account that a change has prepared, and returns
// the exit status, the result and the output.
func rehearseIn(t *testing.T, config string, change func(*account.File)) (int, report.Report, string) {
	t.Helper()
	f := emptyAccount()
	change(f)
	return rehearseFile(t, config, f)
}

func rehearseFile(t *testing.T, config string, f *account.File) (int, report.Report, string) {
	t.Helper()
	project, err := os.ReadFile(filepath.Join(stacktest.Dir(t), "Pulumi.yaml"))
	require.NoError(t, err)
	dir := enginetest.Directory(t, string(project), "config:\n  aws:region: "+testRegion+"\n"+config)
	writeAccount(t, filepath.Join(dir, "accounts", "dev.json"), f)
	result := filepath.Join(dir, "result.json")
	status, stdout, stderr := call("", "run", "--stack", "dev", "--dir", dir, "--program", stacktest.Program(t), "--json", result)
	require.Empty(t, stderr)
	text, err := os.ReadFile(result)
	require.NoError(t, err)
	var r report.Report
	require.NoError(t, json.Unmarshal(text, &r))
	return status, r, stdout
}

// What only the account knows is found in the rehearsal, with the key and what to do.
func TestRun_findsConflictsWithTheAccount(t *testing.T) {
	t.Parallel()
	role := func(name string) func(*account.File) {
		return func(f *account.File) { f.Roles = []account.Role{{RoleName: name, Path: "/"}} }
	}
	for name, test := range map[string]struct {
		config string
		change func(*account.File)
		step   string   // the step that fails
		want   []string // parts of its error
	}{
		"an instance role's name is taken": {
			"  instanceRoleName: Web\n", role("web"), "up",
			[]string{"EntityAlreadyExists: Role with name Web already exists.", "\nfix: set instanceRoleName to a name"},
		},
		"a session role's name is taken": {
			"  sessionRoleName: ops\n  sessionPrincipals: [\"arn:aws:iam::" + testAccountID + ":user/ann\"]\n",
			func(f *account.File) {
				role("ops")(f)
				f.Users = []account.User{{UserName: "ann", Path: "/"}}
			}, "up",
			[]string{"EntityAlreadyExists: Role with name ops already exists.", "\nfix: set sessionRoleName to a name"},
		},
		"a principal does not exist": {
			"  sessionPrincipals: [\"arn:aws:iam::" + testAccountID + ":user/bob\"]\n",
			func(f *account.File) { f.Users = []account.User{{UserName: "ann", Path: "/"}} }, "up",
			[]string{"Invalid principal in policy", "\nfix: one of sessionPrincipals does not exist"},
		},
		"an instance profile's name is taken": {
			"  instanceRoleName: web\n",
			func(f *account.File) {
				f.InstanceProfiles = []account.InstanceProfile{{InstanceProfileName: "web", Path: "/", RoleNames: []string{}}}
			},
			"up",
			[]string{"EntityAlreadyExists: Instance Profile web already exists.", "\nfix: set instanceRoleName to a name that no instance profile"},
		},
		"the VPC quota is used up": {
			"", func(f *account.File) { f.Quotas = map[string]float64{"L-F678F1CE": 1} }, "up",
			[]string{"VpcLimitExceeded", "\nfix: set vpcId to deploy to an existing VPC", "L-F678F1CE"},
		},
		"a key pair is missing": {
			"  keyName: mine\n", func(f *account.File) {
				f.KeyPairs = []account.KeyPair{{KeyName: "other", KeyPairId: "key-1", KeyType: "rsa"}}
			},
			"preview",
			[]string{"keyName: ", `"mine" does not exist in ap-northeast-1: use an existing key pair`},
		},
		"a zone lacks the instance type": {
			"  zones: [a, c]\n",
			func(f *account.File) { f.InstanceTypeOfferings = map[string][]string{"t3.micro": {testRegion + "c"}} },
			"preview",
			[]string{"instanceType: ", `"t3.micro" is not offered in ap-northeast-1a: use only zones in [c]`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, r, text := rehearseIn(t, test.config, test.change)
			require.Equal(t, exitFailed, status, text)
			require.NotEmpty(t, names(r))
			var failed *report.Step
			for i := range r.Steps {
				if !r.Steps[i].OK && failed == nil {
					failed = &r.Steps[i]
				}
			}
			require.NotNil(t, failed, text)
			require.Equal(t, test.step, failed.Name)
			for _, part := range test.want {
				require.Contains(t, failed.Error, part)
			}
			require.Empty(t, r.Left)
			require.Empty(t, r.Changed)
		})
	}
}

// A stack beside what the account contains leaves the account as it was.
func TestRun_inAnAccount(t *testing.T) {
	t.Parallel()
	status, r, text := rehearseIn(t, "", func(f *account.File) { f.CapturedAt = time.Now().UTC().Add(-31 * 24 * time.Hour).Truncate(time.Second) })
	require.Equal(t, exitOK, status, text)
	require.Empty(t, r.Left)
	require.Empty(t, r.Changed)
	require.Equal(t, testAccountID, r.Account.ID)
	require.Equal(t, testRegion, r.Account.Region)
	path := r.Account.File
	require.Equal(t, "dev.json", filepath.Base(path))
	require.Contains(t, text, "Account: 111122223333 in ap-northeast-1, captured on "+r.Account.CapturedAt.Format(time.DateOnly)+" ("+path+")\n")
	require.Contains(t, r.Warnings, path+` is 31 days old, and the account may have changed since: capture it again with "make capture STACK=dev"`)
	require.Contains(t, r.Assumed, "the account has only those subnets, route tables, network ACLs, security groups, VPC endpoints, "+
		"instances, S3 buckets, log groups, Systems Manager documents that the stack creates or refers to: they were not captured")
}

// The ID of a redacted account is that of the account that the stack allows.
func TestRun_inARedactedAccount(t *testing.T) {
	t.Parallel()
	f := emptyAccount()
	f.AccountID, f.Redacted = account.RedactedID, true
	f.Users = []account.User{{UserName: "ann", Path: "/"}}
	status, r, text := rehearseFile(t, "  aws:allowedAccountIds: [\""+testAccountID+"\"]\n  sessionPrincipals: [\"arn:aws:iam::"+
		testAccountID+":user/ann\"]\n", f)
	require.Equal(t, exitOK, status, text)
	require.True(t, r.Account.Redacted)
	require.Contains(t, text, "Account: with a redacted ID in ap-northeast-1, captured on ")
	for _, assumption := range r.Assumed {
		require.NotContains(t, assumption, "user/ann")
	}
}

func TestRunOptions_accountPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := runOptions{dir: dir, stack: "dev"}
	requirePath := func(want string) {
		t.Helper()
		path, err := o.accountPath()
		require.NoError(t, err)
		require.Equal(t, want, path)
	}
	requirePath("")
	example := writeAccount(t, filepath.Join(dir, "accounts", "dev.example.json"), emptyAccount())
	requirePath(example)
	captured := writeAccount(t, filepath.Join(dir, "accounts", "dev.json"), emptyAccount())
	requirePath(captured)
	o.account = "mine.json"
	requirePath("mine.json")
}

func TestChosenAccount_warnings(t *testing.T) {
	t.Parallel()
	captured := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	c := &chosenAccount{path: "a.json", file: &account.File{CapturedAt: captured}}
	require.Empty(t, c.warnings("test", "dev", nil, captured.Add(30*24*time.Hour)))
	require.Len(t, c.warnings("test", "dev", nil, captured.Add(30*24*time.Hour+time.Second)), 1)
	require.Empty(t, (&chosenAccount{}).warnings("test", "dev", map[string]string{"bastionless:vpcCidr": "10.0.0.0/16", "bastionless:vpcId": ""}, captured))
	require.Len(t, (&chosenAccount{}).warnings("test", "dev", map[string]string{"bastionless:vpcId": "vpc-00000000000000001"}, captured), 1)
	c.file.CapturedAt = time.Time{}
	require.Empty(t, c.warnings("test", "dev", nil, captured), "it was written by hand")
	owned := func(value string) []account.Tag { return []account.Tag{{Key: "bastionless:owner", Value: value}} }
	c.file.AccountID = testAccountID
	for _, other := range []string{"", "test/dev/444455556666", "test/prod/" + testAccountID, "other/dev/" + testAccountID} {
		c.file.VpcEndpoints = []account.VpcEndpoint{{VpcEndpointId: "vpce-1", Tags: owned(other)}}
		require.Empty(t, c.warnings("test", "dev", nil, captured), other)
	}
	c.file.VpcEndpoints = []account.VpcEndpoint{{VpcEndpointId: "vpce-1", Tags: owned("test/dev/" + testAccountID)}}
	c.file.Instances = []account.Instance{{InstanceId: "i-1", Tags: owned("test/dev/" + testAccountID)}}
	warnings := c.warnings("test", "dev", nil, captured)
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "a.json contains what this stack has deployed: vpce-1, i-1, with the tag bastionless:owner = test/dev/111122223333.")
}

// In an account that already contains the stack, the rehearsal says so, and says how to rehearse instead.
func TestRun_alreadyDeployed(t *testing.T) {
	t.Parallel()
	dir, f := stacktest.Dir(t), stacktest.Account(t, "existing")
	kms := f.VpcEndpoints[slices.IndexFunc(f.VpcEndpoints, func(e account.VpcEndpoint) bool { return strings.HasSuffix(e.ServiceName, ".kms") })]
	kms.VpcEndpointId, kms.ServiceName = "vpce-00000000000000009", "com.amazonaws.ap-northeast-1.ssm"
	kms.Tags = []account.Tag{{Key: "bastionless:owner", Value: "bastionless/existing/" + f.AccountID}}
	f.VpcEndpoints = append(f.VpcEndpoints, kms)
	path := writeAccount(t, filepath.Join(t.TempDir(), "own.json"), f)
	status, stdout, stderr := call("", "run", "--stack", "existing", "--dir", dir, "--program", stacktest.Program(t), "--account", path)
	require.Empty(t, stderr)
	require.Equal(t, exitFailed, status)
	require.Contains(t, stdout, "fix: if the file of the account contains endpoints of this stack, rehearse with one that was captured before")
	require.Contains(t, stdout, "  - "+path+" contains what this stack has deployed: vpce-00000000000000009, ")
	require.Equal(t, "existing: 1 check failed: up", last(stdout))
}

// A file that cannot be used is an error of the command line, in one line.
func TestRun_invalidAccount(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := enginetest.Directory(t, "name: test\nruntime: go\n", "config:\n  aws:region: "+testRegion+"\n  aws:allowedAccountIds: [\""+testAccountID+"\"]\n")
	var whole strings.Builder
	require.NoError(t, emptyAccount().Write(&whole))
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	with := func(name string, change func(*account.File)) string {
		f := emptyAccount()
		change(f)
		return writeAccount(t, filepath.Join(dir, name), f)
	}
	for path, want := range map[string]string{
		file("state.json", `{"version": 3, "deployment": {}}`): `not a captured account: its format is "" instead of "bastionless AWS account": ` +
			`name a file that "rehearse capture" wrote`,
		file("text.json", "hello"):                                                 "not a captured account: invalid character 'h' looking for beginning of value: capture it again",
		file("cut.json", whole.String()[:whole.Len()/2]):                           "not a captured account: unexpected end of JSON input: capture it again",
		file("extra.json", strings.Replace(whole.String(), `"vpcs"`, `"vpcz"`, 1)): `not a captured account: json: unknown field "vpcz"`,
		with("twice.json", func(f *account.File) { f.Vpcs = append(f.Vpcs, f.Vpcs[0]) }): "its content is incomplete or wrong: vpcs contains " +
			"vpc-00000000000000001 twice: capture it again",
		file("null.json", "null"): `not a captured account: its format is "" instead of "bastionless AWS account": name a file that "rehearse capture" wrote`,
		with("newer.json", func(f *account.File) { f.Version = 2 }): "it has version 2, and this program reads up to version 1: update the program or " +
			"capture the account again",
		with("region.json", func(f *account.File) { f.Region = "eu-west-1" }): "it describes eu-west-1, and aws:region of the stack is ap-northeast-1: " +
			"capture the account in ap-northeast-1, or name another file with --account",
		with("other.json", func(f *account.File) { f.AccountID = "999988887777" }): "it describes account 999988887777, and aws:allowedAccountIds of the " +
			"stack has only 111122223333: capture the account that the stack is for, or name another file with --account",
	} {
		status, stdout, stderr := call("", "run", "--stack", "dev", "--dir", dir, "--program", self, "--account", path)
		require.Equal(t, exitUsage, status, path)
		require.Empty(t, stdout)
		require.Equal(t, "rehearse run: account "+path+": "+want+"\n", stderr)
	}
	status, _, stderr := call("", "run", "--stack", "dev", "--dir", dir, "--program", self, "--account", filepath.Join(dir, "none.json"))
	require.Equal(t, exitUsage, status)
	require.Equal(t, "rehearse run: account: open "+filepath.Join(dir, "none.json")+": no such file or directory\n", stderr)
}

// A rehearsal that needs the values of tags refuses a file without them, whatever the case of the keys.
func TestRun_accountWithoutTagValues(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := enginetest.Directory(t, "name: test\nruntime: go\n", "config:\n  aws:region: "+testRegion+"\n  test:targetTags: [Team=db, env=prod, app=web]\n")
	f := emptyAccount()
	f.RemovedTagValues = []string{"Name", "env", "team"}
	path := writeAccount(t, filepath.Join(dir, "accounts", "dev.json"), f)
	status, stdout, stderr := call("", "run", "--stack", "dev", "--dir", dir, "--program", self)
	require.Equal(t, exitUsage, status)
	require.Empty(t, stdout)
	require.Equal(t, "rehearse run: account "+path+": it was captured without the values of the tags Team, env, which targetTags of the stack needs: "+
		`capture the account again. "make capture STACK=dev" keeps these values, and "make capture STACK=dev TAGS=1" those of all tags`+"\n", stderr)

	f.RemovedTagValues = []string{"Name", "environment"}
	writeAccount(t, path, f)
	chosen, err := (&runOptions{dir: dir, stack: "dev"}).chooseAccount(map[string]string{"aws:region": testRegion, "test:targetTags": `["Team=db"]`})
	require.NoError(t, err)
	require.Equal(t, path, chosen.path)
}

// A program reads what the account contains. The stack neither changes nor deletes it.
func TestRun_readsWhatTheAccountContains(t *testing.T) {
	t.Parallel()
	f := emptyAccount()
	f.Subnets = []account.Subnet{{
		SubnetId: "subnet-00000000000000001", VpcId: "vpc-00000000000000001", CidrBlock: "10.0.1.0/24", AvailabilityZone: testRegion + "a",
		AvailableIpAddressCount: 251, State: "available",
	}}
	f.RouteTables = []account.RouteTable{{
		RouteTableId: "rtb-00000000000000001", VpcId: "vpc-00000000000000001",
		Associations: []account.RouteTableAssociation{{
			RouteTableAssociationId: "rtbassoc-00000000000000001", RouteTableId: "rtb-00000000000000001", SubnetId: "subnet-00000000000000001",
		}},
	}}
	simulated, err := awssim.New(awssim.Options{Account: f, AssumeExisting: true})
	require.NoError(t, err)
	ids := map[string]string{
		"aws:ec2/vpc:Vpc": "vpc-00000000000000001", "aws:ec2/subnet:Subnet": "subnet-00000000000000001",
		"aws:ec2/routeTable:RouteTable": "rtb-00000000000000001",
		// The provider imports an association by its subnet and its route table.
		"aws:ec2/routeTableAssociation:RouteTableAssociation": "subnet-00000000000000001/rtb-00000000000000001",
	}
	body := func(ctx *pulumi.Context) error {
		for token, id := range ids {
			var read enginetest.Resource
			if err := ctx.ReadResource(token, "existing", pulumi.ID(id), nil, &read, pulumi.Version("6.83.2")); err != nil {
				return err
			}
		}
		return ctx.RegisterResource("aws:ec2/subnet:Subnet", "new", pulumi.Map{
			"vpcId": pulumi.String("vpc-00000000000000001"), "cidrBlock": pulumi.String("10.0.2.0/24"),
			"availabilityZone": pulumi.String(testRegion + "a"),
		}, &enginetest.Resource{}, pulumi.Version("6.83.2"))
	}
	stack, err := engine.Open(engine.Options{
		Dir: enginetest.Directory(t, projectFile, "config: {aws:region: "+testRegion+"}"), Stack: "dev", Run: engine.InProcess(body),
		Provider: simulated.NewProvider,
	})
	require.NoError(t, err)
	state := filepath.Join(t.TempDir(), "state.json")
	o := runOptions{export: state, json: filepath.Join(t.TempDir(), "result.json")}
	var stdout, stderr strings.Builder
	require.Equal(t, exitOK, o.rehearse(t.Context(), stack, simulated, &chosenAccount{path: "a.json", file: f}, streams{nil, &stdout, &stderr}),
		stdout.String())
	text, err := os.ReadFile(state)
	require.NoError(t, err)
	require.Equal(t, len(ids), strings.Count(string(text), `"external": true`))
	require.Contains(t, string(text), `"id": "rtbassoc-00000000000000001"`)

	ids["aws:ec2/vpc:Vpc"] = "vpc-00000000000000002"
	require.Contains(t, stack.Preview(t.Context()).Failure(), "resource 'vpc-00000000000000002' does not exist")
}
