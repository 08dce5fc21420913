package main

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"

	"bastionless/internal/contract"
	"bastionless/rehearsal/engine"
)

// fix is what to do about an error of AWS that the program cannot foresee.
type fix struct {
	// types ends the qualified type of the resource: its type, after that of its component.
	types string
	// errors are texts. The error contains one of them.
	errors []string
	text   string
}

// fixable are the errors with a fix. Their texts name the configuration key.
var fixable = []fix{
	{
		contract.InstanceRoleType + "$aws:iam/role:Role",
		[]string{"EntityAlreadyExists"},
		"set instanceRoleName to a name that the account does not have yet, or remove the key to generate a name",
	},
	{
		contract.InstanceRoleType + "$aws:iam/instanceProfile:InstanceProfile",
		[]string{"EntityAlreadyExists"},
		"set instanceRoleName to a name that no instance profile of the account has yet, or remove the key to generate a name",
	},
	{
		contract.SessionRoleType + "$aws:iam/role:Role",
		[]string{"EntityAlreadyExists"},
		"set sessionRoleName to a name that the account does not have yet, or remove the key to generate a name",
	},
	{
		contract.SessionRoleType + "$aws:iam/role:Role",
		[]string{"Invalid principal in policy"},
		"one of sessionPrincipals does not exist: list IAM users and roles that exist, with their paths, or account",
	},
	{
		"aws:iam/role:Role",
		[]string{"quota for RolesPerAccount"},
		"delete roles that nobody uses, or request an increase of the quota \"Roles per account\" (L-FE177D64)",
	},
	{
		"aws:ec2/vpc:Vpc",
		[]string{"VpcLimitExceeded"},
		"set vpcId to deploy to an existing VPC, delete a VPC that nobody uses, or request an increase of the quota \"VPCs per Region\" " +
			"(L-F678F1CE)",
	},
	{
		// The preview finds conflicts with other existing endpoints.
		"aws:ec2/vpcEndpoint:VpcEndpoint",
		[]string{"conflicting DNS domain"},
		"if the file of the account contains endpoints of this stack, rehearse with one that was captured before the stack was deployed: " +
			"docs/capture.md",
	},
	{
		"aws:ec2/vpcEndpoint:VpcEndpoint",
		[]string{"VpcEndpointLimitExceeded"},
		"remove services from interfaceEndpoints, or request an increase of the quota \"Interface VPC endpoints per VPC\" (L-29B6F2EB) or, for " +
			"the S3 endpoint, \"Gateway VPC endpoints per Region\" (L-1B52E74A)",
	},
}

// fixes returns the fixes for the errors among diagnostics, without duplicates.
func fixes(diagnostics []engine.Diagnostic) []string {
	var found []string
	for _, d := range diagnostics {
		if d.Severity != string(diag.Error) || d.URN == "" {
			continue
		}
		for _, f := range fixable {
			occurred := slices.ContainsFunc(f.errors, func(text string) bool { return strings.Contains(d.Text, text) })
			if occurred && strings.HasSuffix(string(d.URN.QualifiedType()), f.types) && !slices.Contains(found, f.text) {
				found = append(found, f.text)
			}
		}
	}
	return found
}
