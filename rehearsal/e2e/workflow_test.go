package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

const root = "../.."

// workflow contains the parts of the GitHub workflow that the tests read.
type workflow struct {
	On          map[string]any
	Permissions map[string]string
	Jobs        map[string]job
}

type job struct {
	Permissions    map[string]string
	Needs          string
	If             string
	Env            map[string]string
	Outputs        map[string]string
	TimeoutMinutes int `yaml:"timeout-minutes"`
	Strategy       struct{ Matrix map[string]any }
	Steps          []step
}

type step struct {
	ID, Name, Uses, Run string
	Env, With           map[string]string
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(text)
}

// readWorkflow returns the workflow and its text.
func readWorkflow(t *testing.T) (workflow, string) {
	t.Helper()
	text := readFile(t, ".github/workflows/rehearse.yml")
	var w workflow
	require.NoError(t, yaml.Unmarshal([]byte(text), &w))
	return w, text
}

// commands returns the scripts of a job.
func (j job) commands() []string {
	var commands []string
	for _, s := range j.Steps {
		if s.Run != "" {
			commands = append(commands, s.Run)
		}
	}
	return commands
}

func TestWorkflow_checks(t *testing.T) {
	t.Parallel()
	w, _ := readWorkflow(t)
	require.Equal(t, map[string]any{"pull_request": nil, "push": map[string]any{"branches": []any{"main"}}}, w.On)
	require.Equal(t, []string{"make lint", "make test-full"}, w.Jobs["check"].commands())
	emulator := w.Jobs["emulator"].commands()
	require.Contains(t, emulator[0], "--requirement rehearsal/emulator/requirements.txt")
	for i, tools := range []string{"v1/bin", "v2"} {
		require.Equal(t, `PATH="$RUNNER_TEMP/`+tools+`:$PATH" make test-emulator`, emulator[i+1])
	}
	require.Equal(t, []string{"npm ci --ignore-scripts --prefix rehearsal/htmlreport/browsertest", "make test-report"}, w.Jobs["report"].commands())
	for name, j := range w.Jobs {
		require.Positive(t, j.TimeoutMinutes, name)
	}
}

// The workflow rehearses exactly the stacks that the previous job lists, all in the same way.
func TestWorkflow_matrix(t *testing.T) {
	t.Parallel()
	w, _ := readWorkflow(t)
	require.Equal(t, map[string]string{"stacks": "${{ steps.list.outputs.stacks }}"}, w.Jobs["stacks"].Outputs)
	rehearse := w.Jobs["rehearse"]
	require.Equal(t, "stacks", rehearse.Needs)
	require.Equal(t, "needs.stacks.outputs.stacks != '[]'", rehearse.If)
	require.Equal(t, map[string]any{"stack": "${{ fromJSON(needs.stacks.outputs.stacks) }}"}, rehearse.Strategy.Matrix)
	require.Equal(t, []string{
		"make build", `bin/rehearse run --stack "$STACK" --json result.json --export head.json --report report.html`,
	}, rehearse.commands()[:2])
}

// The script lists the names of the stack files as JSON, whatever characters they contain.
func TestWorkflow_listsStacks(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool)
		}
	}
	w, _ := readWorkflow(t)
	var script string
	for _, s := range w.Jobs["stacks"].Steps {
		if s.ID == "list" {
			script = s.Run
		}
	}
	require.NotEmpty(t, script)
	for expected, files := range map[string][]string{
		`stacks=[]`:                      {"Pulumi.yaml"},
		`stacks=["dev"]`:                 {"Pulumi.yaml", "Pulumi.dev.yaml"},
		`stacks=["a.b","dev","my-prod"]`: {"Pulumi.dev.yaml", "Pulumi.my-prod.yaml", "Pulumi.a.b.yaml", "Pulumi.dev.yml", "go.mod"},
		`stacks=["it's \"$(id)\""]`:      {`Pulumi.it's "$(id)".yaml`},
	} {
		dir := t.TempDir()
		for _, file := range files {
			require.NoError(t, os.WriteFile(filepath.Join(dir, file), nil, 0o600))
		}
		command := exec.Command("bash", "-e", "-c", script)
		command.Dir = dir
		command.Env = append(os.Environ(), "GITHUB_OUTPUT="+dir+"/output", "LC_ALL=C")
		printed, err := command.CombinedOutput()
		require.NoError(t, err, string(printed))
		output, err := os.ReadFile(dir + "/output")
		require.NoError(t, err)
		require.Equal(t, expected+"\n", string(output))
	}
}

