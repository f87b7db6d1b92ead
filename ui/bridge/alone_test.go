package bridge_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// crossing is a call onto the UI goroutine, or one that waits for it.
var crossing = regexp.MustCompile(`fyne\.Do(AndWait)?\(`)

// TestNobodyElseCrosses holds that this package alone calls fyne.Do.
func TestNobodyElseCrosses(t *testing.T) {
	for _, root := range []string{"..", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || filepath.Base(filepath.Dir(path)) == "bridge" {
				return err
			}
			source, err := os.ReadFile(path)
			if crossing.Match(source) {
				t.Errorf("%s crosses to the UI goroutine by itself", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
