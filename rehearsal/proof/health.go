package proof

import (
	"fmt"
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

// claimsOfRunning are the claims that a stopped instance makes undecided. It keeps its role, its address and its security
// groups, so the other claims are about what it can do once it is started.
var claimsOfRunning = toSet("reach.ssm multi-zone")

// isStopped reports whether the resource is an instance that is stopped and can be started.
func (r *resource) isStopped() bool {
	return r.typ == "aws:ec2/instance:Instance" && stoppedStates[asStr(r.outputs["instanceState"])]
}

var stoppedStates = toSet("stopping stopped")

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
	if value, _ := r.Outputs[status.property].(string); has && value != "" && !toSet(status.values)[value] && !stoppedStates[value] {
		health = append(health, fmt.Sprintf("its %s is %q", status.property, value))
	}
	return health
}
