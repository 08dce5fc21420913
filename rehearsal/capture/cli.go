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
}

// newCLI finds the AWS CLI. profile is optional.
func newCLI(region, profile string) (*cli, error) {
	path, err := exec.LookPath("aws")
	if err != nil {
		return nil, errors.New("the AWS CLI is not installed: there is no \"aws\" on the PATH. Install it from " +
			"https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html")
	}
	c := &cli{path: path, flags: []string{"--region", region, "--output", "json"}}
	if profile != "" {
		c.flags = append(c.flags, "--profile", profile)
	}
	// Version 2 would show answers in a pager, and ask for missing arguments.
	c.environ = append(os.Environ(), "AWS_PAGER=", "AWS_CLI_AUTO_PROMPT=off")
	// The CLI waits and tries again if AWS throttles a call or fails to answer. By default it gives up after 2 to 4 retries.
	for name, value := range map[string]string{"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "10"} {
		if os.Getenv(name) == "" {
			c.environ = append(c.environ, name+"="+value)
		}
	}
	return c, nil
}

// run makes a call and returns the answer. If AWS answers with an error, the error is a *callError.
func (c *cli) run(ctx context.Context, call Call, args ...string) ([]byte, error) {
	words := slices.Concat(strings.Fields(call.Command), call.Args, args, c.flags)
	command := exec.CommandContext(ctx, c.path, words...)
	command.Env = c.environ
	// A process that the CLI left behind must not keep this one waiting.
	command.WaitDelay = time.Second
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		// Ctrl-C also goes to the CLI, which may end before this process learns of it.
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, newCallError(call, stderr.String(), err)
	}
	if len(bytes.TrimSpace(output)) == 0 {
		// The CLI prints nothing for an empty answer.
		return []byte("{}"), nil
	}
	return output, nil
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
