package engine

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/backend/display"
	pengine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"golang.org/x/term"
)

// show displays an operation as `pulumi` does. The returned channel takes its
// events; done is closed once the last of them, a cancel event, is on the screen.
func (s *Stack) show(kind apitype.UpdateKind, preview bool) (chan<- pengine.Event, <-chan bool) {
	events, done := make(chan pengine.Event), make(chan bool)
	options := displayOptions(s.opts.Display)
	label := backend.ActionLabel(kind, preview)
	fmt.Fprintf(s.opts.Display, "%s", options.Color.Colorize(
		fmt.Sprintf("%s%s (%s):%s\n", colors.SpecHeadline, label, s.name, colors.Reset)))
	go display.ShowEvents(
		strings.ToLower(label), kind, s.name, s.project.Name, "", events, done, options, preview)
	return events, done
}

// displayOptions suits the display to where it goes.
func displayOptions(w io.Writer) display.Options {
	options := display.Options{
		Type:              display.DisplayProgress,
		Color:             colors.Never,
		Stdout:            w,
		Stderr:            w,
		TruncateOutput:    true,
		SuppressPermalink: true,
		SuppressProgress:  true,
	}
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		if os.Getenv("NO_COLOR") == "" {
			options.Color = colors.Always
		}
		// Moving rows read the keyboard, too: it scrolls them.
		options.IsInteractive = term.IsTerminal(int(os.Stdin.Fd())) && os.Getenv("TERM") != "dumb"
	}
	return options
}
