// Package emulator tests programs that ask AWS with the real AWS CLI and an emulated AWS, moto. "make test-emulator" runs
// the tests; "make test" skips them.
package emulator

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
)

// runVariable turns the tests on.
const runVariable = "EMULATOR_TESTS"

const (
	root   = "../.."
	region = "ap-northeast-1"
)

// emulated is an emulated AWS account and an environment for programs that use it.
type emulated struct {
	t       *testing.T
	proxy   *proxy
	moto    string
	dir     string
	environ []string
}

// newEmulated starts moto with an account that contains what every account contains, such as a default VPC.
func newEmulated(t *testing.T) *emulated {
	t.Helper()
	if os.Getenv(runVariable) == "" {
		t.Skip("make test-emulator runs this test")
	}
	for _, name := range []string{"moto_server", "aws"} {
		_, err := exec.LookPath(name)
		require.NoError(t, err, "install rehearsal/emulator/requirements.txt with pip")
	}
	moto := startMoto(t)
	e := &emulated{t: t, moto: moto, proxy: newProxy(t, moto), dir: t.TempDir()}
	// moto has no quotas of the account's own.
	e.proxy.answers["ListServiceQuotas"] = `{"Quotas": [{"ServiceCode": "vpc", "QuotaCode": "L-407747CB", "Value": 210}]}`
	// moto has no service settings.
	e.proxy.answers["GetServiceSetting"] = `{"ServiceSetting": {"SettingId": "/ssm/managed-instance/default-ec2-instance-management-role",
		"SettingValue": "$None", "Status": "Default"}}`
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") && !strings.HasPrefix(variable, "HOME=") {
			e.environ = append(e.environ, variable)
		}
	}
	e.environ = append(e.environ, "HOME="+e.dir, "AWS_ENDPOINT_URL="+e.proxy.URL, "AWS_EC2_METADATA_DISABLED=true")
	require.NoError(t, os.Mkdir(e.dir+"/.aws", 0o700))
	e.setProfile("default", "aws_access_key_id = AKIAADMIN", "aws_secret_access_key = secret", "region = "+region)
	return e
}

// startMoto starts a server and returns its URL.
func startMoto(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	host, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	server := exec.Command("moto_server", "-H", host, "-p", port)
	var log bytes.Buffer
	server.Stderr = &log
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		response, err := http.Get("http://" + address + "/moto-api/data.json")
		if err == nil {
			require.NoError(t, response.Body.Close())
			return "http://" + address
		}
		if time.Now().After(deadline) {
			// The server still writes to the log.
			t.Fatal("moto_server does not answer within a minute")
		}
	}
}

// setProfile adds a profile to the configuration of the AWS CLI.
func (e *emulated) setProfile(name string, lines ...string) {
	e.t.Helper()
	heading := "[profile " + name + "]\n"
	if name == "default" {
		heading = "[default]\n"
	}
	file, err := os.OpenFile(e.dir+"/.aws/config", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(e.t, err)
	_, err = file.WriteString(heading + strings.Join(lines, "\n") + "\n")
	require.NoError(e.t, errors.Join(err, file.Close()))
}

// run runs a program of bin/, or another one, and returns its exit status and output.
func (e *emulated) run(name string, args ...string) (status int, stdout, stderr string) {
	e.t.Helper()
	if built, err := filepath.Abs(filepath.Join(root, "bin", name)); err == nil {
		if _, err := os.Stat(built); err == nil {
			name = built
		}
	}
	command := exec.Command(name, args...)
	command.Env, command.Dir = e.environ, e.dir
	var out, errs strings.Builder
	command.Stdout, command.Stderr = &out, &errs
	err := command.Run()
	var exit *exec.ExitError
	if err != nil {
		require.ErrorAs(e.t, err, &exit)
	}
	return command.ProcessState.ExitCode(), out.String(), errs.String()
}

// aws runs the AWS CLI and returns its output, such as the ID of what it created.
func (e *emulated) aws(args ...string) string {
	e.t.Helper()
	status, stdout, stderr := e.run("aws", append(args, "--output", "text")...)
	require.Equal(e.t, 0, status, "aws %s\n%s", strings.Join(args, " "), stderr)
	return strings.TrimSpace(stdout)
}

// project writes a project with a stack dev, and returns its directory.
func (e *emulated) project(stackFile string) string {
	e.t.Helper()
	dir := e.t.TempDir()
	project, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	require.NoError(e.t, err)
	require.NoError(e.t, os.WriteFile(dir+"/Pulumi.yaml", project, 0o600))
	require.NoError(e.t, os.WriteFile(dir+"/Pulumi.dev.yaml", []byte("config:\n  aws:region: "+region+"\n"+stackFile), 0o600))
	return dir
}

// capture captures the account with the program, and returns the content of the file, without its time, and the progress.
func (e *emulated) capture(flags ...string) (*account.File, string) {
	e.t.Helper()
	dir := e.project("")
	status, _, stderr := e.run("rehearse", append([]string{"capture", "--stack", "dev", "--dir", dir}, flags...)...)
	require.Equal(e.t, 0, status, stderr)
	return e.read(dir + "/accounts/dev.json"), stderr
}

func (e *emulated) read(path string) *account.File {
	e.t.Helper()
	written, err := os.Open(path)
	require.NoError(e.t, err)
	defer written.Close()
	file, err := account.Read(written)
	require.NoError(e.t, err)
	require.WithinDuration(e.t, time.Now(), file.CapturedAt, 10*time.Minute)
	file.CapturedAt = time.Time{}
	return file
}
