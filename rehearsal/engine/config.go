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

	"github.com/agext/levenshtein"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	pkgworkspace "github.com/pulumi/pulumi/pkg/v3/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/esc"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// loadProject reads Pulumi.yaml in dir and checks its requiredPulumiVersion. Otherwise only the commands
// of the CLI check the version.
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
			return nil, fmt.Errorf("requiredPulumiVersion in Pulumi.yaml: %w", err)
		}
	}
	return project, nil
}

// Configure reads the stack file again and applies overrides, in place of those with which the stack was
// opened. The next operation uses the new configuration.
func (s *Stack) Configure(overrides map[string]string) error {
	file := "Pulumi." + s.opts.Stack + ".yaml"
	path := filepath.Join(s.opts.Dir, file)
	// LoadProjectStack returns an empty configuration for a missing file.
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return s.missingStackFile(file)
	}

	var printed strings.Builder
	sink := diag.DefaultSink(&printed, &printed, diag.FormatOptions{Color: colors.Never})
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

	// refuseSecrets has rejected all encrypted values, so no decrypter is needed.
	crypter := config.NewErrorCrypter("a rehearsal cannot decrypt values")
	err = pkgworkspace.ValidateStackConfigAndApplyProjectConfig(
		context.Background(), s.name.String(), s.project, esc.Value{}, loaded.Config, crypter, crypter)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	s.config = loaded.Config
	s.warnings = append(parseWarnings(printed.String()), s.misspelledNamespaces()...)
	return nil
}

// maxEdits is the largest edit distance at which a namespace counts as a misspelling of the project's name.
const maxEdits = 2

// misspelledNamespaces returns a warning for each key whose namespace resembles the project's name.
// Pulumi silently ignores such keys.
func (s *Stack) misspelledNamespaces() []string {
	project := s.project.Name.String()
	var warnings []string
	for key := range s.config {
		namespace := key.Namespace()
		if slices.Contains([]string{project, simulatedPackage, "pulumi"}, namespace) ||
			levenshtein.Distance(namespace, project, nil) > maxEdits {
			continue
		}
		warnings = append(warnings, fmt.Sprintf("%s: no package reads the namespace %q, so Pulumi ignores this value; did you mean %s:%s?",
			key, namespace, project, key.Name()))
	}
	slices.Sort(warnings)
	return warnings
}

// refuseSecrets returns an error if there are encrypted values or a Pulumi ESC environment, whose values
// a rehearsal cannot read.
func refuseSecrets(file string, stack *workspace.ProjectStack) error {
	var encrypted []string
	for key, value := range stack.Config {
		if value.Secure() {
			encrypted = append(encrypted, key.String())
		}
	}
	if len(encrypted) > 0 {
		slices.Sort(encrypted)
		return fmt.Errorf("%s: encrypted values (%s): a rehearsal cannot decrypt them; "+
			"rehearse a copy of the stack file with plain values", file, strings.Join(encrypted, ", "))
	}
	if stack.Environment != nil {
		return fmt.Errorf("%s: environment: a rehearsal cannot open a Pulumi ESC environment; "+
			"rehearse a copy of the stack file with the environment's values", file)
	}
	return nil
}

// override sets values as "pulumi config set" does, including arrays and objects.
func (s *Stack) override(values config.Map, overrides map[string]string) error {
	for name, value := range overrides {
		key := config.MustMakeKey(s.project.Name.String(), name)
		if strings.Contains(name, ":") {
			parsed, err := config.ParseKey(name)
			if err != nil {
				return fmt.Errorf("configuration key %q: %w", name, err)
			}
			key = parsed
		}
		values[key] = config.NewValue(value)
		trimmed := strings.TrimSpace(value)
		structured := strings.HasPrefix(trimmed, "[") || strings.HasPrefix(trimmed, "{")
		if structured && json.Valid([]byte(trimmed)) {
			values[key] = config.NewObjectValue(trimmed)
		}
	}
	return nil
}

// missingStackFile returns an error that lists the stacks that have a file.
func (s *Stack) missingStackFile(file string) error {
	paths, err := filepath.Glob(filepath.Join(s.opts.Dir, "Pulumi.*.yaml"))
	if err != nil {
		return err
	}
	var stacks []string
	for _, path := range paths {
		name := strings.TrimPrefix(filepath.Base(path), "Pulumi.")
		stacks = append(stacks, strings.TrimSuffix(name, ".yaml"))
	}
	existing := "no stack has a file"
	if len(stacks) > 0 {
		existing = "existing stacks: " + strings.Join(stacks, ", ")
	}
	return fmt.Errorf("stack %q: no %s in %s; %s", s.opts.Stack, file, s.opts.Dir, existing)
}

// parseWarnings splits the output of a diagnostics sink into its warnings.
func parseWarnings(printed string) []string {
	var warnings []string
	for warning := range strings.SplitSeq(printed, "warning: ") {
		if warning = strings.TrimSpace(warning); warning != "" {
			warnings = append(warnings, strings.ReplaceAll(warning, "\n", " "))
		}
	}
	return warnings
}
