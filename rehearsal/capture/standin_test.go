package capture

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Environment variables of the stand-in.
const (
	directoryVariable = "CAPTURE_TEST_DIR"
	versionVariable   = "CAPTURE_TEST_VERSION"
)

// TestMain makes the test binary the AWS CLI if capture runs it under that name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "aws" {
		os.Exit(runStandIn(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// failure is how AWS answers a call that the stand-in makes.
type failure struct {
	// Code is the error code. Empty: Message is an error of the CLI itself.
	Code, Message string
	// Operation is the operation that fails. Empty: that of the command.
	Operation string
	// Times is how many attempts fail. 0: all.
	Times int
}

// standIn is a stand-in for the AWS CLI. It answers from testdata/answers.json.
type standIn struct {
	t   *testing.T
	dir string
}

// newStandIn installs a stand-in for a version of the AWS CLI, 1 or 2, as the only program on the PATH.
func newStandIn(t *testing.T, version int) *standIn {
	t.Helper()
	s := &standIn{t, t.TempDir()}
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(s.dir+"/bin", 0o700))
	require.NoError(t, os.Symlink(self, s.dir+"/bin/aws"))
	t.Setenv("PATH", s.dir+"/bin")
	t.Setenv(directoryVariable, s.dir)
	t.Setenv(versionVariable, strconv.Itoa(version))
	// Otherwise every call takes a second if the tests run with the race detector.
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	for _, name := range []string{"AWS_PAGER", "AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS", "AWS_CLI_AUTO_PROMPT"} {
		t.Setenv(name, "")
		require.NoError(t, os.Unsetenv(name))
	}
	s.fail(nil)
	return s
}

// fail sets the failures, by command.
func (s *standIn) fail(failures map[string]failure) {
	s.t.Helper()
	text, err := json.Marshal(failures)
	require.NoError(s.t, err)
	require.NoError(s.t, os.WriteFile(s.dir+"/failures", text, 0o600))
}

// calls returns the command lines, without the arguments of all calls, and forgets them.
func (s *standIn) calls() []string {
	s.t.Helper()
	text, err := os.ReadFile(s.dir + "/calls")
	require.NoError(s.t, err)
	require.NoError(s.t, os.Remove(s.dir+"/calls"))
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// globalFlags are the arguments of all calls that the stand-in expects.
const globalFlags = " --region cn-north-1 --output json --profile ops"

// runStandIn does what the AWS CLI does with its arguments, and returns the exit status.
func runStandIn(args []string) int {
	version, dir := os.Getenv(versionVariable), os.Getenv(directoryVariable)
	status := map[string]int{"1": 255, "2": 254}[version]
	if pager, ok := os.LookupEnv("AWS_PAGER"); version == "2" && (!ok || pager != "" || os.Getenv("AWS_CLI_AUTO_PROMPT") != "off") {
		fmt.Fprintln(os.Stderr, "this would wait for the user, in a pager or for an answer to a prompt")
		return 253
	}
	line, ok := strings.CutSuffix(strings.Join(args, " "), globalFlags)
	if !ok || len(args) < 2 {
		fmt.Fprintf(os.Stderr, "unexpected arguments %q\n", args)
		return 252
	}
	log, err := os.OpenFile(dir+"/calls", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(log, line)
	log.Close()

	command := args[0] + " " + args[1]
	var failures map[string]failure
	readTestFile(dir+"/failures", &failures)
	if f, fails := failures[command]; fails {
		attempts := 4
		if n, err := strconv.Atoi(os.Getenv("AWS_MAX_ATTEMPTS")); err == nil && os.Getenv("AWS_RETRY_MODE") == "standard" {
			attempts = n
		}
		if f.Times == 0 || f.Times >= attempts {
			printFailure(version, args[1], attempts, f)
			return status
		}
	}
	var answers map[string]json.RawMessage
	readTestFile(os.Getenv("CAPTURE_TEST_ANSWERS"), &answers)
	answer, ok := answers[line]
	if !ok {
		answer, ok = answers[command]
	}
	if !ok {
		fmt.Fprintf(os.Stderr, "unexpected command %q\n", line)
		return 252
	}
	// The versions format times differently.
	timestamp := map[string]string{"1": "2026-01-02T03:04:05Z", "2": "2026-01-02T03:04:05+00:00"}[version]
	fmt.Println(strings.ReplaceAll(string(answer), "@TIME@", timestamp))
	return 0
}

// printFailure prints an error as a version of the CLI does.
func printFailure(version, operation string, attempts int, f failure) {
	text := f.Message
	if f.Code != "" {
		name := f.Operation
		if name == "" {
			for word := range strings.SplitSeq(operation, "-") {
				name += strings.ToUpper(word[:1]) + word[1:]
			}
		}
		retries := ""
		if f.Times > 0 {
			retries = fmt.Sprintf(" (reached max retries: %d)", attempts-1)
		}
		text = fmt.Sprintf("An error occurred (%s) when calling the %s operation%s: %s", f.Code, name, retries, f.Message)
	}
	if version == "2" {
		text = "aws: [ERROR]: " + text
	}
	fmt.Fprintf(os.Stderr, "\n%s\n", text)
}

func readTestFile(path string, value any) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, value)
	}
	if err != nil {
		panic(err)
	}
}

// commandsOf returns the commands of calls, in the order in which they first occur.
func commandsOf(calls []string) []string {
	var commands []string
	for _, call := range calls {
		words := strings.Fields(call)
		if command := words[0] + " " + words[1]; !slices.Contains(commands, command) {
			commands = append(commands, command)
		}
	}
	return commands
}
