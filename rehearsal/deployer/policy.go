package deployer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/resource"
)

// Use is what a deployed stack uses of AWS.
type Use struct {
	// Types are the types of its resources, Lookups the tokens of its lookups.
	Types, Lookups []string
	// IAM and Buckets are the ARNs of its roles, instance profiles and buckets, with * for the end of a name that Pulumi makes
	// up.
	IAM, Buckets []string
	// Attached are the ARNs of the policies that its roles have besides those of their own.
	Attached []string
	// Passed maps each service to the roles that the stack gives it.
	Passed map[string][]string
}

// Types of resources whose names the permissions hold.
const (
	roleType    = "aws:iam/role:Role"
	profileType = "aws:iam/instanceProfile:InstanceProfile"
	bucketType  = "aws:s3/bucketV2:BucketV2"
	attachment  = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
)

// UseOf reads what a deployed stack uses.
func UseOf(resources []*resource.State, lookups []string) (Use, error) {
	use := Use{Lookups: lookups, Passed: map[string][]string{}}
	for _, state := range resources {
		token := string(state.Type)
		use.Types = append(use.Types, token)
		switch token {
		case roleType, profileType:
			arn := pattern(state)
			use.IAM = append(use.IAM, arn)
			if token == profileType {
				continue
			}
			services, err := trusted(state)
			if err != nil {
				return Use{}, err
			}
			for _, service := range services {
				use.Passed[service] = append(use.Passed[service], arn)
			}
		case attachment:
			use.Attached = append(use.Attached, state.Inputs["policyArn"].StringValue())
		case bucketType:
			use.Buckets = append(use.Buckets, pattern(state))
		}
	}
	for _, arns := range use.Passed {
		slices.Sort(arns)
	}
	for _, list := range []*[]string{&use.Types, &use.Lookups, &use.IAM, &use.Buckets, &use.Attached} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return use, nil
}

// pattern is the ARN of a resource, with * for what Pulumi appends to the names that it makes up.
func pattern(state *resource.State) string {
	arn := state.Outputs["arn"].StringValue()
	begins := state.URN.Name() + "-"
	if name := string(state.ID); strings.HasPrefix(name, begins) {
		return strings.TrimSuffix(arn, name) + begins + "*"
	}
	return arn
}

// trusted lists the services that assume a role.
func trusted(role *resource.State) ([]string, error) {
	var trust struct {
		Statement []struct{ Principal struct{ Service []string } }
	}
	if err := json.Unmarshal([]byte(role.Inputs["assumeRolePolicy"].StringValue()), &trust); err != nil {
		return nil, fmt.Errorf("trust policy of %s: %w", role.URN.Name(), err)
	}
	var services []string
	for _, statement := range trust.Statement {
		services = append(services, statement.Principal.Service...)
	}
	return services, nil
}

// statement is one of a policy.
type statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  any
	Condition map[string]map[string]any `json:",omitempty"`
}

// Policy is the least IAM policy with which the stack deploys and goes, as JSON. Nobody can name what AWS numbers, or
// narrow what lists, so those calls are allowed on everything.
func (u Use) Policy() (string, error) {
	actions, err := Actions(u.Types, u.Lookups)
	if err != nil {
		return "", err
	}
	parts := map[string][]string{}
	for _, action := range actions {
		part := "Stack"
		switch {
		case action == passRole:
			continue
		case action == "iam:AttachRolePolicy" || action == "iam:DetachRolePolicy":
			part = "Attach"
		case strings.HasPrefix(action, "iam:"):
			part = "Roles"
		case strings.HasPrefix(action, "s3:"):
			part = "Records"
		}
		parts[part] = append(parts[part], action)
	}
	statements := []statement{{Sid: "Stack", Effect: "Allow", Action: parts["Stack"], Resource: "*"}}
	if len(parts["Records"]) > 0 {
		statements = append(statements, statement{Sid: "Records", Effect: "Allow", Action: parts["Records"], Resource: u.Buckets})
	}
	if len(parts["Roles"]) > 0 {
		statements = append(statements, statement{Sid: "Roles", Effect: "Allow", Action: parts["Roles"], Resource: u.IAM})
	}
	if len(parts["Attach"]) > 0 {
		statements = append(statements, statement{
			Sid: "Attach", Effect: "Allow", Action: parts["Attach"], Resource: u.IAM,
			Condition: map[string]map[string]any{"ArnEquals": {"iam:PolicyARN": u.Attached}},
		})
	}
	for i, service := range slices.Sorted(maps.Keys(u.Passed)) {
		statements = append(statements, statement{
			Sid: fmt.Sprintf("PassRole%d", i+1), Effect: "Allow", Action: []string{passRole}, Resource: u.Passed[service],
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
