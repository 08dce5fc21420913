package proof

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// managedFiles are AWS managed policies, as AWS publishes them, one file each. The command in managed/generate writes
// them.
//
//go:embed managed/*.json
var managedFiles embed.FS

// awsManaged returns the content of an AWS managed policy, or nil if this package does not contain it.
func awsManaged(arn string) (*policy.Document, error) {
	owner, name, found := strings.Cut(arn, ":policy/")
	if !found || !strings.HasSuffix(owner, ":iam::aws") {
		return nil, nil
	}
	text, err := managedFiles.ReadFile("managed/" + name[strings.LastIndex(name, "/")+1:] + ".json")
	if err != nil {
		return nil, nil //nolint:nilerr // no such file: the content is unknown
	}
	if !strings.HasPrefix(arn, "arn:aws:") && bytes.Contains(text, []byte(`"arn:aws:`)) {
		return nil, nil // in other partitions the policy names other ARNs
	}
	var file struct {
		Version  string
		Date     string
		Source   string
		Document json.RawMessage
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("managed policy %s: %w", name, err)
	}
	return policy.Parse(fmt.Sprintf("the AWS managed policy %s (%s of %s)", name, file.Version, file.Date), string(file.Document))
}