// A tag can be moved to other code, a commit cannot.
func TestWorkflow_pinsActions(t *testing.T) {
	t.Parallel()
	_, text := readWorkflow(t)
	actions := map[string]bool{}
	for _, use := range regexp.MustCompile(`(?m)uses: (.*)$`).FindAllStringSubmatch(text, -1) {
		require.Regexp(t, `^actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`, use[1])
		actions[use[1]] = true
	}
	require.Equal(t, map[string]bool{
		"actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2":        true,
		"actions/setup-go@7a3fe6cf4cb3a834922a1244abfce67bcef6a0c5 # v6.2.0":        true,
		"actions/setup-node@6044e13b5dc448c55e2357c09f80417699197238 # v6.2.0":      true,
		"actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f # v6.0.0": true,
	}, actions)
}

// The workflow may only read the repository, uses no secrets, leaves no token in the clone, and inserts
// no values into scripts.
func TestWorkflow_permissions(t *testing.T) {
	t.Parallel()
	w, text := readWorkflow(t)
	require.Equal(t, map[string]string{"contents": "read"}, w.Permissions)
	require.NotContains(t, text, "secrets.")
	require.NotContains(t, text, "github.token")
	for name, j := range w.Jobs {
		require.Nil(t, j.Permissions, name)
		for _, s := range j.Steps {
			require.NotContains(t, s.Run, "${{", name)
			if strings.HasPrefix(s.Uses, "actions/checkout@") {
				with := map[string]string{"persist-credentials": "false"}
				if name == "rehearse" {
					with["fetch-depth"] = "2" // the merge commit and its parents
				}
				require.Equal(t, with, s.With, name)
			}
		}
	}
}

// For a pull request, the workflow compares the rehearsal of each stack with that of the base, and a rehearsal of the base
// that fails does not fail the job.
func TestWorkflow_comparesWithBase(t *testing.T) {
	t.Parallel()
	w, _ := readWorkflow(t)
	rehearse := w.Jobs["rehearse"]
	scripts := map[string]string{}
	for _, s := range rehearse.Steps {
		scripts[s.Name] = s.Run
	}
	for _, test := range []struct {
		hasStack, deploys bool
		expected          string
	}{
		{true, true, "changes\n"}, {true, false, ""}, {false, true, ""},
	} {
		dir := t.TempDir()
		write := func(name, text string) {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700))
		}
		write("tools/git", "#!/bin/sh\n[ \"$*\" = 'worktree add -q base HEAD^1' ] && mkdir -p base/bin")
		write("tools/make", "#!/bin/sh\n[ \"$*\" = '-C base build' ] && mv rehearse-base base/bin/rehearse")
		write("rehearse-base", "#!/bin/sh\n[ \"$*\" = 'run --dir base --stack dev --export base.json --quiet' ] && "+
			map[bool]string{true: "echo {} > base.json", false: "exit 1"}[test.deploys])
		write("bin/rehearse", "#!/bin/sh\n[ \"$*\" = 'report --compare base.json --output report.html --markdown changes.md head.json' ] && echo changes > changes.md")
		write("head.json", "{}")
		write("summary", "")
		if test.hasStack {
			write("base/Pulumi.dev.yaml", "")
		}
		for _, name := range []string{"Rehearse the base", "Compare with the base"} {
			command := exec.Command("bash", "-e", "-c", scripts[name])
			command.Dir = dir
			command.Env = append(os.Environ(), "STACK=dev", "GITHUB_STEP_SUMMARY="+dir+"/summary", "PATH="+dir+"/tools:"+os.Getenv("PATH"))
			printed, err := command.CombinedOutput()
			require.NoError(t, err, "%s: %s", name, printed)
		}
		summary, err := os.ReadFile(filepath.Join(dir, "summary"))
		require.NoError(t, err)
		require.Equal(t, test.expected, string(summary))
	}
}

