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

	"github.com/pulumi/pulumi/pkg/v3/backend"
	pkgresource "github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// secretsManager encrypts secrets with an empty passphrase, so that the ordinary
// CLI can import a state (PULUMI_CONFIG_PASSPHRASE=). One serves the whole
// process: deriving its key takes a sixth of a second.
var secretsManager = sync.OnceValues(func() (secrets.Manager, error) {
	_, manager, err := passphrase.NewPassphraseSecretsManager("")
	return manager, err
})

// emptyPassphrase opens states whose secrets are encrypted with an empty passphrase.
type emptyPassphrase struct{}

// OfType implements secrets.Provider.
func (emptyPassphrase) OfType(_ context.Context, kind string, state json.RawMessage) (secrets.Manager, error) {
	if kind != passphrase.Type {
		return nil, fmt.Errorf("secrets provider %q: only passphrase, with an empty passphrase, can be read", kind)
	}
	own, err := secretsManager()
	if err != nil {
		return nil, err
	}
	if string(own.State()) == string(state) {
		return own, nil
	}
	var salt struct {
		Salt string `json:"salt"`
	}
	if err := json.Unmarshal(state, &salt); err != nil {
		return nil, fmt.Errorf("secrets provider: %w", err)
	}
	return passphrase.GetPassphraseSecretsManager("", salt.Salt)
}

// load starts the stack from its state file, or empty.
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
	return s.set(deploy.NewSnapshot(manifest, manager, nil, nil, deploy.SnapshotMetadata{}, nil, nil))
}

// Export writes the state in the format of `pulumi stack export`. An ordinary CLI
// imports it with PULUMI_CONFIG_PASSPHRASE set to the empty string.
func (s *Stack) Export(w io.Writer) error {
	return encode(w, s.state)
}

// Import replaces the state by one in the format of `pulumi stack export`, whose
// secrets, if it has any, are encrypted with an empty passphrase.
func (s *Stack) Import(r io.Reader) error {
	if err := s.read(r); err != nil {
		return err
	}
	return s.save()
}

// ClearPendingCreates forgets the creations that were under way when an engine was
// killed, as `pulumi refresh --clear-pending-creates` does, and returns what they
// would have created. No operation clears these by itself: only a person can know
// whether the resource came to exist.
func (s *Stack) ClearPendingCreates() ([]resource.URN, error) {
	snapshot, err := s.base()
	if err != nil {
		return nil, err
	}
	var cleared []resource.URN
	var kept []pkgresource.Operation
	for _, operation := range snapshot.PendingOperations {
		if operation.Type == pkgresource.OperationTypeCreating {
			cleared = append(cleared, operation.Resource.URN)
			continue
		}
		kept = append(kept, operation)
	}
	snapshot.PendingOperations = kept
	if err := s.set(snapshot); err != nil {
		return nil, err
	}
	return cleared, s.save()
}

// read takes a state from a reader.
func (s *Stack) read(r io.Reader) error {
	var state apitype.UntypedDeployment
	if err := json.NewDecoder(r).Decode(&state); err != nil {
		return err
	}
	if len(state.Deployment) == 0 || string(state.Deployment) == "null" {
		// The engine would take either for an empty stack.
		return errors.New(`no deployment: this is not what "pulumi stack export" writes`)
	}
	return s.adopt(&state)
}

// base returns a snapshot of the state that the caller may change.
func (s *Stack) base() (*deploy.Snapshot, error) {
	return deserialize(s.state)
}

// deserialize turns a state into a snapshot that can be added to.
func deserialize(state *apitype.UntypedDeployment) (*deploy.Snapshot, error) {
	snapshot, err := stack.DeserializeUntypedDeployment(context.Background(), state, emptyPassphrase{})
	if err != nil {
		return nil, err
	}
	if snapshot.SecretsManager == nil {
		// A state without secrets may name no manager.
		if snapshot.SecretsManager, err = secretsManager(); err != nil {
			return nil, err
		}
	}
	return snapshot, nil
}

// set makes a snapshot the state.
func (s *Stack) set(snapshot *deploy.Snapshot) error {
	state, err := stack.SerializeUntypedDeployment(
		context.Background(), snapshot, &stack.SerializeOptions{Pretty: true})
	if err != nil {
		return err
	}
	return s.adopt(state)
}

// adopt makes state the stack's, if it is whole.
func (s *Stack) adopt(state *apitype.UntypedDeployment) error {
	view, err := deserialize(state)
	if err != nil {
		return err
	}
	if err := view.VerifyIntegrity(); err != nil {
		return err
	}
	s.state, s.view = state, view
	return nil
}

// save writes the state to its file, if it has one.
func (s *Stack) save() error {
	if s.opts.StatePath == "" {
		return nil
	}
	return replaceFile(s.opts.StatePath, s.state)
}

// persister receives the state at each change during an operation.
type persister struct {
	path string

	mu   sync.Mutex
	last apitype.TypedDeployment
}

var _ backend.SnapshotPersister = (*persister)(nil)

// Save implements backend.SnapshotPersister.
func (p *persister) Save(deployment apitype.TypedDeployment) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = deployment
	if p.path == "" {
		return nil
	}
	return replaceFile(p.path, deployment)
}

// untyped returns the last state that was saved.
func (p *persister) untyped() (*apitype.UntypedDeployment, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var body bytes.Buffer
	if err := encode(&body, p.last.Deployment); err != nil {
		return nil, err
	}
	return &apitype.UntypedDeployment{
		Version: p.last.Version, Features: p.last.Features, Deployment: body.Bytes(),
	}, nil
}

// replaceFile writes state to path in one step: whoever reads the file, also after
// this process was killed, finds either the old state or the new one.
func replaceFile(path string, state any) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	err = errors.Join(encode(file, state), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// encode writes JSON exactly as the CLI does.
func encode(w io.Writer, state any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "    ")
	return encoder.Encode(state)
}
