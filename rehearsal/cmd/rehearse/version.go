package main

import (
	"fmt"
	"runtime/debug"
)

// versionText returns the version of this program: that of its module or, in a build from a clone, its commit.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "rehearse, unknown version"
	}
	return "rehearse " + describeBuild(info)
}

func describeBuild(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
	}
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	if commit := settings["vcs.revision"]; commit != "" {
		version += fmt.Sprintf(" commit %s of %s", commit, settings["vcs.time"])
		if settings["vcs.modified"] == "true" {
			version += ", modified"
		}
	}
	return version + ", " + info.GoVersion
}
