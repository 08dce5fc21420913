package proof

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastionless/rehearsal/proof/policy"
)

// Request is a kind of request that a principal may make, and the decision about it.
type Request struct {
	// Role is the name of a session role, and RoleURN its URN.
	Role, RoleURN string
	// Who makes the request, such as "sessions of the role".
	Who string
	// Action is the IAM action.
	Action string
	// On is what the request is about, such as "instances of other stacks".
	On string
	// Effect is "allowed", "denied" or "undecided". It is "allowed" if AWS allows at least one request of the kind.
	Effect string
	// Why names the statement that decides.
	Why string
}

// Requests decides, for each session role of a deployment, who can assume it and what its sessions can do. The error may be
// ErrNoInstance.
func Requests(deployment *apitype.DeploymentV3) ([]Request, error) {
	s, err := readState(deployment)
	if err != nil {
		return nil, err
	}
	m, err := newModel(s)
	if err != nil {
		return nil, err
	}
	var found []Request
	for _, r := range m.sessionRoles() {
		t := &requestTable{model: m, role: r}
		t.addAssume()
		t.addStart()
		t.addSessions()
		t.addOthers()
		found = append(found, t.requests...)
	}
	return found, nil
}

// requestTable collects the requests about one session role.
type requestTable struct {
	*model
	role     *role
	requests []Request
}

func (t *requestTable) add(who, action, on string, d policy.Decision) {
	t.requests = append(t.requests, Request{
		Role: t.role.resource.name, RoleURN: t.role.urn, Who: who, Action: action, On: on, Effect: d.Effect.String(), Why: d.Why,
	})
}

// addClass adds the decision about a class of requests: whether AWS denies all of them or allows at least one.
func (t *requestTable) addClass(who, action, on string, policies policy.Policies, request *policy.Request) {
	d := decideClass(policies, request)
	if d.Effect != policy.Denied {
		if witness, allowed, ok := policies.Witness(request); ok {
			d = allowed
			d.Why = fmt.Sprintf("for example %s: %s", cmp.Or(witness.Resource, witness.Principal.ARN), allowed.Why)
		}
	}
	t.add(who, action, on, d)
}

// addAssume adds who can assume the role.
func (t *requestTable) addAssume() {
	const action, this = "sts:AssumeRole", "this role"
	for _, p := range t.trustedPrincipals(t.role) {
		d, request := t.decideAssume(t.role, p.Principal)
		who := p.listed
		if request != nil && request.Context.Value(mfaPresent) == "true" {
			who += ", with MFA"
		}
		t.add(who, action, this, d)
	}
	policies, request := t.assume(t.role, policy.Group{Kind: policy.UserKind}, withoutMFA())
	t.addClass("IAM users without MFA", action, this, policies, request)
	policies, request = t.assume(t.role, policy.Group{NotAccounts: []string{t.role.account()}}, policy.Context{})
	t.addClass("principals of other accounts", action, this, policies, request)
}

const roleSessions = "sessions of the role"

// addStart adds which sessions the role can start.
func (t *requestTable) addStart() {
	const action = "ssm:StartSession"
	for _, at := range t.locations() {
		for _, u := range t.documentUsesAt(t.role, at) {
			d := u.decision
			for _, i := range t.instances {
				if one := t.decideStart(t.role, i, documentContext(u.name)); i.location == at && d.Effect == policy.Allowed && one.Effect != policy.Allowed {
					d = one
				}
			}
			t.add(roleSessions, action, "the instances of the state in "+at.region+", with "+u.name, d)
		}
	}
	for _, limit := range t.scopeLimits(t.role) {
		if limit.action != action {
			continue
		}
		policies, request := t.sessionRequest(t.role, action, "", limit.context)
		request.Context, request.Resources = request.Context.WithSome("aws:userid"), limit.resources
		t.addClass(roleSessions, action, limit.on(), policies, request)
	}
	t.add(roleSessions, action, "an instance with the default document, without a check of the document", t.startWithoutAccessCheck(t.role))
}

// addSessions adds what sessions of the role can do with sessions that are open.
func (t *requestTable) addSessions() {
	for _, action := range []string{"ssm:ResumeSession", "ssm:TerminateSession"} {
		t.add(roleSessions, action, "their own sessions",
			t.decideNamedSession(t.role, action, t.sessionARN(exampleUser), sessionContext(t.role.uniqueID+":"+exampleUser)))
		policies, request := t.sessionRequest(t.role, action, "", policy.Context{}.WithOtherThan(sessionTag, "aws:userid").Optional(sessionTag))
		request.Context, request.Resources = request.Context.WithSome("aws:userid"), &policy.Class{Prefix: "arn:"}
		t.addClass(roleSessions, action, "sessions of others", policies, request)
	}
	t.add(roleSessions, "ssmmessages:OpenDataChannel", "the data channel of a session", t.decideSession(t.role, "ssmmessages:OpenDataChannel", "*", policy.Context{}))
}

// addOthers adds other requests of sessions of the role.
func (t *requestTable) addOthers() {
	example := t.exampleTarget(t.role)
	name := "an instance"
	if example.instance != nil {
		name = "instance " + example.shortName()
	}
	for _, user := range []string{t.intentOf(t.role).loginUser, "root"} {
		context := withTags(policy.Context{}.With("ec2:osuser", user), example.tags)
		t.add(roleSessions, pushKeyAction, name+", as "+user, t.decideSession(t.role, pushKeyAction, example.arn, context))
	}
	for _, k := range t.keys {
		t.add(roleSessions, "kms:GenerateDataKey", "key "+k.shortName(), t.decideSession(t.role, "kms:GenerateDataKey", k.arn, policy.Context{}))
	}
	for _, limit := range t.scopeLimits(t.role) {
		on, action := limit.on(), limit.action
		switch {
		case action == "ssm:StartSession":
			continue // addStart adds it
		case limit.actions != nil:
			on, action = "anything", "actions that sessions do not need"
		case action == "kms:GenerateDataKey":
			on = "other keys"
		}
		policies, request := t.sessionRequest(t.role, limit.action, "", limit.context)
		request.Context = request.Context.WithSome("aws:userid")
		request.Actions, request.Resources = limit.actions, limit.resources
		t.addClass(roleSessions, action, on, policies, request)
	}
	for _, action := range []string{"ssm:SendCommand", "iam:PassRole"} {
		on := map[string]string{"ssm:SendCommand": "the instances of the state", "iam:PassRole": "the role of the instances"}[action]
		resource, context := example.arn, withTags(policy.Context{}, example.tags)
		if strings.HasPrefix(action, "iam:") {
			if example.instance == nil {
				continue
			}
			r, _ := t.roleOf(example.instance)
			if r == nil || r.missing {
				continue
			}
			resource, context = r.arn, policy.Context{}
		}
		t.add(roleSessions, action, on, t.decideSession(t.role, action, resource, context))
	}
}
