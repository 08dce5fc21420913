package deployer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Usage is what a deployed stack uses in AWS. All lists are sorted and have no duplicates.
type Usage struct {
	// Types are the types of its resources, ReadTypes those of existing resources that it only reads, and Lookups the tokens
	// of its lookups.
	Types, ReadTypes, Lookups []string
	// IAMARNs are the ARNs of its roles and instance profiles, and BucketARNs those of its buckets. The random end of a name that
	// Pulumi generated is replaced with "*".
	IAMARNs, BucketARNs []string
	// OtherRoleARNs are the ARNs of existing roles, without a path, to which the stack adds policies.
	OtherRoleARNs []string
	// ManagedPolicies are the ARNs of the managed policies that are attached to its roles.
	ManagedPolicies []string
	// PassedRoles are the ARNs of the roles that the stack passes to a service, by service.
	PassedRoles map[string][]string
}

// Types of the resources whose ARNs are in the policy.
const (
	roleType       = "aws:iam/role:Role"
	profileType    = "aws:iam/instanceProfile:InstanceProfile"
	bucketType     = "aws:s3/bucketV2:BucketV2"
	attachmentType = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	rolePolicyType = "aws:iam/rolePolicy:RolePolicy"
)

// UsageOf returns what a deployed stack with these resources and lookups uses.
func UsageOf(resources []apitype.ResourceV3, lookups []string) (Usage, error) {
	usage := Usage{Lookups: lookups, PassedRoles: map[string][]string{}}
	for _, state := range resources {
		token := string(state.Type)
		if state.External {
			usage.ReadTypes = append(usage.ReadTypes, token)
			continue
		}
		usage.Types = append(usage.Types, token)
		switch token {
		case roleType, profileType:
			arn := pattern(state)
			usage.IAMARNs = append(usage.IAMARNs, arn)
			if token == profileType {
				continue
			}
			services, err := trustedServices(state)
			if err != nil {
				return Usage{}, err
			}
			for _, service := range services {
				usage.PassedRoles[service] = append(usage.PassedRoles[service], arn)
			}
		case attachmentType:
			usage.ManagedPolicies = append(usage.ManagedPolicies, str(state.Inputs, "policyArn"))
		case bucketType:
			usage.BucketARNs = append(usage.BucketARNs, pattern(state))
		}
	}
	usage.OtherRoleARNs = otherRoles(resources)
	for _, arns := range usage.PassedRoles {
		slices.Sort(arns)
	}
	for _, list := range []*[]string{
		&usage.Types, &usage.ReadTypes, &usage.Lookups, &usage.IAMARNs, &usage.BucketARNs, &usage.ManagedPolicies, &usage.OtherRoleARNs,
	} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return usage, nil
}

// otherRoles returns the ARNs of the roles with policies of the stack that are not roles of the stack.
func otherRoles(resources []apitype.ResourceV3) []string {
	own, prefix := map[string]bool{}, ""
	for _, state := range resources {
		if string(state.Type) == roleType {
			own[string(state.ID)] = true
			prefix = strings.TrimSuffix(str(state.Outputs, "arn"), string(state.ID))
		}
	}
	var arns []string
	for _, state := range resources {
		if role := str(state.Inputs, "role"); string(state.Type) == rolePolicyType && !own[role] {
			arns = append(arns, prefix+role)
		}
	}
	return arns
}

// pattern returns the ARN of a resource, with "*" for the random end of a name that Pulumi generated.
func pattern(state apitype.ResourceV3) string {
	arn := str(state.Outputs, "arn")
	prefix := state.URN.Name() + "-"
	if name := string(state.ID); strings.HasPrefix(name, prefix) {
		return strings.TrimSuffix(arn, name) + prefix + "*"
	}
	return arn
}

// str returns a property that is a string, or "".
func str(properties map[string]any, key string) string {
	text, _ := properties[key].(string)
	return text
}

