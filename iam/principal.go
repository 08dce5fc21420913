package iam

import (
	"fmt"
	"regexp"
	"strings"
)

// Principal is a principal that may assume the session role. The zero value is the stack's account with
// all its users and roles.
type Principal struct {
	// account is the 12-digit ID of an account, which stands for all its users and roles.
	account string
	// arn is the ARN of an IAM user or role.
	arn string
	// user says that arn is the ARN of a user.
	user bool
	// permissionSet is the name of a permission set of IAM Identity Center, in the stack's account.
	permissionSet string
}

var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	// A user or role name has 1 to 64 of these characters, after a path.
	arnPattern = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::([0-9]{12}):(user|role)/((?:[\x21-\x2e\x30-\x7e]+/)*[\w+=,.@-]{1,64})$`)
	// https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PermissionSet.html
	permissionSetPattern = regexp.MustCompile(`^[\w+=,.@-]{1,32}$`)
)

// ParsePrincipal parses a principal in one of these forms: "account", a 12-digit account ID, the ARN of an
// IAM user or role, or "sso:" and the name of a permission set. The error states the value, the rule and
// the remedy.
func ParsePrincipal(text string) (Principal, error) {
	if set, ok := strings.CutPrefix(text, "sso:"); ok {
		if !permissionSetPattern.MatchString(set) {
			return Principal{}, fmt.Errorf("%q is not a permission set: use sso: followed by a name of 1 to 32 letters, "+
				"digits and characters of +=,.@-_, such as sso:AdministratorAccess", text)
		}
		return Principal{permissionSet: set}, nil
	}
	switch match := arnPattern.FindStringSubmatch(text); {
	case text == "account":
		return Principal{}, nil
	case accountPattern.MatchString(text):
		return Principal{account: text}, nil
	case match == nil:
		return Principal{}, fmt.Errorf("%q is not a principal: use account, a 12-digit account ID, the ARN of an IAM user "+
			"or role (arn:PARTITION:iam::ACCOUNT:user/NAME), or sso:PERMISSION_SET", text)
	default:
		return Principal{arn: text, user: match[3] == "user"}, nil
	}
}

// SupportsMFA reports whether the principal's requests can show that the caller signed in with MFA.
// Requests by roles, including those of IAM Identity Center, cannot.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
func (p Principal) SupportsMFA() bool {
	return p.permissionSet == "" && (p.arn == "" || p.user)
}

// IsUser reports whether the principal is an IAM user.
func (p Principal) IsUser() bool { return p.user }

// UserName returns the name of the IAM user, without its path. Empty: the principal is not an IAM user.
func (p Principal) UserName() string {
	if !p.user {
		return ""
	}
	return p.arn[strings.LastIndex(p.arn, "/")+1:]
}

// String returns the principal in the form that ParsePrincipal accepts.
func (p Principal) String() string {
	switch {
	case p.permissionSet != "":
		return "sso:" + p.permissionSet
	case p.arn != "":
		return p.arn
	case p.account != "":
		return p.account
	}
	return "account"
}

// checkPartition returns an error if the principal is in another partition.
func (p Principal) checkPartition(partition string) error {
	if match := arnPattern.FindStringSubmatch(p.arn); match != nil && match[1] != partition {
		return fmt.Errorf("%q is in partition %s, but the stack is in partition %s: use a principal in partition "+
			"%s", p.arn, match[1], partition, partition)
	}
	return nil
}
