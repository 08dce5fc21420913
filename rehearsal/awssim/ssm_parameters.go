package awssim

import (
	"encoding/json"
	"maps"
	"slices"
)

// documentParams are the parameters of a document, and those without a default.
type documentParams struct{ parameters, required []string }

// awsDocuments are the documents of AWS that associations can run.
var awsDocuments = map[string]documentParams{
	"AWS-UpdateSSMAgent": {parameters: []string{"allowDowngrade", "version"}},
	"AWS-RunPatchBaseline": {
		parameters: []string{"BaselineOverride", "InstallOverrideList", "Operation", "RebootOption", "SnapshotId"},
		required:   []string{"Operation"},
	},
	"AWS-RunPatchBaselineAssociation": {
		parameters: []string{"AssociationId", "BaselineTags", "InstallOverrideList", "Operation", "RebootOption"},
		required:   []string{"Operation"},
	},
	"AWS-GatherSoftwareInventory": {parameters: []string{
		"applications", "awsComponents", "billingInfo", "customInventory", "files", "instanceDetailedInformation",
		"networkConfig", "services", "windowsRegistry", "windowsRoles", "windowsUpdates",
	}},
	"AWS-ConfigureAWSPackage": {
		parameters: []string{"action", "additionalArguments", "installationType", "name", "version"},
		required:   []string{"action", "name"},
	},
	"AWS-RunShellScript": {
		parameters: []string{"commands", "executionTimeout", "workingDirectory"},
		required:   []string{"commands"},
	},
	"AWS-RunPowerShellScript": {
		parameters: []string{"commands", "executionTimeout", "workingDirectory"},
		required:   []string{"commands"},
	},
	"AmazonCloudWatch-ManageAgent": {
		parameters: []string{
			"action", "mode", "optionalConfigurationLocation", "optionalConfigurationSource", "optionalOpenTelemetryCollectorConfigurationLocation",
			"optionalOpenTelemetryCollectorConfigurationSource", "optionalRestart",
		},
		required: []string{"action"},
	},
}

// documentParameters returns the parameters of one of the account's documents.
func documentParameters(state values) documentParams {
	var content struct {
		Parameters map[string]struct {
			Default any `json:"default"`
		} `json:"parameters"`
	}
	var document documentParams
	if json.Unmarshal([]byte(str(state, "content")), &content) == nil {
		for _, name := range slices.Sorted(maps.Keys(content.Parameters)) {
			document.parameters = append(document.parameters, name)
			if content.Parameters[name].Default == nil {
				document.required = append(document.required, name)
			}
		}
	}
	return document
}
