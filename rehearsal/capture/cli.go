package capture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cli runs the AWS CLI, version 1 or 2.
type cli struct {
	// path is the path of the program.
	path string
	// flags are the arguments of every call.
	flags   []string
	environ []string
	// maxDuration is how long a call may take, with all its pages and retries.
	maxDuration time.Duration
	// maxSize is how many bytes an answer may have.
	maxSize int
}

// Limits of a call. Without them, a program that never ends would keep the capture waiting, or use up the memory.
const (
	// callDuration is how long a call may take without retries. Most take a second; 100,000 log groups take a minute or two.
	callDuration = 2 * time.Minute
	// retryDuration is how long the CLI waits at most before a retry.
	// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
	retryDuration = 20 * time.Second
	// maxAttempts is how often the CLI tries a call, unless the user sets AWS_MAX_ATTEMPTS.
	maxAttempts = 10
	// maxAnswer is the size of the answer about some 50,000 instances.
	maxAnswer = 256 << 20
	// maxMessage is how many bytes of an error message are kept.
	maxMessage = 4 << 10
)

// newCLI finds the AWS CLI. profile is optional.
func newCLI(region, profile string) (*cli, error) {
	path, err := exec.LookPath("aws")
	if err != nil {
		return nil, errors.New("the AWS CLI is not installed: there is no \"aws\" on the PATH. Install it from " +
			"https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html")
	}
	c := &cli{path: path, flags: []string{"--region", region, "--output", "json"}, maxSize: maxAnswer}
	if profile != "" {
		c.flags = append(c.flags, "--profile", profile)
	}
	// Version 2 would show answers in a pager, and ask for missing arguments.
	c.environ = append(os.Environ(), "AWS_PAGER=", "AWS_CLI_AUTO_PROMPT=off")
	// The CLI waits and tries again if AWS throttles a call or fails to answer. By default it gives up after 2 to 4 retries.
	for name, value := range map[string]string{"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": strconv.Itoa(maxAttempts)} {
		if os.Getenv(name) == "" {
			c.environ = append(c.environ, name+"="+value)
		}
	}
	attempts, err := strconv.Atoi(os.Getenv("AWS_MAX_ATTEMPTS"))
	if err != nil || attempts < 1 {
		attempts = maxAttempts // or the CLI reports the value
	}
	c.maxDuration = callDuration + time.Duration(attempts)*retryDuration
	return c, nil
}

