package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"bastionless/iam"
	"bastionless/internal/diag"
)

// file returns the content of the file at a path, which is the value of a key and relative to the directory of Pulumi.yaml
// and the stack files. If the file cannot be read, it reports that and returns "".
func (r *reader) file(key, path string) string {
	if !filepath.IsLocal(path) {
		r.diags.Add(key, diag.Malformed, "%q is not a path inside the project: use a path relative to the directory of "+
			"Pulumi.yaml, without ..", path)
		return ""
	}
	content, err := os.ReadFile(filepath.Join(r.dir, path))
	if err != nil {
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		r.diags.Add(key, diag.NotFound, "%q cannot be read (%v): use the path of a file, relative to the directory of "+
			"Pulumi.yaml", path, err)
		return ""
	}
	if len(content) == 0 {
		r.diags.Add(key, diag.Malformed, "%q is empty: add content to the file, or remove it from the configuration", path)
	}
	return string(content)
}

// userData returns the content of the file that a key names. Empty: no user data.
func (r *reader) userData(key string) string {
	path := r.str(key)
	if path == "" {
		return ""
	}
	return r.file(key, path)
}

// policyFiles returns the policy files that a key lists. It leaves out those that cannot be read.
func (r *reader) policyFiles(key string) []iam.PolicyFile {
	var files []iam.PolicyFile
	for _, path := range r.strList(key) {
		if content := r.file(key, path); content != "" {
			files = append(files, iam.PolicyFile{Path: filepath.ToSlash(path), Content: content})
		}
	}
	return files
}
