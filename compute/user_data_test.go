package compute

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/diag"
	"bastionless/internal/diag/diagtest"
)

func TestOptions_userData(t *testing.T) {
	t.Parallel()
	const script = "#!/bin/bash\n"
	full := script + strings.Repeat("#", MaxUserData-len(script))
	for name, test := range map[string]struct {
		userData string
		install  bool
		want     []diagtest.Want
	}{
		"none":                                  {"", true, nil},
		"a script":                              {script, true, nil},
		"cloud-config":                          {"#cloud-config\npackages: [docker]\n", true, nil},
		"a boothook":                            {"#cloud-boothook\n", true, nil},
		"a list of URLs":                        {"#include\n", true, nil},
		"a multipart archive":                   {"MIME-Version: 1.0\n", false, nil},
		"a part handler":                        {"#part-handler\n", false, nil},
		"a template":                            {"## template: jinja\n#cloud-config\n", false, nil},
		"a script that writes a file with CRLF": {"#!/bin/bash\ncat > f <<E\r\nE\n", false, nil},
		"as long as EC2 allows":                 {full, false, nil},
		"too long":                              {full + "#", false, one("userDataFile", diag.TooMany, "16385", "16384")},
		"an unknown format":                     {"hello", false, one("userDataFile", diag.Malformed, `"hello"`)},
		"compressed":                            {"\x1f\x8b", false, one("userDataFile", diag.Malformed, "UTF-8")},
		"Windows line endings":                  {"#!/bin/bash\r\ntrue\r\n", false, one("userDataFile", diag.Malformed, "CRLF")},
		"a multipart archive and the agent": {
			"Content-Type: multipart/mixed; boundary=x\n", true, one("userDataFile", diag.Conflict, "installLatestAgent"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, test.want, valid(func(o *Options) {
				o.WorkloadUserData, o.InstallLatestAgent = test.userData, test.install
			}).Validate())
		})
	}
}

// In a multipart archive, cloud-init goes by the MIME type of each part, not by its prefix.
func TestMimeType(t *testing.T) {
	t.Parallel()
	for userData, want := range map[string]string{
		"#!/bin/sh\n": "text/x-shellscript", "#cloud-config\n": "text/cloud-config",
		"#cloud-config-archive\n": "text/cloud-config-archive", "#cloud-config-jsonp\n": "text/cloud-config-jsonp",
		"#cloud-boothook\n": "text/cloud-boothook", "#include\n": "text/x-include-url",
		"#include-once\n": "text/x-include-once-url", "#part-handler\n": "text/part-handler",
		"## template: jinja\n#cloud-config\n": "text/jinja2",
	} {
		kind, ok := mimeType(userData)
		require.True(t, ok, userData)
		require.Equal(t, want, kind)
	}
}

func TestCombineUserData_single(t *testing.T) {
	t.Parallel()
	require.Empty(t, CombineUserData())
	require.Equal(t, "#!/bin/sh\n", CombineUserData("#!/bin/sh\n"))
}

// A MIME parser finds the parts in order, with the types that cloud-init knows.
func TestCombineUserData_several(t *testing.T) {
	t.Parallel()
	parts := []string{"#!/bin/bash\ntrue --bastionless\n", "#cloud-config\nlocale: ja_JP\n", "#!/bin/sh\necho こんにちは\n"}
	combined := CombineUserData(parts...)
	require.True(t, strings.HasPrefix(combined, "Content-Type: multipart/mixed; boundary=\"bastionless-\"\nMIME-Version: 1.0\n"))
	message, err := mail.ReadMessage(strings.NewReader(combined))
	require.NoError(t, err)
	_, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	require.NoError(t, err)
	reader := multipart.NewReader(message.Body, parameters["boundary"])
	for i, kind := range []string{"text/x-shellscript", "text/cloud-config", "text/x-shellscript"} {
		part, err := reader.NextPart()
		require.NoError(t, err)
		require.Equal(t, kind+`; charset="utf-8"`, part.Header.Get("Content-Type"))
		content, err := io.ReadAll(part)
		require.NoError(t, err)
		if part.Header.Get("Content-Transfer-Encoding") == "base64" {
			content, err = base64.StdEncoding.DecodeString(string(content))
			require.NoError(t, err)
		}
		require.Equal(t, parts[i], string(content))
	}
	_, err = reader.NextPart()
	require.ErrorIs(t, err, io.EOF)
}
