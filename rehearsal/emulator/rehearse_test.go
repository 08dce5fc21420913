package emulator

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
)

// TestRehearse rehearses stacks in captures of a filled account, with which they collide, and in the VPCs of
// that account.
func TestRehearse(t *testing.T) {
	t.Parallel()
	e := newEmulated(t)
	c := e.fill()
	bareVPC, bareSubnet := e.createBareVPC()
	file, _ := e.capture()

	status, printed := e.rehearse(file, "")
	require.Equal(t, 0, status, printed)
	require.Contains(t, printed, "Account: 123456789012 in "+region+", captured on ")

	require.Equal(t, []string{region + "a", region + "d"}, file.InstanceTypeOfferings["t3a.micro"])
	for name, test := range map[string]struct {
		stackFile string
		expected  []string
	}{
		"a role name that is taken":            {"  instanceRoleName: EC2RoleforSSM\n", []string{"EntityAlreadyExists", "EC2RoleforSSM", "set instanceRoleName to a name"}},
		"a key pair that is missing":           {"  keyName: bob\n", []string{"keyName: ", `"bob"`}},
		"an instance type that the zone lacks": {"  zones: [c]\n  instanceType: t3a.micro\n", []string{"instanceType: ", "is not offered in " + region + "c", "[a, d]"}},
	} {
		t.Run(name, func(t *testing.T) {
			e.t = t
			status, printed = e.rehearse(file, test.stackFile)
			require.Equal(t, 1, status, printed)
			for _, text := range test.expected {
				require.Contains(t, printed, text)
			}
		})
	}
	// The key pair exists.
	status, printed = e.rehearse(file, "  keyName: ann\n")
	require.Equal(t, 0, status, printed)

	t.Run("existing VPC", func(t *testing.T) { e.requireExisting(t, file, c, bareVPC, bareSubnet) })
	e.t = t

	// The default VPC and those above count too.
	for _, block := range []string{"10.1.0.0/16", "10.2.0.0/16"} {
		e.aws("ec2", "create-vpc", "--cidr-block", block)
	}
	file, _ = e.capture()
	status, printed = e.rehearse(file, "")
	require.Equal(t, 1, status, printed)
	require.Contains(t, printed, "VpcLimitExceeded")
	require.Contains(t, printed, `the quota "VPCs per Region" (L-F678F1CE)`)
}

// rehearse rehearses a stack in an account, and returns the exit status and the output.
func (e *emulated) rehearse(file *account.File, stackFile string) (status int, printed string) {
	e.t.Helper()
	// moto's images have volumes of 15 GiB.
	dir := e.project("  rootVolumeGiB: 15\n" + stackFile)
	require.NoError(e.t, os.Mkdir(dir+"/accounts", 0o700))
	captured := *file
	captured.CapturedAt = time.Now().UTC().Truncate(time.Second)
	require.NoError(e.t, os.WriteFile(dir+"/accounts/dev.json", []byte(encode(e.t, &captured)), 0o600))
	program, err := filepath.Abs(filepath.Join(root, "bin", "bastionless"))
	require.NoError(e.t, err)
	status, stdout, stderr := e.run("rehearse", "run", "--stack", "dev", "--dir", dir, "--program", program)
	return status, stdout + stderr
}
