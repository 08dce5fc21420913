package main

import (
	"errors"
	"fmt"
	"strings"
)

// problem is a kind of failure of the AWS CLI, by what the CLI says.
type problem struct {
	words []string
	// passing problems may be over at the next attempt.
	passing bool
	// remedy says what is wrong and what to do. It is empty where the CLI's own words do.
	remedy func(v *visit) string
}

// problems are those that people meet, the more special first.
var problems = []problem{
	{
		words: []string{"could not be found", "profile"},
		remedy: func(v *visit) string {
			return fmt.Sprintf("the AWS CLI has no profile %q. Put what this prints into ~/.aws/config, and fill in what "+
				"stands in angle brackets: pulumi stack output awsProfile --stack %s", v.profile, v.stack)
		},
	},
	{words: []string{"ExpiredToken"}, remedy: expired},
	{words: []string{"RequestExpired"}, remedy: expired},
	{words: []string{"Token has expired"}, remedy: expired},
	{words: []string{"SSO session", "expired"}, remedy: expired},
	{words: []string{"Error loading SSO Token"}, remedy: expired},
	{words: []string{"Unable to locate credentials"}, remedy: noCredentials},
	{words: []string{"Partial credentials"}, remedy: noCredentials},
	{words: []string{"InvalidClientTokenId"}, remedy: noCredentials},
	{words: []string{"UnrecognizedClientException"}, remedy: noCredentials},
	{words: []string{"SignatureDoesNotMatch"}, remedy: noCredentials},
	{
		words: []string{"MultiFactorAuthentication failed"},
		remedy: func(v *visit) string {
			return fmt.Sprintf("AWS did not take the MFA code: each is good once, for 30 seconds. Is mfa_serial in profile %q "+
				"the ARN of your device?", v.profile)
		},
	},
	{
		words: []string{"AccessDenied", "sts:AssumeRole"},
		remedy: func(v *visit) string {
			return fmt.Sprintf("you may not assume the session role. Either you are none of the stack's sessionPrincipals; or "+
				"your own policies do not allow sts:AssumeRole; or profile %q lacks mfa_serial, where requireMfa is on; or its "+
				"role_session_name is not the name of your IAM user. A role made within the last minute may need another",
				v.profile)
		},
	},
	{words: []string{"AccessDenied"}, remedy: denied},
	{words: []string{"UnauthorizedOperation"}, remedy: denied},
	{words: []string{"Could not connect to the endpoint URL"}, passing: true},
	{words: []string{"Connection was closed"}, passing: true},
	{words: []string{"Connect timeout"}, passing: true},
	{words: []string{"Read timeout"}, passing: true},
	{words: []string{"Throttling"}, passing: true},
	{words: []string{"Rate exceeded"}, passing: true},
	{words: []string{"InternalServerError"}, passing: true},
	{words: []string{"ServiceUnavailable"}, passing: true},
}

func expired(v *visit) string {
	return fmt.Sprintf("your AWS credentials have expired. Sign in again (with IAM Identity Center: aws sso login), or "+
		"renew those of the source_profile of profile %q", v.profile)
}

func noCredentials(v *visit) string {
	return fmt.Sprintf("the AWS CLI has no credentials that AWS takes. Sign in, or look after those of the source_profile "+
		"of profile %q: aws configure list --profile %s", v.profile, v.profile)
}

func denied(v *visit) string {
	return fmt.Sprintf("AWS denies this to the credentials of profile %q. Is it the profile that this prints, with the "+
		"stack's session role? pulumi stack output awsProfile --stack %s", v.profile, v.stack)
}

// findProblem returns the problem of a failure, if it is a known one.
func findProblem(err error) (problem, bool) {
	var said *toolError
	if !errors.As(err, &said) {
		return problem{}, false
	}
	for _, p := range problems {
		all := true
		for _, word := range p.words {
			all = all && strings.Contains(said.words, word)
		}
		if all {
			return p, true
		}
	}
	return problem{}, false
}

// explain adds to what the AWS CLI says what to do about it.
func (v *visit) explain(err error) error {
	if p, ok := findProblem(err); ok && p.remedy != nil {
		return fmt.Errorf("%s\n(%w)", p.remedy(v), err)
	}
	return err
}

// passing says that a failure may be over at the next attempt.
func passing(err error) bool {
	p, ok := findProblem(err)
	return ok && p.passing
}
