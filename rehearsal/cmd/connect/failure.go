package main

import (
	"errors"
	"fmt"
	"strings"
)

// failure is a known kind of failure of the AWS CLI.
type failure struct {
	// stderr lists texts that the CLI's standard error must all contain.
	stderr []string
	// transient is true if the next attempt may succeed.
	transient bool
	// remedy says what to do. Nil if the CLI's own message says it.
	remedy func(*session) string
}

// failures lists the known kinds. Specific kinds come before general ones.
var failures = []failure{
	{stderr: []string{"could not be found", "profile"}, remedy: missingProfile},
	{stderr: []string{"ExpiredToken"}, remedy: expired},
	{stderr: []string{"RequestExpired"}, remedy: expired},
	{stderr: []string{"Token has expired"}, remedy: expired},
	{stderr: []string{"SSO session", "expired"}, remedy: expired},
	{stderr: []string{"Error loading SSO Token"}, remedy: expired},
	{stderr: []string{"Unable to locate credentials"}, remedy: invalidCredentials},
	{stderr: []string{"Partial credentials"}, remedy: invalidCredentials},
	{stderr: []string{"InvalidClientTokenId"}, remedy: invalidCredentials},
	{stderr: []string{"UnrecognizedClientException"}, remedy: invalidCredentials},
	{stderr: []string{"SignatureDoesNotMatch"}, remedy: invalidCredentials},
	{stderr: []string{"MultiFactorAuthentication failed"}, remedy: invalidMFACode},
	{stderr: []string{"AccessDenied", "sts:TagSession"}, remedy: tagsDenied},
	{stderr: []string{"AccessDenied", "sts:SetSourceIdentity"}, remedy: sourceIdentityDenied},
	{stderr: []string{"AccessDenied", "sts:AssumeRole"}, remedy: roleDenied},
	{stderr: []string{"AccessDenied"}, remedy: denied},
	{stderr: []string{"UnauthorizedOperation"}, remedy: denied},
	{stderr: []string{"Could not connect to the endpoint URL"}, transient: true},
	{stderr: []string{"Connection was closed"}, transient: true},
	{stderr: []string{"Connect timeout"}, transient: true},
	{stderr: []string{"Read timeout"}, transient: true},
	{stderr: []string{"Throttling"}, transient: true},
	{stderr: []string{"Rate exceeded"}, transient: true},
	{stderr: []string{"InternalServerError"}, transient: true},
	{stderr: []string{"ServiceUnavailable"}, transient: true},
}

func missingProfile(s *session) string {
	return fmt.Sprintf("the AWS CLI has no profile %q. Copy the output of this command into ~/.aws/config, and replace "+
		"the values in angle brackets: pulumi stack output awsProfile --stack %s", s.connection.Profile, s.stack)
}

func expired(s *session) string {
	return fmt.Sprintf("your AWS credentials have expired. Sign in again (with IAM Identity Center: aws sso login), or "+
		"renew the credentials of the source_profile of profile %q", s.connection.Profile)
}

func invalidCredentials(s *session) string {
	return fmt.Sprintf("the AWS CLI has no valid credentials. Sign in, or check the source_profile of profile %q: "+
		"aws configure list --profile %s", s.connection.Profile, s.connection.Profile)
}

func invalidMFACode(s *session) string {
	return fmt.Sprintf("AWS rejected the MFA code. Use each code once, within 30 seconds, and check that mfa_serial in "+
		"profile %q is the ARN of your device", s.connection.Profile)
}

func roleDenied(s *session) string {
	return fmt.Sprintf(`AWS does not let you assume the session role. Check that:
  - sessionPrincipals of stack %q includes you
  - your own policies allow sts:AssumeRole on the role
  - profile %q has an mfa_serial, if requireMfa is true
  - its role_session_name is your IAM user name, if you are an IAM user
  - the role was created more than a minute ago; IAM changes take time to propagate`, s.stack, s.connection.Profile)
}

func tagsDenied(s *session) string {
	return fmt.Sprintf("AWS denied sts:TagSession: the session role does not accept session tags, except SSMSessionRunAs with "+
		"the name of your IAM user if sessionRunAs of stack %q is tag. If you set no tags yourself, the credentials of the "+
		"source_profile of profile %q have transitive tags, which AWS passes on: use credentials without them", s.stack, s.connection.Profile)
}

func sourceIdentityDenied(s *session) string {
	return fmt.Sprintf("AWS denied sts:SetSourceIdentity: the credentials of the source_profile of profile %q have a source "+
		"identity, which AWS passes on and the session role does not accept: use credentials without one", s.connection.Profile)
}

func denied(s *session) string {
	return fmt.Sprintf("AWS denied the request to the credentials of profile %q. Check that the profile is the one that "+
		"this command prints, with the session role of the stack: pulumi stack output awsProfile --stack %s",
		s.connection.Profile, s.stack)
}

// findFailure returns the kind of an error, if it is known.
func findFailure(err error) (failure, bool) {
	var failed *toolError
	if !errors.As(err, &failed) {
		return failure{}, false
	}
	for _, f := range failures {
		matches := true
		for _, text := range f.stderr {
			matches = matches && strings.Contains(failed.stderr, text)
		}
		if matches {
			return f, true
		}
	}
	return failure{}, false
}

// explain adds a remedy to an error of the AWS CLI.
func (s *session) explain(err error) error {
	if f, ok := findFailure(err); ok && f.remedy != nil {
		return fmt.Errorf("%s\n(%w)", f.remedy(s), err)
	}
	return err
}

// isTransient reports whether the next attempt may succeed.
func isTransient(err error) bool {
	f, ok := findFailure(err)
	return ok && f.transient
}
