package awssim

import (
	"errors"
	"fmt"
)

// worded is an error in the words of AWS or the provider, which keep to no rule of ours about capitals and full stops.
type worded string

// Error implements error.
func (w worded) Error() string { return string(w) }

// apiError is a refusal by AWS.
type apiError struct {
	service, operation string
	status             int
	code, message      string
	requestID          string
}

// modelled are the services whose errors are types of their own in the SDK, which leaves out "api error" in its text.
var modelled = map[string]bool{"IAM": true, "SSM": true, "CloudWatch Logs": true, "KMS": true}

func (e *apiError) Error() string {
	host, api := "", "api error "
	if e.service == "S3" {
		host, api = ", HostID: "+e.requestID, ""
	} else if modelled[e.service] {
		api = ""
	}
	return fmt.Sprintf("operation error %s: %s, https response error StatusCode: %d, RequestID: %s%s, %s%s: %s",
		e.service, e.operation, e.status, e.requestID, host, api, e.code, e.message)
}

// refuse is an error of AWS's, with what the provider says before it.
func (c *call) refuse(prefix, service, operation string, status int, code, format string, args ...any) error {
	return fmt.Errorf("%s: %w", prefix, &apiError{
		service: service, operation: operation, status: status, code: code,
		message: fmt.Sprintf(format, args...), requestID: c.uuid(),
	})
}

// ec2 is an error of EC2's, which answers all mistakes of callers with 400.
func (c *call) ec2(prefix, operation, code, format string, args ...any) error {
	return c.refuse(prefix, "EC2", operation, 400, code, format, args...)
}

// partialError is an error of a later step: the resource exists, with this id and these properties.
type partialError struct {
	err error
}

func (e *partialError) Error() string { return e.err.Error() }
func (e *partialError) Unwrap() error { return e.err }

// partly marks an error as one of a later step.
func partly(err error) error {
	if err == nil {
		return nil
	}
	return &partialError{err}
}

func isPartial(err error) bool {
	var partial *partialError
	return errors.As(err, &partial)
}

// wrap words an error as the bridge does.
func (t *resourceType) wrap(operation, urn string, err error) error {
	if t.framework {
		return err
	}
	text := fmt.Sprintf("1 error occurred:\n\t* %s\n\n", err)
	if operation == "" {
		return errors.New(text)
	}
	return fmt.Errorf("%s %s: %s", operation, urn, text)
}