// Dependabot updates every module file of the repository, and the actions of the workflow.
func TestDependabot(t *testing.T) {
	t.Parallel()
	var config struct {
		Version int
		Updates []struct {
			PackageEcosystem string `yaml:"package-ecosystem"`
			Directory        string
			Schedule         struct{ Interval string }
			Allow            []map[string]string
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(readFile(t, ".github/dependabot.yml")), &config))
	require.Equal(t, 2, config.Version)
	updated := map[string]bool{}
	for _, u := range config.Updates {
		require.NotEmpty(t, u.Schedule.Interval)
		updated[u.PackageEcosystem+" "+u.Directory] = true
		if u.Directory == "/tools" {
			require.Equal(t, []map[string]string{{"dependency-type": "all"}}, u.Allow, "Go marks the modules of tools as indirect")
		}
	}
	expected := map[string]bool{"github-actions /": true}
	ecosystems := map[string]string{"go.mod": "gomod", "package.json": "npm", "requirements.txt": "pip"}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "node_modules" || name == ".git" || name == "testdata") {
			return filepath.SkipDir
		}
		if ecosystem, ok := ecosystems[entry.Name()]; ok {
			dir, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			expected[fmt.Sprintf("%s /%s", ecosystem, strings.TrimPrefix(filepath.ToSlash(dir), "."))] = true
		}
		return nil
	}))
	require.Equal(t, expected, updated)
}

// summary returns the Markdown about the result of a rehearsal.
func summary(t *testing.T, result string) string {
	t.Helper()
	jq, err := exec.LookPath("jq")
	if err != nil {
		t.Skip("no jq")
	}
	command := exec.Command(jq, "-r", "-f", root+"/.github/workflows/summary.jq")
	command.Stdin = strings.NewReader(result)
	text, err := command.CombinedOutput()
	require.NoError(t, err, string(text))
	return string(text)
}

// Names in the result of a rehearsal have no effect as Markdown or HTML.
func TestWorkflow_summaryOfHostileNames(t *testing.T) {
	t.Parallel()
	const name = "a|b `c`\\n# <img src=x> &lt; [d](https://e.example) www.e.example *f* _g_ ~~h~~ $i$ \\\\"
	const escaped = `a\|b \` + "`c\\`" + ` \# \<img src=x\> &amp;lt; \[d\](https\://e.example) www\.e.example \*f\* \_g\_ \~\~h\~\~ \$i\$ \\`
	require.Equal(t, `## ❌ `+escaped+`

| Step | | Seconds | Changes | |
|---|---|---|---|---|
| up | ❌ | 1 |  | `+escaped+` |

Claims: 0 proven, 1 refuted, 0 undecided.

Not proven:

- **agent** (`+escaped+`): refuted. `+escaped+`

Left behind:

- `+escaped+`
`, summary(t, strings.ReplaceAll(`{
		"stack": "NAME", "ok": false, "steps": [{"name": "up", "ok": false, "seconds": 1, "changes": {}, "error": "NAME"}],
		"claims": [{"id": "agent", "subject": "NAME", "class": "required", "result": "refuted", "reasons": [{"kind": "fail", "text": "NAME"}]}],
		"assumed": [], "kept": [], "left": ["NAME"], "changed": []
	}`, "NAME", name)))
}

func TestWorkflow_summary(t *testing.T) {
	t.Parallel()
	text := summary(t, `{
		"stack": "dev", "ok": false,
		"steps": [
			{"name": "up", "ok": true, "seconds": 0.2, "changes": {"create": 30, "same": 1}, "error": ""},
			{"name": "up again", "ok": false, "seconds": 0.1, "changes": {}, "error": "changed: a | b\nchanged: c"}
		],
		"claims": [
			{"id": "agent", "subject": "a-1", "class": "required", "result": "proven", "reasons": []},
			{"id": "reach.ssm", "subject": "a-1", "class": "required", "result": "refuted", "reasons": [
				{"kind": "pass", "text": "w"}, {"kind": "fail", "text": "x", "fix": "set y"}, {"kind": "fail", "text": "z", "fix": ""}]},
			{"id": "session.own", "subject": "r", "class": "hardening", "result": "undecided", "reasons": [
				{"kind": "unknown", "text": "v"}, {"kind": "assumed", "text": "u"}]}
		],
		"assumed": ["key pair k"], "kept": [], "left": ["VPC v"], "changed": ["role r"]
	}`)
	require.Equal(t, `## ❌ dev

| Step | | Seconds | Changes | |
|---|---|---|---|---|
| up | ✅ | 0.2 | 30 create, 1 same |  |
| up again | ❌ | 0.1 |  | changed: a \| b changed: c |

Claims: 1 proven, 1 refuted, 1 undecided.

Not proven:

- **reach.ssm** (a-1): refuted. x. Fix: set y; z

Not met (optional):

- **session.own** (r): undecided. v

Assumed about AWS and the account:

- key pair k

Left behind:

- VPC v

Changed in the account:

- role r
`, text)
}
