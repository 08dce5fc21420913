package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// Read reads a file. The error says what is wrong with its content: it is not JSON or ends too early, it is not a
// captured account, it has a newer version, it contains an unknown field, or objects are incomplete or listed twice.
func Read(r io.Reader) (*File, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var header struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &header); err != nil {
		return nil, fmt.Errorf("not a captured account: %w: capture it again", err)
	}
	switch {
	case header.Format != Format:
		return nil, fmt.Errorf("not a captured account: its format is %q instead of %q: name a file that \"rehearse capture\" wrote", header.Format, Format)
	case header.Version > Version:
		return nil, fmt.Errorf("it has version %d, and this program reads up to version %d: update the program or capture the account again", header.Version, Version)
	case header.Version < 1:
		return nil, fmt.Errorf("not a captured account: its version is %d: capture it again", header.Version)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var file File
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("not a captured account: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not a captured account: something follows the JSON object")
	}
	switch {
	case !accountID.MatchString(file.AccountID):
		return nil, fmt.Errorf("not a captured account: accountId is %q instead of 12 digits", file.AccountID)
	case file.Region == "":
		return nil, errors.New("not a captured account: region is missing")
	}
	if err := file.Check(); err != nil {
		return nil, fmt.Errorf("its content is incomplete or wrong: %w: capture it again", err)
	}
	return &file, nil
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Write writes a file as indented JSON. Equal files produce equal bytes.
func (f *File) Write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(f)
}
