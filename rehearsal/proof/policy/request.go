package policy

import "strings"

// Request is a request to AWS, or a class of requests about which some things are unknown. AWS's answer to a
// class is decided if it is the same for all requests of the class.
type Request struct {
	Principal Principal
	// Action is "service:Action".
	Action string
	// Actions are the possible actions of a class of requests. Optional: if it is set, Action is empty.
	Actions *Class
	// Resource is an ARN, or "*" if the action does not support resources.
	Resource string
	// Resources are the possible resources of a class of requests. Optional: if it is set, Resource is empty.
	Resources *Class
	// Context holds what is known about condition keys.
	Context Context
}

// Principal is who makes a request. The zero value stands for requests that are not signed.
type Principal struct {
	// ARN is that of a user, a root user, or a role session (arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION).
	// It is empty if the request is not signed or comes from a service.
	ARN string
	// RoleARN is the ARN of the role if the principal is a role session. Empty for a session: the path of the
	// role is unknown.
	RoleARN string
	// Service is the name of a service, such as "ec2.amazonaws.com".
	Service string
	// Group are the possible principals of a class of requests. If it is set, the other fields are empty.
	Group *Group
}

// Account returns the principal's account, or "" if it has no account or several are possible.
func (p Principal) Account() string {
	if p.Group != nil {
		return p.Group.Account
	}
	return arnPart(p.ARN, 4)
}

// IsSession reports whether the principal is the session of a role.
func (p Principal) IsSession() bool {
	return p.RoleARN != "" || strings.HasPrefix(arnPart(p.ARN, 5), "assumed-role/")
}

// User returns the principal for an IAM user.
func User(arn string) Principal { return Principal{ARN: arn} }

// Session returns the principal for a session of a role.
func Session(roleARN, session string) Principal {
	partition, account := arnPart(roleARN, 1), arnPart(roleARN, 4)
	// The ARN of a session contains the name of the role without its path.
	name := roleARN[strings.LastIndex(roleARN, "/")+1:]
	return Principal{
		ARN:     "arn:" + partition + ":sts::" + account + ":assumed-role/" + name + "/" + session,
		RoleARN: roleARN,
	}
}

// key returns what the principal determines about a condition key, given in lower case, or false if it determines nothing.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (p Principal) key(key string) (known, bool) {
	switch {
	case p.Service != "":
		return p.serviceKey(key)
	case p.Group != nil:
		return p.Group.key(key)
	case p.ARN == "":
		return unsignedKey(key)
	}
	rest := arnPart(p.ARN, 5)
	user, session := strings.HasPrefix(rest, "user/"), p.IsSession()
	switch key {
	case "aws:principalisawsservice":
		return exactly("false"), true
	case "aws:principalservicename":
		return known{has: No}, true
	case "aws:principalaccount":
		return exactly(p.Account()), true
	case "aws:principalarn":
		switch {
		case session && p.RoleARN == "":
			return known{has: Yes, group: &Group{Kind: RoleKind, Account: p.Account()}}, true
		case session:
			return exactly(p.RoleARN), true
		}
		return exactly(p.ARN), true
	case "aws:principaltype":
		switch {
		case session:
			return exactly("AssumedRole"), true
		case user:
			return exactly("User"), true
		case rest == "root":
			return exactly("Account"), true
		}
	case "aws:username":
		if user {
			return exactly(rest[strings.LastIndex(rest, "/")+1:]), true
		}
		return known{has: No}, true
	case "aws:multifactorauthpresent", "aws:multifactorauthage":
		// The credentials of a role session have no information about MFA.
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
		if session {
			return known{has: No}, true
		}
	}
	return known{}, false
}

func exactly(value string) known { return known{has: Yes, values: []string{value}, exact: true} }

// serviceKey returns what is known about a key if a service makes the request itself.
func (p Principal) serviceKey(key string) (known, bool) {
	switch key {
	case "aws:principalisawsservice":
		return exactly("true"), true
	case "aws:principalservicename":
		return exactly(p.Service), true
	case "aws:username", "aws:multifactorauthpresent", "aws:multifactorauthage":
		return known{has: No}, true
	}
	return known{}, false
}

// unsignedKey returns what is known about a key if the request is not signed.
func unsignedKey(key string) (known, bool) {
	switch key {
	case "aws:principaltype":
		return exactly("Anonymous"), true
	case "aws:principalisawsservice":
		return exactly("false"), true
	case "aws:username", "aws:principalservicename", "aws:multifactorauthpresent", "aws:multifactorauthage",
		"aws:userid", "aws:principalorgid", "aws:principalarn", "aws:principalaccount":
		return known{has: No}, true
	}
	return known{has: No}, strings.HasPrefix(key, "aws:principaltag/")
}

// key returns what all members of the group have in common about a condition key.
func (g *Group) key(key string) (known, bool) {
	switch key {
	case "aws:principalisawsservice":
		return exactly("false"), true
	case "aws:principalservicename":
		return known{has: No}, true
	case "aws:principalaccount":
		if g.Account != "" {
			return exactly(g.Account), true
		}
		return known{has: Yes, not: g.NotAccounts}, true
	case "aws:principalarn":
		return known{has: Yes, group: g}, true
	}
	switch {
	case g.Kind == UserKind && key == "aws:username":
		return known{has: Yes}, true
	case g.Kind == UserKind && key == "aws:principaltype":
		return exactly("User"), true
	case g.Kind == RoleKind && key == "aws:principaltype":
		return exactly("AssumedRole"), true
	case g.Kind == RoleKind && (key == "aws:username" || key == "aws:multifactorauthpresent" || key == "aws:multifactorauthage"):
		return known{has: No}, true
	case key == "aws:username", key == "aws:principaltype", key == "aws:userid":
		return known{has: Unknown}, true
	}
	return known{}, false
}

// arnPart returns a part of an ARN: 1 is the partition, 2 the service, 3 the Region, 4 the account, 5 the
// rest. It returns "" if text is not an ARN.
func arnPart(arn string, part int) string {
	rest, found := strings.CutPrefix(arn, "arn:")
	for at := 1; found && at < part; at++ {
		_, rest, found = strings.Cut(rest, ":")
	}
	if !found || strings.Count(arn, ":") < arnParts-1 {
		return ""
	}
	if part < arnParts-1 {
		rest, _, _ = strings.Cut(rest, ":")
	}
	return rest
}
