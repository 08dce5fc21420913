package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

var errEmpty = errors.New("the state has no resources: deploy the stack first")

// Read reads a state in the format of "pulumi stack export". If the input has another format, the error says
// which one it looks like.
func Read(r io.Reader) (*apitype.DeploymentV3, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if found := otherFormat(text); found != "" {
		return nil, fmt.Errorf("not a Pulumi state: %s: \"pulumi stack export --file state.json\" writes one", found)
	}
	var untyped apitype.UntypedDeployment
	if err := json.Unmarshal(text, &untyped); err != nil {
		return nil, fmt.Errorf("not a Pulumi state: %w: \"pulumi stack export --file state.json\" writes one", err)
	}
	if bytes.Equal(untyped.Deployment, []byte("null")) {
		return nil, errEmpty // a stack that was never deployed
	}
	deployment, err := stack.UnmarshalUntypedDeployment(context.Background(), &untyped)
	if err != nil {
		return nil, fmt.Errorf("cannot read a state of version %d: %w", untyped.Version, err)
	}
	return deployment, nil
}

// otherFormat describes input that is not in the format of "pulumi stack export". It returns "" for input
// that is.
func otherFormat(text []byte) string {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return "the input is empty"
	}
	if !json.Valid(text) {
		if text[0] == '{' || text[0] == '[' {
			return "the input is not valid JSON; it may be incomplete"
		}
		return "the input is not JSON"
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return "the input is JSON, but not an object"
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := fields[name]; !ok {
				return false
			}
		}
		return true
	}
	switch {
	case has("deployment"):
		return ""
	case has("terraform_version") || has("lineage", "serial"):
		return "this is a Terraform state"
	case has("planned_values") || has("resource_changes"):
		return "this is a Terraform plan"
	case has("checkpoint"):
		return "this is a checkpoint file of a Pulumi backend"
	case has("steps") && (has("config") || has("changeSummary")):
		return "this is the output of \"pulumi preview --json\""
	case has("stack", "claims"):
		return "this is the result of a rehearsal"
	case has("manifest", "resources"):
		return "this is the content of a Pulumi deployment without its version"
	case has("Resources") || has("AWSTemplateFormatVersion"):
		return "this is a CloudFormation template"
	}
	return "this JSON object has no \"deployment\""
}
