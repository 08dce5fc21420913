package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// statuses are the properties that say whether a resource exists and works, by type, with the values of one
// that does. An absent value means nothing.
//
//   - https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html: a session needs a running
//     instance, and a terminated one does not come back.
//   - https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DocumentDescription.html
var statuses = map[string]struct{ property, values string }{
	"aws:ec2/instance:Instance": {"instanceState", "running pending"},
	"aws:ssm/document:Document": {"status", "Active"},
}

// startFix returns what to do about an instance that is stopped, or "" for every other resource.
func (r *resource) startFix() string {
	if r.typ == "aws:ec2/instance:Instance" && slices.Contains([]string{"stopping", "stopped"}, asStr(r.outputs["instanceState"])) {
		return r.ask("start " + r.String())
	}
	return ""
}

// healthOf returns the reasons why a resource may not exist, or may not be as its outputs say.
func healthOf(r apitype.ResourceV3) []string {
	var health []string
	if r.PendingReplacement {
		health = append(health, "a replacement has deleted it and not created it again (run \"pulumi up\")")
	}
	if len(r.InitErrors) > 0 {
		health = append(health, "its last operation failed: "+strings.Join(r.InitErrors, "; "))
	}
	if r.Custom && r.ID == "" {
		health = append(health, "it has no id, so that it may not exist")
	}
	status, has := statuses[string(r.Type)]
	if value, _ := r.Outputs[status.property].(string); has && value != "" && !toSet(status.values)[value] {
		health = append(health, fmt.Sprintf("its %s is %q", status.property, value))
	}
	return health
}
