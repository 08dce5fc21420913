package contract_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "bastionless"

// imports returns the packages of this module that these packages and their tests import, directly or
// indirectly.
func imports(t *testing.T, packages ...string) map[string]bool {
	t.Helper()
	list := exec.Command("go", append([]string{"list", "-deps", "-test", "-f", "{{.ImportPath}}"}, packages...)...)
	list.Dir = "../.."
	output, err := list.CombinedOutput()
	require.NoError(t, err, string(output))
	found := map[string]bool{}
	for line := range strings.Lines(string(output)) {
		// go list prints a package that is compiled for a test as "a [b.test]".
		path, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		path = strings.TrimSuffix(strings.TrimSuffix(path, ".test"), "_test")
		if path == module || strings.HasPrefix(path, module+"/") {
			found[path] = true
		}
	}
	require.NotEmpty(t, found)
	return found
}

// packages lists the packages that a pattern matches.
func packages(t *testing.T, pattern string) []string {
	t.Helper()
	list := exec.Command("go", "list", pattern)
	list.Dir = "../.."
	output, err := list.CombinedOutput()
	require.NoError(t, err, string(output))
	return strings.Fields(string(output))
}

func inRehearsal(path string) bool {
	return path == module+"/rehearsal" || strings.HasPrefix(path, module+"/rehearsal/")
}

func TestImports_programDoesNotImportRehearsal(t *testing.T) {
	t.Parallel()
	var program []string
	for _, path := range packages(t, "./...") {
		if !inRehearsal(path) {
			program = append(program, path)
		}
	}
	for path := range imports(t, program...) {
		require.False(t, inRehearsal(path), "the program imports %s", path)
	}
}

func TestImports_rehearsalImportsOnlyTheContract(t *testing.T) {
	t.Parallel()
	for path := range imports(t, "./rehearsal/...") {
		require.True(t, inRehearsal(path) || path == module+"/internal/contract", "the rehearsal imports %s of the program", path)
	}
}

func TestImports_factsAboutAWSAreNotShared(t *testing.T) {
	t.Parallel()
	for path := range imports(t, "./rehearsal/awssim/...", "./rehearsal/proof/policy/...") {
		require.NotEqual(t, module+"/internal/contract", path)
	}
	simulated, evaluated := imports(t, "./rehearsal/awssim/..."), imports(t, "./rehearsal/proof/policy/...")
	for path := range simulated {
		require.False(t, evaluated[path], "both import %s", path)
	}
}

func TestImports_contractImportsOnlyTheStandardLibrary(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	output, err := list.CombinedOutput()
	require.NoError(t, err, string(output))
	require.Equal(t, []string{module + "/internal/contract"}, strings.Fields(string(output)))
}

// Pulumi's Go API for engines changes from version to version. Only one package and its tests know it.
func TestImports_engineAloneImportsPulumiEngine(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-f",
		`{{range .Imports}}{{$.ImportPath}} {{.}}{{"\n"}}{{end}}`+
			`{{range .TestImports}}{{$.ImportPath}} {{.}}{{"\n"}}{{end}}`+
			`{{range .XTestImports}}{{$.ImportPath}} {{.}}{{"\n"}}{{end}}`, "./...")
	list.Dir = "../.."
	output, err := list.CombinedOutput()
	require.NoError(t, err, string(output))
	importers := map[string]bool{}
	for line := range strings.Lines(string(output)) {
		importer, imported, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(imported, "github.com/pulumi/pulumi/pkg/v3/") {
			importers[importer] = true
		}
	}
	require.Equal(t, map[string]bool{module + "/rehearsal/engine": true}, importers)
}
