package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/renameio/v2"
	pkgresource "github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// secretsManager encrypts secrets with an empty passphrase, so that the CLI can import the state with
// PULUMI_CONFIG_PASSPHRASE="". The process has only one, because deriving its key takes a sixth of a second.
var secretsManager = sync.OnceValues(func() (secrets.Manager, error) {
	_, manager, err := passphrase.NewPassphraseSecretsManager("")
	return manager, err
})

// emptyPassphrase provides secrets managers for states whose secrets are encrypted with an empty passphrase.
type emptyPassphrase struct{}

// OfType implements secrets.Provider.
func (emptyPassphrase) OfType(_ context.Context, kind string, state json.RawMessage) (secrets.Manager, error) {
	if kind != passphrase.Type {
		return nil, fmt.Errorf("secrets provider %q: only secrets that are encrypted with an empty passphrase can be read", kind)
	}
	own, err := secretsManager()
	if err != nil {
		return nil, err
	}
	if string(own.State()) == string(state) {
		return own, nil
	}
	var parsed struct {
		Salt string `json:"salt"`
	}
	if err := json.Unmarshal(state, &parsed); err != nil {
		return nil, fmt.Errorf("secrets provider: %w", err)
	}
	return passphrase.GetPassphraseSecretsManager("", parsed.Salt)
}

// load sets the state from the state file, or to an empty one if there is no such file.
func (s *Stack) load() error {
	if s.opts.StatePath != "" {
		file, err := os.Open(s.opts.StatePath)
		if err == nil {
			defer func() { _ = file.Close() }()
			if err := s.read(file); err != nil {
				return fmt.Errorf("state %s: %w", s.opts.StatePath, err)
			}
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("state: %w", err)
		}
	}
	manager, err := secretsManager()
	if err != nil {
		return err
	}
	manifest := deploy.Manifest{Time: time.Now(), Version: PulumiVersion}
	manifest.Magic = manifest.NewMagic()
	return s.setSnapshot(deploy.NewSnapshot(manifest, manager, nil, nil, deploy.SnapshotMetadata{}, nil, nil))
}

// Export writes the state as "pulumi stack export" does. The CLI can import it with
// PULUMI_CONFIG_PASSPHRASE="".
func (s *Stack) Export(w io.Writer) error {
	return encode(w, s.state)
}

// Import replaces the state with one that "pulumi stack export" wrote. Its secrets, if any, must be encrypted
// with an empty passphrase.
func (s *Stack) Import(r io.Reader) error {
	if err := s.read(r); err != nil {
		return err
	}
	return s.save()
}

// ClearPendingCreates removes from the state the creations that were in progress when an engine was
// killed, as "pulumi refresh --clear-pending-creates" does, and returns the URNs of their resources. No
// other operation removes them, because only a person can find out whether a resource was created.
func (s *Stack) ClearPendingCreates() ([]resource.URN, error) {
	snapshot, err := deserialize(context.Background(), s.state)
	if err != nil {
		return nil, err
	}
	var cleared []resource.URN
	var remaining []pkgresource.Operation
	for _, operation := range snapshot.PendingOperations {
		if operation.Type == pkgresource.OperationTypeCreating {
			cleared = append(cleared, operation.Resource.URN)
		} else {
			remaining = append(remaining, operation)
		}
	}
	snapshot.PendingOperations = remaining
	if err := s.setSnapshot(snapshot); err != nil {
		return nil, err
	}
	return cleared, s.save()
}

// read sets the state to the one that r contains.
func (s *Stack) read(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var state apitype.UntypedDeployment
	if err := json.Unmarshal(content, &state); err != nil {
		return fmt.Errorf(`%w: the file is incomplete, or "pulumi stack export" did not write it`, err)
	}
	// The engine would treat a missing deployment as an empty stack.
	if len(state.Deployment) == 0 || string(state.Deployment) == "null" {
		return fmt.Errorf(`no "deployment": this is %s, not a file that "pulumi stack export" wrote`, describeJSON(content))
	}
	return s.setState(context.Background(), &state)
}

// describeJSON says what a JSON object without a deployment looks like.
func describeJSON(content []byte) string {
	var object struct {
		TerraformVersion string         `json:"terraform_version"`
		Manifest         map[string]any `json:"manifest"`
	}
	switch err := json.Unmarshal(content, &object); {
	case err == nil && object.TerraformVersion != "":
		return "a Terraform state"
	case err == nil && object.Manifest != nil:
		return `the content of a "deployment" only`
	default:
		return "other JSON"
	}
}

// deserialize returns a new snapshot of a state.
func deserialize(ctx context.Context, state *apitype.UntypedDeployment) (*deploy.Snapshot, error) {
	snapshot, err := stack.DeserializeUntypedDeployment(ctx, state, emptyPassphrase{})
	if err != nil {
		return nil, fmt.Errorf("deployment of version %d: %w", state.Version, err)
	}
	if snapshot.SecretsManager == nil {
		// A state without secrets may have no secrets manager.
		if snapshot.SecretsManager, err = secretsManager(); err != nil {
			return nil, err
		}
	}
	return snapshot, nil
}

// setSnapshot sets the state to a snapshot.
func (s *Stack) setSnapshot(snapshot *deploy.Snapshot) error {
	ctx := context.Background()
	state, err := stack.SerializeUntypedDeployment(ctx, snapshot, &stack.SerializeOptions{Pretty: true})
	if err != nil {
		return err
	}
	return s.setState(ctx, state)
}

// setState sets the state, unless it is inconsistent.
func (s *Stack) setState(ctx context.Context, state *apitype.UntypedDeployment) error {
	snapshot, err := deserialize(ctx, state)
	if err != nil {
		return err
	}
	if err := snapshot.VerifyIntegrity(); err != nil {
		return err
	}
	deployment, err := stack.UnmarshalUntypedDeployment(ctx, state)
	if err != nil {
		return err
	}
	s.state, s.deployment = state, deployment
	return nil
}

// save writes the state to the state file, if the stack has one.
func (s *Stack) save() error {
	if s.opts.StatePath == "" {
		return nil
	}
	return writeState(s.opts.StatePath, s.state)
}

// writeState replaces the file at path atomically: a reader finds the old state or the new one, even after this
// process has been killed.
func writeState(path string, state any) error {
	var content bytes.Buffer
	if err := encode(&content, state); err != nil {
		return err
	}
	return renameio.WriteFile(path, content.Bytes(), 0o600, renameio.WithTempDir(filepath.Dir(path)))
}

// encode writes JSON in the CLI's format.
func encode(w io.Writer, state any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "    ")
	return encoder.Encode(state)
}
