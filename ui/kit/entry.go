package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// A Choice is one of several named things, chosen from a list that opens.
type Choice struct {
	widget.Select
	name string
}

// NewChoice returns a choice; changed is called with the index chosen.
func NewChoice(changed func(int)) *Choice {
	c := &Choice{}
	c.OnChanged = func(string) {
		if i := c.SelectedIndex(); i >= 0 {
			changed(i)
		}
	}
	c.ExtendBaseWidget(c)
	return c
}

// Say names the choice, and says what it shows when there is nothing to choose.
func (c *Choice) Say(name, none string) {
	c.name, c.PlaceHolder = name, none
	c.Refresh()
}

// Offer shows other options, and which is chosen, without calling changed.
func (c *Choice) Offer(options []string, chosen int) {
	changed := c.OnChanged
	c.OnChanged = nil
	c.SetOptions(options)
	if chosen >= 0 && chosen < len(options) {
		c.SetSelectedIndex(chosen)
	} else {
		c.ClearSelected()
	}
	c.OnChanged = changed
}

// AccessibilityLabel implements [fyne.Accessible].
func (c *Choice) AccessibilityLabel() string { return c.name + ", " + c.Selected }

// AccessibilityRole implements [fyne.Accessible].
func (c *Choice) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// TypedKey implements [fyne.Focusable].
func (c *Choice) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyUp, fyne.KeyDown:
		c.Select.TypedKey(e)
	default:
		bubble(c, e)
	}
}

// A Search is a field for a few words to look for.
type Search struct {
	widget.Entry
	name string
}

// NewSearch returns an empty field; changed is called with what is typed.
func NewSearch(changed func(string)) *Search {
	s := &Search{}
	s.OnChanged = changed
	s.ExtendBaseWidget(s)
	return s
}

// Say changes what the empty field says, and its name where that does not tell.
func (s *Search) Say(hint, name string) {
	s.name = name
	s.SetPlaceHolder(hint)
}

// AccessibilityLabel implements [fyne.Accessible].
func (s *Search) AccessibilityLabel() string {
	if s.name != "" {
		return s.name
	}
	return s.PlaceHolder
}

// AccessibilityRole implements [fyne.Accessible].
func (s *Search) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// TypedKey implements [fyne.Focusable]. Escape empties the field, then leaves it.
func (s *Search) TypedKey(e *fyne.KeyEvent) {
	switch {
	case e.Name == fyne.KeyEscape && s.Text != "":
		s.SetText("")
	case e.Name == fyne.KeyEscape, e.Name == fyne.KeyF6:
		bubble(s, e)
	default:
		s.Entry.TypedKey(e)
	}
}
