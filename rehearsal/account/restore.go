package account

import (
	"bytes"
	"encoding/json"
)

// WithID returns a redacted file in which every account ID that was replaced is id, so that ARNs in a stack's
// configuration match those in the file. It returns a file that is not redacted unchanged.
func (f *File) WithID(id string) (*File, error) {
	if !f.Redacted {
		return f, nil
	}
	text, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	var restored File
	if err := json.Unmarshal(bytes.ReplaceAll(text, []byte(RedactedID), []byte(id)), &restored); err != nil {
		return nil, err
	}
	restored.Redacted = false
	return &restored, nil
}