// trustedServices returns the services that can assume a role.
func trustedServices(role apitype.ResourceV3) ([]string, error) {
	var trust struct {
		Statement []struct{ Principal struct{ Service []string } }
	}
	if err := json.Unmarshal([]byte(str(role.Inputs, "assumeRolePolicy")), &trust); err != nil {
		return nil, fmt.Errorf("trust policy of %s: %w", role.URN.Name(), err)
	}
	var services []string
	for _, statement := range trust.Statement {
		services = append(services, statement.Principal.Service...)
	}
	return services, nil
}

// statement is a statement of a policy.
type statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  any
	Condition map[string]map[string]any `json:",omitempty"`
}

// actionsBySid returns the actions of the policy, by the Sids of their statements.
func (u Usage) actionsBySid() (map[string][]string, error) {
	all, err := actionsFor(u.Types, u.ReadTypes, u.Lookups)
	if err != nil {
		return nil, err
	}
	own, err := actionsFor(u.Types, nil, nil)
	if err != nil {
		return nil, err
	}
	reads, err := actionsFor(nil, u.ReadTypes, u.Lookups)
	if err != nil {
		return nil, err
	}
	bySid := map[string][]string{}
	add := func(sid, action string, when bool) {
		if when {
			bySid[sid] = append(bySid[sid], action)
		}
	}
	for _, action := range all {
		isIAM := strings.HasPrefix(action, "iam:")
		attaches := action == "iam:AttachRolePolicy" || action == "iam:DetachRolePolicy"
		add("Attach", action, attaches)
		add("LookUpRoles", action, isIAM && slices.Contains(reads, action))
		add("Roles", action, isIAM && !attaches && action != passRole && slices.Contains(own, action))
		add("Records", action, strings.HasPrefix(action, "s3:"))
		add("Stack", action, !isIAM && !strings.HasPrefix(action, "s3:"))
	}
	return bySid, nil
}

// Policy returns the minimal IAM policy, as indented JSON. Actions on resources whose ids AWS generates, and actions that list
// resources, are allowed for all resources.
func (u Usage) Policy() (string, error) {
	bySid, err := u.actionsBySid()
	if err != nil {
		return "", err
	}
	statements := []statement{{Sid: "Stack", Effect: "Allow", Action: bySid["Stack"], Resource: "*"}}
	if len(bySid["Records"]) > 0 {
		statements = append(statements, statement{Sid: "Records", Effect: "Allow", Action: bySid["Records"], Resource: u.BucketARNs})
	}
	if len(bySid["Roles"]) > 0 {
		statements = append(statements, statement{Sid: "Roles", Effect: "Allow", Action: bySid["Roles"], Resource: u.IAMARNs})
	}
	if len(bySid["LookUpRoles"]) > 0 {
		statements = append(statements, statement{Sid: "LookUpRoles", Effect: "Allow", Action: bySid["LookUpRoles"], Resource: "*"})
	}
	if len(u.OtherRoleARNs) > 0 {
		statements = append(statements, statement{
			Sid: "OtherRoles", Effect: "Allow", Action: resourceActions[rolePolicyType], Resource: u.OtherRoleARNs,
		})
	}
	if len(bySid["Attach"]) > 0 {
		statements = append(statements, statement{
			Sid: "Attach", Effect: "Allow", Action: bySid["Attach"], Resource: u.IAMARNs,
			Condition: map[string]map[string]any{"ArnEquals": {"iam:PolicyARN": u.ManagedPolicies}},
		})
	}
	for i, service := range slices.Sorted(maps.Keys(u.PassedRoles)) {
		statements = append(statements, statement{
			Sid: fmt.Sprintf("PassRole%d", i+1), Effect: "Allow", Action: []string{passRole}, Resource: u.PassedRoles[service],
			Condition: map[string]map[string]any{"StringEquals": {"iam:PassedToService": service}},
		})
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements})
	return text.String(), err
}
