package engine

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	pengine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// recorder records how an operation changes the state.
type recorder interface {
	// SnapshotManager receives each change from the engine.
	pengine.SnapshotManager
	// state returns the state after the last change.
	state() (apitype.TypedDeployment, error)
}

// newRecorder returns a recorder for an operation that starts from base, which is the stack's state. Without a state
// file, nobody reads the states in between, so the recorder does not build them.
func (s *Stack) newRecorder(ctx context.Context, base *deploy.Snapshot) (recorder, error) {
	if s.opts.StatePath != "" {
		saved := &persister{path: s.opts.StatePath}
		return fileRecorder{backend.NewSnapshotManager(saved, base.SecretsManager, base, nil), saved}, nil
	}
	changes := &journal{}
	journaler, err := backend.NewJournaler(ctx, changes, base.SecretsManager, base)
	if err != nil {
		return nil, err
	}
	manager, err := pengine.NewJournalSnapshotManager(journaler, base, base.SecretsManager)
	if err != nil {
		return nil, err
	}
	return journalRecorder{manager, changes, s.state}, nil
}

// setToRecorded sets the stack's state to the one after an operation.
func (s *Stack) setToRecorded(ctx context.Context, r recorder) error {
	recorded, err := r.state()
	var body bytes.Buffer
	if err == nil {
		err = encode(&body, recorded.Deployment)
	}
	if err == nil {
		err = s.setState(ctx, &apitype.UntypedDeployment{
			Version: recorded.Version, Features: recorded.Features, Deployment: body.Bytes(),
		})
	}
	if err != nil {
		return fmt.Errorf("state after the operation: %w", err)
	}
	return nil
}

// fileRecorder writes the whole state to a file before and after each change, as the CLI does with a state in a
// file or a bucket. Its time is quadratic in the number of resources.
type fileRecorder struct {
	*backend.SnapshotManager
	saved *persister
}

func (r fileRecorder) state() (apitype.TypedDeployment, error) {
	r.saved.mu.Lock()
	defer r.saved.mu.Unlock()
	return r.saved.last, nil
}

// persister receives the state each time it changes during an operation.
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
	return writeState(p.path, deployment)
}

// journalRecorder keeps the changes in memory, as the CLI sends them to Pulumi Cloud. Its time is linear in the
// number of resources.
type journalRecorder struct {
	*pengine.JournalSnapshotManager
	changes *journal
	base    *apitype.UntypedDeployment
}

func (r journalRecorder) state() (apitype.TypedDeployment, error) {
	base, err := stack.UnmarshalUntypedDeployment(context.Background(), r.base)
	if err != nil {
		return apitype.TypedDeployment{}, err
	}
	replayer := backend.NewJournalReplayer(base)
	r.changes.mu.Lock()
	defer r.changes.mu.Unlock()
	for _, entry := range r.changes.entries {
		if err := replayer.Add(entry); err != nil {
			return apitype.TypedDeployment{}, err
		}
	}
	return replayer.GenerateDeployment()
}

// journal contains the changes of an operation, in their order.
type journal struct {
	mu      sync.Mutex
	entries []apitype.JournalEntry
}

var _ backend.JournalPersister = (*journal)(nil)

// Append implements backend.JournalPersister.
func (j *journal) Append(_ context.Context, entry apitype.JournalEntry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entry)
	return nil
}
