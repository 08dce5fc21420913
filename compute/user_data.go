package compute

import (
	"encoding/base64"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"unicode/utf8"

	"bastionless/internal/diag"
)

// MaxUserData is the number of bytes of user data that EC2 allows, before base64 encoding.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
const MaxUserData = 16384

// userDataTypes are the formats of user data that cloud-init recognizes by a prefix, with their MIME types. A longer prefix
// comes before a shorter one that it begins with.
// https://cloudinit.readthedocs.io/en/latest/explanation/format.html
var userDataTypes = []struct{ prefix, mimeType string }{
	{"#!", "text/x-shellscript"},
	{"#cloud-config-archive", "text/cloud-config-archive"},
	{"#cloud-config-jsonp", "text/cloud-config-jsonp"},
	{"#cloud-config", "text/cloud-config"},
	{"#cloud-boothook", "text/cloud-boothook"},
	{"#include-once", "text/x-include-once-url"},
	{"#include", "text/x-include-url"},
	{"#part-handler", "text/part-handler"},
	{"## template: jinja", "text/jinja2"},
	{multipartHeader, ""},
	{"MIME-Version:", ""},
}

// multipartHeader is the beginning of user data that has several parts.
const multipartHeader = "Content-Type: multipart/"

// mimeType returns the MIME type of user data, or "" if the user data has several parts. It returns false if cloud-init
// would ignore the user data.
func mimeType(userData string) (string, bool) {
	for _, t := range userDataTypes {
		if strings.HasPrefix(userData, t.prefix) {
			return t.mimeType, true
		}
	}
	return "", false
}

// checkUserData reports user data that EC2 or cloud-init does not accept.
func (o Options) checkUserData(diags *diag.Diagnostics) {
	const key = "userDataFile"
	if o.WorkloadUserData == "" {
		return
	}
	kind, known := mimeType(o.WorkloadUserData)
	firstLine, _, _ := strings.Cut(o.WorkloadUserData, "\n")
	switch {
	case len(o.WorkloadUserData) > MaxUserData:
		diags.Add(key, diag.TooMany, "the file has %d bytes, but EC2 allows %d: download the rest from a bucket in "+
			"s3Buckets", len(o.WorkloadUserData), MaxUserData)
	case !utf8.ValidString(o.WorkloadUserData):
		diags.Add(key, diag.Malformed, "the file is not UTF-8 text: use a script or cloud-config, not compressed")
	case !known:
		diags.Add(key, diag.Malformed, "the file begins with %q, which cloud-init does not recognize: begin a script with "+
			"#!/bin/bash, and cloud-config with #cloud-config", abbreviate(o.WorkloadUserData))
	case strings.HasPrefix(o.WorkloadUserData, "#!") && strings.HasSuffix(firstLine, "\r"):
		diags.Add(key, diag.Malformed, "the lines of the script end with CRLF, so Linux cannot find the interpreter: end "+
			"them with LF")
	case kind == "" && o.InstallLatestAgent:
		diags.Add(key, diag.Conflict, "the file is already a multipart archive: set installLatestAgent to false, or use a "+
			"script or cloud-config")
	}
}

// CombineUserData returns user data that makes cloud-init run all parts in order: a single part unchanged, or several parts
// as a MIME multipart archive. Each part must begin with a prefix that cloud-init recognizes, and must not be multipart.
func CombineUserData(parts ...string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	var body strings.Builder
	archive := multipart.NewWriter(&body)
	boundary := "bastionless"
	for slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(part, "--"+boundary) }) {
		boundary += "-"
	}
	// The boundary is valid, and a strings.Builder returns no errors.
	_ = archive.SetBoundary(boundary)
	for _, part := range parts {
		kind, _ := mimeType(part)
		encoding := "7bit"
		if strings.ContainsFunc(part, func(r rune) bool { return r >= utf8.RuneSelf }) {
			encoding, part = "base64", base64.StdEncoding.EncodeToString([]byte(part))
		}
		header := textproto.MIMEHeader{
			"Content-Type": {kind + `; charset="utf-8"`}, "Content-Transfer-Encoding": {encoding}, "Mime-Version": {"1.0"},
		}
		content, _ := archive.CreatePart(header)
		_, _ = content.Write([]byte(part))
	}
	_ = archive.Close()
	return multipartHeader + "mixed; boundary=\"" + boundary + "\"\nMIME-Version: 1.0\n\n" + body.String()
}
