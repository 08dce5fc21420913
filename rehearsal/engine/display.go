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

// display shows an operation as the Pulumi CLI does. The first channel receives the operation's events; the
// second is closed when the last of them, a cancel event, has been displayed.
func (s *Stack) display(kind apitype.UpdateKind, preview bool) (chan<- pengine.Event, <-chan bool) {
	events, done := make(chan pengine.Event), make(chan bool)
	options := displayOptions(s.opts.Display)
	label := backend.ActionLabel(kind, preview)
	headline := fmt.Sprintf("%s%s (%s):%s\n", colors.SpecHeadline, label, s.name, colors.Reset)
	fmt.Fprint(s.opts.Display, options.Color.Colorize(headline))
	go display.ShowEvents(
		strings.ToLower(label), kind, s.name, s.project.Name, "", events, done, options, preview)
	return events, done
}

// displayOptions returns the options of a display that writes to w.
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
		// Live rows also read the keyboard, to scroll.
		options.IsInteractive = term.IsTerminal(int(os.Stdin.Fd())) && os.Getenv("TERM") != "dumb"
	}
	return options
}
