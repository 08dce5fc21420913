package capture

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2"

	"bastionless/rehearsal/account"
)

// Write replaces a file in one step, so that an interrupt leaves the old one or the new one. Only the user may read it. The
// directory is created if only it is missing.
func Write(path string, file *account.File) error {
	var content bytes.Buffer
	if err := file.Write(&content); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return renameio.WriteFile(path, content.Bytes(), 0o600, renameio.WithTempDir(dir))
}

// OmittedSections returns the sections of a file that are absent or incomplete, sorted.
func OmittedSections(file *account.File) []string {
	var sections []string
	for _, omission := range file.Omitted {
		sections = append(sections, omission.Section)
	}
	slices.Sort(sections)
	return slices.Compact(sections)
}
