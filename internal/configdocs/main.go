// Command configdocs writes the table of configuration keys in docs/configuration.md from Pulumi.yaml.
// Run it with "go generate ./internal/config".
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// The comments before and after the table.
const (
	begin = "<!-- keys: generated from Pulumi.yaml by go generate ./internal/config -->\n"
	end   = "<!-- end of the keys -->\n"
)

func main() {
	root := filepath.Join("..", "..")
	if err := run(filepath.Join(root, "Pulumi.yaml"), filepath.Join(root, "docs", "configuration.md")); err != nil {
		fmt.Fprintln(os.Stderr, "configdocs:", err)
		os.Exit(1)
	}
}

// run replaces the table in a page.
func run(project, page string) error {
	declared, err := os.ReadFile(project)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	updated, err := replaceTable(string(text), declared)
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	return os.WriteFile(page, []byte(updated), 0o600)
}

// replaceTable returns a page in which the table lists the keys that a Pulumi.yaml declares.
func replaceTable(page string, project []byte) (string, error) {
	before, rest, found := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("no table between %q and %q", begin, end)
	}
	rows, err := table(project)
	if err != nil {
		return "", err
	}
	return before + begin + rows + end + after, nil
}

// key is the declaration of a key in Pulumi.yaml.
type key struct {
	Type        string    `yaml:"type"`
	Default     yaml.Node `yaml:"default"`
	Description string    `yaml:"description"`
}

// table returns a Markdown table of the keys in the order of Pulumi.yaml. It leaves out configuration of Pulumi itself, which
// "pulumi new" adds.
func table(project []byte) (string, error) {
	var declared struct {
		Config yaml.Node `yaml:"config"`
	}
	if err := yaml.Unmarshal(project, &declared); err != nil {
		return "", err
	}
	var rows strings.Builder
	rows.WriteString("| Key | Type | Default | Meaning |\n|---|---|---|---|\n")
	for i := 0; i+1 < len(declared.Config.Content); i += 2 {
		if strings.Contains(declared.Config.Content[i].Value, ":") {
			continue
		}
		var k key
		if err := declared.Config.Content[i+1].Decode(&k); err != nil {
			return "", err
		}
		fmt.Fprintf(&rows, "| `%s` | %s | %s | %s |\n", declared.Config.Content[i].Value, k.Type, k.defaultText(),
			strings.ReplaceAll(k.Description, "|", `\|`))
	}
	return rows.String(), nil
}

// defaultText returns the default as code. An empty string is left out.
func (k key) defaultText() string {
	value := k.Default.Value
	if k.Default.Kind == yaml.SequenceNode {
		var elements []string
		for _, element := range k.Default.Content {
			elements = append(elements, element.Value)
		}
		value = "[" + strings.Join(elements, ", ") + "]"
	}
	if value == "" {
		return ""
	}
	return "`" + value + "`"
}
