package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"bastionless/iam"
	"bastionless/internal/diag"
)

// file returns the content of a file that a key names by its path, relative to the directory of Pulumi.yaml and the
// stack files. It reports a file that cannot be read and returns "".
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
		r.diags.Add(key, diag.Malformed, "%q is empty: fill the file, or remove it from the configuration", path)
	}
	return string(content)
}

// userData reads the file of a key. Empty: no user data.
func (r *reader) userData(key string) string {
	path := r.str(key)
	if path == "" {
		return ""
	}
	return r.file(key, path)
}

// policyFiles reads a list of files with policies. It leaves out those that cannot be read.
func (r *reader) policyFiles(key string) []iam.PolicyFile {
	var files []iam.PolicyFile
	for _, path := range r.strList(key) {
		if content := r.file(key, path); content != "" {
			files = append(files, iam.PolicyFile{Path: filepath.ToSlash(path), Content: content})
		}
	}
	return files
}