// run makes a call and returns the answer. If AWS answers with an error, or the call exceeds a limit, the error is a
// *callError.
func (c *cli) run(ctx context.Context, call Call, args ...string) ([]byte, error) {
	tooSlow := &callError{command: call.Command, message: fmt.Sprintf("no complete answer within %s: check the network connection, or set "+
		"AWS_MAX_ATTEMPTS to more than %d for more time", c.maxDuration, maxAttempts)}
	tooLong := &callError{command: call.Command, message: fmt.Sprintf("the answer has more than %d bytes: %s", c.maxSize, c.checkProgram())}
	limited, stop := context.WithTimeoutCause(ctx, c.maxDuration, tooSlow)
	defer stop()
	limited, abort := context.WithCancelCause(limited)
	defer abort(nil)

	words := slices.Concat(strings.Fields(call.Command), call.Args, args, c.flags)
	command := exec.CommandContext(limited, c.path, words...)
	command.Env = c.environ
	command.Cancel = func() error { return killTree(command.Process) }
	// A process that the CLI left behind must not keep this one waiting.
	command.WaitDelay = time.Second
	stdout := &limitedBuffer{left: c.maxSize, exceed: func() { abort(tooLong) }}
	stderr := &limitedBuffer{left: maxMessage, exceed: func() {}}
	command.Stdout, command.Stderr = stdout, stderr
	err := command.Run()
	if err != nil {
		// Ctrl-C also goes to the CLI, which may end before this process learns of it.
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	if limited.Err() != nil {
		return nil, context.Cause(limited)
	}
	if err != nil {
		return nil, newCallError(call, stderr.content.String(), err)
	}
	return stdout.content.Bytes(), nil
}

// checkProgram returns the remedy for answers that the AWS CLI would not print.
func (c *cli) checkProgram() string { return "check that " + c.path + " is the AWS CLI, and update it" }

// limitedBuffer keeps the beginning of what is written to it.
type limitedBuffer struct {
	content bytes.Buffer
	// left is how many bytes it still keeps. It calls exceed, and discards the rest, if more are written.
	left   int
	exceed func()
}

func (b *limitedBuffer) Write(text []byte) (int, error) {
	kept := min(len(text), b.left)
	b.content.Write(text[:kept])
	b.left -= kept
	if kept < len(text) {
		b.exceed()
	}
	return len(text), nil
}

// callError is a call that failed.
type callError struct {
	command string
	// code is AWS's error code, such as "UnauthorizedOperation". Empty if the call itself got no answer.
	code string
	// message is what the CLI printed, on one line and without a period at the end.
	message string
}

func (e *callError) Error() string { return "aws " + e.command + ": " + e.message }

// awsError matches an error of AWS. Version 2 writes "aws: [ERROR]: " before it.
var awsError = regexp.MustCompile(`An error occurred \(([^)\s]+)\) when calling the (\w+) operation`)

func newCallError(call Call, stderr string, err error) *callError {
	e := &callError{command: call.Command, message: strings.TrimSuffix(strings.TrimPrefix(strings.Join(strings.Fields(stderr), " "), "aws: [ERROR]: "), ".")}
	if e.message == "" {
		e.message = err.Error()
	}
	_, operation, _ := strings.Cut(call.Command, " ")
	// Before the call itself, the CLI may call STS, to assume the role of the profile.
	match := awsError.FindStringSubmatch(e.message)
	if match != nil && strings.EqualFold(match[2], strings.ReplaceAll(operation, "-", "")) {
		e.code = match[1]
	}
	return e
}

// Codes of errors after which further calls are pointless.
var (
	throttled = []string{
		"RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown", "ThrottledException", "Throttling",
		"ThrottlingException", "TooManyRequestsException",
	}
	invalidCredentials = []string{
		"AuthFailure", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "InvalidToken", "OptInRequired",
		"RequestExpired", "SignatureDoesNotMatch", "UnrecognizedClientException",
	}
)

// omittable reports whether the rest of the account can be captured although this call failed.
func (e *callError) omittable() bool {
	return e.code != "" && !slices.Contains(throttled, e.code) && !slices.Contains(invalidCredentials, e.code)
}

// denied reports whether the caller lacks the permission.
func (e *callError) denied() bool {
	return e.code == "UnauthorizedOperation" || strings.HasPrefix(e.code, "AccessDenied")
}

// explain adds a remedy to an error that ends a capture.
func explain(err error) error {
	var failed *callError
	if !errors.As(err, &failed) {
		return err
	}
	has := func(text string) bool { return strings.Contains(failed.message, text) }
	switch {
	case slices.Contains(throttled, failed.code):
		return fmt.Errorf("%w: other programs use up the account's limit of requests: capture it again later", err)
	case slices.Contains(invalidCredentials, failed.code), has("Unable to locate credentials"), has("Token has expired"),
		has("Error loading SSO Token"), has("SSO session"), has("ExpiredToken"), has("Partial credentials"):
		return fmt.Errorf("%w: sign in, such as with \"aws sso login\", or name another profile with --profile", err)
	case has("could not be found") && has("profile"):
		return fmt.Errorf("%w: list your profiles with \"aws configure list-profiles\" (version 1: see ~/.aws/config), and "+
			"set aws:profile or --profile to one of them", err)
	case has("Could not connect"):
		return fmt.Errorf("%w: check the network connection and aws:region", err)
	}
	return err
}
