package proof

import (
	"fmt"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// targetsOf returns the instances on which a session role is meant to allow sessions. An instance that the stack reads
// is a target of every role that chooses by tags: the stack reads no others.
func (m *model) targetsOf(r *role) []*instance {
	intent := m.intentOf(r)
	return slices.DeleteFunc(slices.Clone(m.instances), func(i *instance) bool {
		switch intent.targets {
		case contract.TargetsStack:
			return i.external
		case contract.TargetsInstances:
			return !slices.Contains(intent.targetInstanceIDs, i.id)
		case contract.TargetsTagged:
			return !i.external && len(m.missingTags(i, intent.targetTags)) > 0
		}
		return false
	})
}

// target is an instance in requests of a session role.
type target struct {
	// instance is nil if the state does not contain the instance.
	*instance
	arn  string
	tags map[string]any
}

// String describes the target.
func (t target) String() string {
	if t.instance == nil {
		return "an instance"
	}
	return t.instance.String()
}

// self returns the resource.
func (t target) self() *resource {
	if t.instance == nil {
		return nil
	}
	return t.resource
}

// exampleTarget returns the first target of a session role, or else the first instance. If the state has no instances, it
// returns one that the role would be meant for.
func (m *model) exampleTarget(r *role) target {
	if instances := append(m.targetsOf(r), m.instances...); len(instances) > 0 {
		i := instances[0]
		return target{i, i.arn("ec2", "instance/"+i.id), m.tagsOf(i.resource)}
	}
	intent := m.intentOf(r)
	tags := map[string]any{}
	for _, t := range intent.targetTags {
		tags[t.key] = t.value
	}
	id := append(slices.Clone(intent.targetInstanceIDs), "i-0123456789abcdef0")[0]
	return target{nil, m.arn("ec2", "instance/"+id), tags}
}

// missingTags returns those of the tags that an instance does not have. As in IAM, their keys are not case-sensitive.
func (m *model) missingTags(i *instance, tags []tag) []tag {
	own := m.tagsOf(i.resource)
	return slices.DeleteFunc(slices.Clone(tags), func(t tag) bool {
		for key, value := range own {
			if strings.EqualFold(key, t.key) && asStr(value) == t.value {
				return true
			}
		}
		return false
	})
}

// startFix returns a change after which a session role allows an action on an instance.
func (m *model) startFix(r *role, i *instance, action string) string {
	intent := m.intentOf(r)
	if missing := m.missingTags(i, intent.targetTags); intent.targets == contract.TargetsTagged && len(missing) > 0 {
		return i.ask(fmt.Sprintf("tag %s with %s", i, joinTags(missing))) + orChangeTags
	}
	return "allow " + action + " on " + i.arn("ec2", "instance/"+i.id) + " to " + r.String()
}

// checkTargets checks that the state contains targets of a session role.
func (m *model) checkTargets(f *finding, r *role) {
	intent := m.intentOf(r)
	if intent.targets == contract.TargetsInstances {
		for _, id := range intent.targetInstanceIDs {
			if !slices.ContainsFunc(m.instances, func(i *instance) bool { return i.id == id }) {
				f.unknown("instance %s, which targetInstanceIds lists, is not in the state", id)
			}
		}
	}
	switch {
	case len(m.targetsOf(r)) > 0:
	case len(m.instances) == 0:
		m.addNoInstance(f, r)
	default:
		f.unknown("the state has no instance on which %s is meant to allow sessions", r)
	}
}

// addNoInstance adds that the state has no instance. The claim is then optional for a stack that creates endpoints, which
// is not for its own sessions only, and for one whose sessions are for any instance, which reads none.
func (m *model) addNoInstance(f *finding, r *role) {
	intent := m.intentOf(r)
	createsEndpoints := slices.ContainsFunc(m.endpoints, func(e *vpcEndpoint) bool { return !e.external })
	chooses := intent.targets == contract.TargetsInstances || intent.targets == contract.TargetsTagged
	if createsEndpoints || !chooses {
		f.claim.Class = Hardening
	}
	if found := m.launchers(); len(found) > 0 {
		f.unknown("the state has no instance, but %s: what it launches is not in the state", strings.Join(found, ", "))
		return
	}
	if len(intent.targetTags) == 0 {
		f.unknown("the state has no instance on which %s is meant to allow sessions", r)
		return
	}
	tags := joinTags(intent.targetTags)
	f.unknownUntil(askOwners+"tag them with "+tags+orChangeTags,
		"the state has no instance that is tagged with %s, as targetTags requires", tags)
}

// joinTags returns the tags as KEY=VALUE, separated by commas.
func joinTags(tags []tag) string {
	var texts []string
	for _, t := range tags {
		texts = append(texts, t.String())
	}
	return strings.Join(texts, ", ")
}

// taggedLimits returns the classes of requests that a session role for instances with certain tags must not allow.
// documents are those that it is meant for.
func (m *model) taggedLimits(r *role, tags []tag, documents []string) []scopeLimit {
	anyInstance := slices.Clone(documents)
	for _, at := range m.locations() {
		anyInstance = append(anyInstance, at.arn("ec2", "instance/*"))
	}
	actions := []struct {
		action  string
		except  []string
		context policy.Context
	}{
		{"ssm:StartSession", documents, policy.Context{}.WithOneOf(accessCheck, "true").Optional(accessCheck)},
		{pushKeyAction, nil, policy.Context{}},
	}
	tagged := map[string]any{}
	for _, t := range tags {
		tagged[t.key] = t.value
	}
	var limits []scopeLimit
	for _, a := range actions {
		limits = append(limits, scopeLimit{
			class: a.action + " on what is neither an instance of the account in the Region nor a document of the stack", action: a.action,
			resources: &policy.Class{Prefix: "arn:", Except: anyInstance}, context: a.context,
			examples: []policy.Context{withTags(a.context, tagged)},
			excess: excessResources(anyInstance, "%s allows "+a.action+" on %s, which the stack is not meant for", func(resource, where string) string {
				return "remove " + resource + " from " + where
			}),
		})
		for _, t := range tags {
			limit := scopeLimit{
				class: fmt.Sprintf("%s on instances without the tag %s", a.action, t), action: a.action,
				resources: &policy.Class{Prefix: "arn:", Except: a.except}, context: withoutTag(a.context, t),
				examples: m.contextsWithoutTag(r, a.context, tags, t),
			}
			limit.excess = m.excessWithoutTag(r, limit, t)
			limits = append(limits, limit)
		}
	}
	return limits
}

// withoutTag returns the context of requests for resources that do not have a tag, or have another value of it.
func withoutTag(context policy.Context, t tag) policy.Context {
	for _, prefix := range tagPrefixes {
		context = context.WithOther(prefix+t.key, t.value).Optional(prefix + t.key)
	}
	return context
}

// contextsWithoutTag returns contexts of requests for resources that have all tags except one: without it, and with each
// of its values that a policy of the role mentions.
func (m *model) contextsWithoutTag(r *role, context policy.Context, tags []tag, t tag) []policy.Context {
	osUser := append(r.conditionValues("ec2:osuser"), "ec2-user")[0]
	others := map[string]any{}
	for _, other := range tags {
		others[other.key] = other.value
	}
	delete(others, t.key)
	context = context.With("ec2:osuser", osUser)
	contexts := []policy.Context{withTags(context, others)}
	values := []string{"another value"}
	for _, prefix := range tagPrefixes {
		values = append(values, r.conditionValues(prefix+t.key)...)
	}
	for _, value := range values {
		if value = strings.ReplaceAll(value, "*", "x"); value != t.value {
			others[t.key] = value
			contexts = append(contexts, withTags(context, others))
		}
	}
	return contexts
}

// conditionValues returns the values with which conditions in the policies of the role compare a key.
func (r *role) conditionValues(key string) []string {
	var values []string
	for _, p := range r.policies {
		if p.document == nil {
			continue
		}
		for _, s := range p.document.Statements {
			for _, c := range s.Conditions {
				if strings.EqualFold(c.Key, key) {
					values = append(values, c.Values...)
				}
			}
		}
	}
	return values
}

// excessWithoutTag returns a function that says that a statement does not require a tag.
func (m *model) excessWithoutTag(r *role, limit scopeLimit, t tag) func(*policy.Statement, string) ([]string, string) {
	return func(s *policy.Statement, where string) (why []string, fix string) {
		_, request := m.limitRequest(r, limit)
		alone := policy.Policies{Identity: []*policy.Document{{Statements: []policy.Statement{*s}}}}
		if alone.DecideClass(request).Effect == policy.Denied {
			return nil, ""
		}
		return []string{fmt.Sprintf("%s allows %s on instances without the tag %s", where, limit.action, t)},
			fmt.Sprintf("require StringEquals %s%s = %s in %s", tagPrefixes[1], t.key, t.value, where)
	}
}
