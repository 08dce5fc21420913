package awssim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/iampolicy"
)

func init() {
	maps.Copy(lookups, map[string]lookup{
		"aws:iam/getRole:getRole":                         {[]string{"name", "tags"}, nil, nil, getRole},
		"aws:iam/getInstanceProfile:getInstanceProfile":   {[]string{"name"}, nil, nil, getInstanceProfile},
		"aws:iam/getInstanceProfiles:getInstanceProfiles": {[]string{"roleName"}, nil, nil, getInstanceProfiles},
		// Simulations of other requests than those without resources and condition keys are not supported.
		"aws:iam/getPrincipalPolicySimulation:getPrincipalPolicySimulation": {
			[]string{"actionNames", "policySourceArn"}, nil, nil, simulatePolicy,
		},
	})
}

func getRole(c *call, args values) (values, error) {
	name := str(args, "name")
	role := c.get(roleToken, name)
	if role == nil {
		return nil, fmt.Errorf("reading IAM Role (%s): couldn't find resource", name)
	}
	answer := values{"id": name, "name": name, "roleLastUseds": []any{}, "tags": role.providerTags()}
	for _, property := range []string{
		"arn", "assumeRolePolicy", "createDate", "maxSessionDuration", "path", "uniqueId",
	} {
		answer[property] = role.State[property]
	}
	answer["description"], answer["permissionsBoundary"] = str(role.State, "description"), str(role.State, "permissionsBoundary")
	return answer, nil
}

func getInstanceProfile(c *call, args values) (values, error) {
	name := str(args, "name")
	profile := c.get(profileToken, name)
	if profile == nil {
		return nil, fmt.Errorf("reading IAM Instance Profile (%s): couldn't find resource", name)
	}
	answer := values{
		"id": profile.State["uniqueId"], "name": name, "arn": profile.State["arn"], "path": profile.State["path"],
		"createDate": profile.State["createDate"], "roleName": "", "roleArn": "", "roleId": "",
	}
	if role := c.get(roleToken, str(profile.State, "role")); role != nil {
		answer["roleName"], answer["roleArn"], answer["roleId"] = role.ID, role.State["arn"], role.State["uniqueId"]
	}
	return answer, nil
}

func getInstanceProfiles(c *call, args values) (values, error) {
	role := str(args, "roleName")
	if c.get(roleToken, role) == nil {
		return nil, fmt.Errorf("reading IAM Instance Profiles for Role (%s): couldn't find resource", role)
	}
	names, arns, paths := []any{}, []any{}, []any{}
	for _, profile := range c.find(profileToken, ofRole(role)) {
		names, arns, paths = append(names, profile.ID), append(arns, profile.State["arn"]), append(paths, profile.State["path"])
	}
	return values{"id": role, "roleName": role, "names": names, "arns": arns, "paths": paths}, nil
}

// simulatePolicy returns what the policies of a role allow, as the provider's data source does.
func simulatePolicy(c *call, args values) (values, error) {
	arn := str(args, "policySourceArn")
	const reading = "policy simulation" // the message is not confirmed
	role := c.get(roleToken, arn[strings.LastIndex(arn, "/")+1:])
	if role == nil || str(role.State, "arn") != arn {
		return nil, c.iamError(reading, "SimulatePrincipalPolicy", "NoSuchEntity", "The principal %s cannot be found.", arn)
	}
	policies, err := c.policiesOf(role.ID)
	if err != nil {
		return nil, err
	}
	boundaries := []string{}
	if boundary := str(role.State, "permissionsBoundary"); boundary != "" {
		text, err := c.managedPolicy(boundary)
		if err != nil {
			return nil, err
		}
		boundaries = append(boundaries, text)
	}
	results, all := []any{}, true
	for _, action := range strList(args, "actionNames") {
		decision, err := iampolicy.Simulate(policies, action)
		if err == nil && decision == iampolicy.Allowed && len(boundaries) > 0 {
			decision, err = iampolicy.Simulate(boundaries, action)
		}
		if err != nil {
			return nil, fmt.Errorf("role %s: %w", role.ID, err)
		}
		all = all && decision == iampolicy.Allowed
		results = append(results, values{
			"actionName": action, "allowed": decision == iampolicy.Allowed, "decision": string(decision), "decisionDetails": values{},
			"matchedStatements": []any{}, "missingContextKeys": []any{}, "resourceArn": "*",
		})
	}
	answer := clone(args)
	answer["id"], answer["results"], answer["allAllowed"] = "-", results, all && len(results) > 0
	return answer, nil
}

// policiesOf returns the documents of the policies of a role.
func (c *call) policiesOf(role string) ([]string, error) {
	inline := c.inlinePolicies(role)
	var documents []string
	for _, name := range slices.Sorted(maps.Keys(inline)) {
		documents = append(documents, inline[name])
	}
	for _, arn := range c.attachedPolicies(role) {
		text, err := c.managedPolicy(arn)
		if err != nil {
			return nil, err
		}
		documents = append(documents, text)
	}
	return documents, nil
}

// managedPolicy returns the document of a managed policy. An account file contains none.
func (c *call) managedPolicy(arn string) (string, error) {
	name, ok := strings.CutPrefix(arn, "arn:"+c.partition+":iam::aws:policy/")
	if text := managedDocuments[name]; ok && text != "" {
		return text, nil
	}
	return "", fmt.Errorf("the simulated AWS does not know the content of the policy %s", arn)
}

// managedDocuments are the contents of AWS managed policies, by name.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
var managedDocuments = map[string]string{
	"AmazonSSMManagedInstanceCore": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:DescribeAssociation",` +
		`"ssm:GetDeployablePatchSnapshotForInstance","ssm:GetDocument","ssm:DescribeDocument","ssm:GetManifest","ssm:GetParameter",` +
		`"ssm:GetParameters","ssm:ListAssociations","ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutComplianceItems",` +
		`"ssm:PutConfigurePackageResult","ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus",` +
		`"ssm:UpdateInstanceInformation"],"Resource":"*"},{"Effect":"Allow","Action":["ssmmessages:CreateControlChannel",` +
		`"ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":"*"},` +
		`{"Effect":"Allow","Action":["ec2messages:AcknowledgeMessage","ec2messages:DeleteMessage","ec2messages:FailMessage",` +
		`"ec2messages:GetEndpoint","ec2messages:GetMessages","ec2messages:SendReply"],"Resource":"*"}]}`,
	"AdministratorAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
}
