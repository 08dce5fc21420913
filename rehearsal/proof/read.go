package proof

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

var errEmpty = errors.New("the state has no resources: deploy the stack first")

// Versions of the format of states. Older ones are those of Pulumi before 2018.
// https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/core.go
const (
	oldestVersion = 3
	newestVersion = 4
)

// Read reads a state in the format of "pulumi stack export", or a checkpoint file, in which the backends of Pulumi store a
// state. The text is in UTF-8 or UTF-16. If the input has another format, the error says which one it looks like.
func Read(r io.Reader) (*apitype.DeploymentV3, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	text = toUTF8(text)
	if found := otherFormat(text); found != "" {
		return nil, fmt.Errorf("not a Pulumi state: %s: \"pulumi stack export --file state.json\" writes one", found)
	}
	var untyped apitype.UntypedDeployment
	if err := json.Unmarshal(text, &untyped); err != nil {
		return nil, fmt.Errorf("not a Pulumi state: %w: \"pulumi stack export --file state.json\" writes one", inJSONTerms(err))
	}
	content := untyped.Deployment
	if content == nil {
		var file struct {
			Checkpoint struct {
				Latest json.RawMessage `json:"latest"`
			} `json:"checkpoint"`
		}
		if err := json.Unmarshal(text, &file); err != nil {
			return nil, fmt.Errorf("cannot read the checkpoint file: %w", inJSONTerms(err))
		}
		content = file.Checkpoint.Latest
	}
	if len(content) == 0 || bytes.Equal(content, []byte("null")) {
		return nil, errEmpty // a stack that was never deployed
	}
	switch {
	case untyped.Version < oldestVersion:
		return nil, fmt.Errorf("cannot read a state of version %d: it is too old: the versions are %d and %d", untyped.Version, oldestVersion, newestVersion)
	case untyped.Version > newestVersion:
		return nil, fmt.Errorf("cannot read a state of version %d: it is too new: the versions are %d and %d", untyped.Version, oldestVersion, newestVersion)
	}
	var deployment apitype.DeploymentV3
	if err := json.Unmarshal(content, &deployment); err != nil {
		return nil, fmt.Errorf("cannot read the state: %w", inJSONTerms(err))
	}
	return &deployment, nil
}

// inJSONTerms replaces an error about a value that does not fit a Go type by one about the field.
func inJSONTerms(err error) error {
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return fmt.Errorf("the field %q has a value of the wrong type: %s", mismatch.Field, mismatch.Value)
	}
	return err
}

// StackName returns the name of the stack of a deployment, or "" if it has no resources.
func StackName(deployment *apitype.DeploymentV3) string {
	for _, r := range deployment.Resources {
		if stack, _, _ := urnParts(r.URN); stack != "" {
			return stack
		}
	}
	return ""
}

// toUTF8 removes a byte order mark, and converts UTF-16, which PowerShell writes.
func toUTF8(text []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(text, []byte{0xEF, 0xBB, 0xBF}):
		return text[3:]
	case bytes.HasPrefix(text, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	default:
		return text
	}
	units := make([]uint16, 0, len(text)/2)
	for at := 2; at+1 < len(text); at += 2 {
		units = append(units, order.Uint16(text[at:]))
	}
	return []byte(string(utf16.Decode(units)))
}

// otherFormat describes input that is in neither of the formats that Read reads. It returns "" for input that is.
func otherFormat(text []byte) string {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return "the input is empty"
	}
	if bytes.HasPrefix(text, []byte{0x1F, 0x8B}) {
		return "the input is compressed, as checkpoint files of a Pulumi backend can be"
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
	case has("deployment"), has("version", "checkpoint"):
		return ""
	case has("terraform_version") || has("lineage", "serial"):
		return "this is a Terraform state"
	case has("planned_values") || has("resource_changes"):
		return "this is a Terraform plan"
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
