package policy

import (
	"fmt"
	"io"
	"strings"
)

// WriteExample writes a policy.toml that explains every key, each commented
// out, so that it decides nothing until a House edits it.
func WriteExample(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Incamera: what the House has decided for this workstation.\n")
	b.WriteString("# A value that is set here cannot be changed in the window.\n")
	for _, key := range Keys {
		fmt.Fprintf(&b, "\n%s", wrap(key.Doc, "# ", 78))
		fmt.Fprintf(&b, "# %s.", strings.ToUpper(string(key.Kind[:1]))+string(key.Kind[1:]))
		if len(key.Choices) > 0 && key.Kind == Choice {
			fmt.Fprintf(&b, " One of: %s.", strings.Join(key.Choices, ", "))
		}
		if key.Default != "" {
			fmt.Fprintf(&b, " Default: %s.", key.Default)
		}
		b.WriteString("\n")
		if len(key.Choices) > 0 && key.Kind == List {
			b.WriteString(wrap("Any of: "+strings.Join(key.Choices, ", ")+".", "# ", 78))
		}
		fmt.Fprintf(&b, "#%s\n", key.Example)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap breaks text into lines of at most width that begin with prefix.
func wrap(text, prefix string, width int) string {
	var b strings.Builder
	line := strings.TrimRight(prefix, " ")
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > width && line != strings.TrimRight(prefix, " ") {
			b.WriteString(line + "\n")
			line = strings.TrimRight(prefix, " ")
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
	return b.String()
}
