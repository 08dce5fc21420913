package awssim

import (
	"errors"
	"fmt"
)

// verbatim is an error message of AWS or the provider. Such messages do not follow Go's conventions on case
// and punctuation.
type verbatim string

// Error implements error.
func (v verbatim) Error() string { return string(v) }

// apiError is an error that AWS returns.
type apiError struct {
	service, operation string
	status             int // of HTTP
	code, message      string
	requestID          string
}

// modeledServices are the services whose errors have Go types in the SDK. Their messages do not contain
// "api error".
var modeledServices = map[string]bool{"IAM": true, "SSM": true, "CloudWatch Logs": true, "KMS": true}

// Error implements error in the format of the AWS SDK.
func (e *apiError) Error() string {
	host, api := "", "api error "
	if e.service == "S3" {
		host, api = ", HostID: "+e.requestID, ""
	} else if modeledServices[e.service] {
		api = ""
	}
	return fmt.Sprintf("operation error %s: %s, https response error StatusCode: %d, RequestID: %s%s, %s%s: %s",
		e.service, e.operation, e.status, e.requestID, host, api, e.code, e.message)
}

// apiError returns an error of AWS with the provider's prefix.
func (c *call) apiError(prefix, service, operation string, status int, code, format string, args ...any) error {
	return fmt.Errorf("%s: %w", prefix, &apiError{
		service: service, operation: operation, status: status, code: code,
		message: fmt.Sprintf(format, args...), requestID: c.uuid(),
	})
}

// ec2Error returns an error of EC2. The status of all client errors is 400.
func (c *call) ec2Error(prefix, operation, code, format string, args ...any) error {
	return c.apiError(prefix, "EC2", operation, 400, code, format, args...)
}

// partialError is an error that occurs after a resource was created.
type partialError struct{ error }

func (e *partialError) Unwrap() error { return e.error }

// partial marks an error that occurs after the resource was created. The partial of nil is nil.
func partial(err error) error {
	if err == nil {
		return nil
	}
	return &partialError{err}
}

func isPartial(err error) bool {
	var partial *partialError
	return errors.As(err, &partial)
}

// wrapError returns an error in the format of the Terraform bridge. operation is "creating", "updating",
// "deleting" or "".
func (t *resourceType) wrapError(operation, urn string, err error) error {
	if t.Framework {
		return err
	}
	message := fmt.Sprintf("1 error occurred:\n\t* %s\n\n", err)
	if operation == "" {
		return errors.New(message)
	}
	return fmt.Errorf("%s %s: %s", operation, urn, message)
}
