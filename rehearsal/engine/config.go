package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	pkgworkspace "github.com/pulumi/pulumi/pkg/v3/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/esc"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// loadProject reads Pulumi.yaml of dir and holds its requiredPulumiVersion, which
// only the CLI's commands look at, against the engine's.
func loadProject(dir string) (*workspace.Project, error) {
	path := filepath.Join(dir, "Pulumi.yaml")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no Pulumi.yaml in %s", dir)
	}
	project, err := workspace.LoadProject(path)
	if err != nil {
		return nil, err
	}
	if required := project.RequiredPulumiVersion; required != "" {
		if err := plugin.ValidatePulumiVersionRange(required, PulumiVersion); err != nil {
			return nil, fmt.Errorf("requiredPulumiVersion of Pulumi.yaml: %w", err)
		}
	}
	return project, nil
}

// Configure reads the stack file again and applies overrides to it, in place of
// the overrides that the stack was opened with. The next operation uses it.
func (s *Stack) Configure(overrides map[string]string) error {
	path := s.opts.StackFile
	if path == "" {
		path = filepath.Join(s.opts.Dir, "Pulumi."+s.opts.Stack+".yaml")
	}
	file := filepath.Base(path)
	// LoadProjectStack takes a missing file for an empty one.
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return s.missing(path)
	}

	var warnings strings.Builder
	sink := diag.DefaultSink(&warnings, &warnings, diag.FormatOptions{Color: colors.Never})
	loaded, err := workspace.LoadProjectStack(sink, s.project, path)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := refuseSecrets(file, loaded); err != nil {
		return err
	}
	if err := s.override(loaded.Config, overrides); err != nil {
		return err
	}

	// Anything encrypted has been refused, so nothing may ask for a decryption.
	crypter := config.NewErrorCrypter("a rehearsal decrypts nothing")
	err = pkgworkspace.ValidateStackConfigAndApplyProjectConfig(
		context.Background(), s.name.String(), s.project, esc.Value{}, loaded.Config, crypter, crypter)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	s.config = loaded.Config
	s.warnings = append(messages(warnings.String()), s.mistypedNamespaces()...)
	return nil
}

// mistypedNamespaces warns of keys that Pulumi hands to nobody, in a namespace that looks like the project's.
func (s *Stack) mistypedNamespaces() []string {
	project := s.project.Name.String()
	var warnings []string
	for key := range s.config {
		namespace := key.Namespace()
		if slices.Contains([]string{project, simulatedPackage, "pulumi"}, namespace) || edits(namespace, project) > 2 {
			continue
		}
		warnings = append(warnings, fmt.Sprintf("%s: nothing reads the namespace %q, and Pulumi ignores the value: is %s:%s meant?",
			key, namespace, project, key.Name()))
	}
	slices.Sort(warnings)
	return warnings
}

// edits is how many letters must be inserted, removed or changed to make b of a.
func edits(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1) // what the letters of a so far need to become so many of b
	for j := range row {
		row[j] = j
	}
	for i, letter := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j := range to {
			change := diagonal
			if letter != to[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}

// refuseSecrets refuses what a rehearsal would have to guess: encrypted values and
// those that an ESC environment holds.
func refuseSecrets(file string, stack *workspace.ProjectStack) error {
	var encrypted []string
	for key, value := range stack.Config {
		if value.Secure() {
			encrypted = append(encrypted, key.String())
		}
	}
	if len(encrypted) > 0 {
		slices.Sort(encrypted)
		return fmt.Errorf("%s: encrypted values (%s): a rehearsal decrypts nothing; "+
			"give them in the clear in a stack file made for rehearsing", file, strings.Join(encrypted, ", "))
	}
	if stack.Environment != nil {
		return fmt.Errorf("%s: environment: a rehearsal opens no Pulumi ESC environment; "+
			"give its values in a stack file made for rehearsing", file)
	}
	return nil
}

// override sets values as `pulumi config set` would, arrays and objects included.
func (s *Stack) override(values config.Map, overrides map[string]string) error {
	for name, text := range overrides {
		key := config.MustMakeKey(s.project.Name.String(), name)
		if strings.Contains(name, ":") {
			parsed, err := config.ParseKey(name)
			if err != nil {
				return fmt.Errorf("configuration key %q: %w", name, err)
			}
			key = parsed
		}
		value := config.NewValue(text)
		if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, "[") || strings.HasPrefix(trimmed, "{") {
			if json.Valid([]byte(trimmed)) {
				value = config.NewObjectValue(trimmed)
			}
		}
		values[key] = value
	}
	return nil
}

// missing says that a stack has no file, and which stacks have.
func (s *Stack) missing(path string) error {
	files, err := filepath.Glob(filepath.Join(s.opts.Dir, "Pulumi.*.yaml"))
	if err != nil {
		return err
	}
	var stacks []string
	for _, file := range files {
		name := strings.TrimPrefix(filepath.Base(file), "Pulumi.")
		stacks = append(stacks, strings.TrimSuffix(name, ".yaml"))
	}
	there := "there are none"
	if len(stacks) > 0 {
		there = "the stacks there are " + strings.Join(stacks, ", ")
	}
	return fmt.Errorf("stack %q: no %s in %s; %s",
		s.opts.Stack, filepath.Base(path), filepath.Dir(path), there)
}

// messages splits what a sink has printed into its warnings.
func messages(printed string) []string {
	var found []string
	for text := range strings.SplitSeq(printed, "warning: ") {
		if text = strings.TrimSpace(text); text != "" {
			found = append(found, strings.ReplaceAll(text, "\n", " "))
		}
	}
	return found
}
