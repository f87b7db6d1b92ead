package trust_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"time"

	"incamera/identity/identitytest/house"
)

// However a Session is printed, logged or encoded, its key is not in it.
func TestSessionKeepsItsKey(t *testing.T) {
	h, _ := founded(t, house.Options{})
	s := session(t, h, tremblay, noon, noon.Add(time.Hour))
	secret, err := s.Key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, v := range []any{s, *s, []any{s}, map[string]any{"session": *s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		slog.New(slog.NewJSONHandler(&b, nil)).Info("signed in", "session", v)
		slog.New(slog.NewTextHandler(&b, nil)).Info("signed in", "session", v)
		if err := json.NewEncoder(&b).Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.ToLower(b.String())
	number := new(big.Int).SetBytes(secret)
	for form, find := range map[string]string{
		"hex": hex.EncodeToString(secret), "decimal": number.String(), "bytes": fmt.Sprint(secret),
		"base64": strings.ToLower(base64.StdEncoding.EncodeToString(secret)), "raw": strings.ToLower(string(secret)),
		"words of the number": fmt.Sprint(number.Bits()),
	} {
		if strings.Contains(text, strings.Trim(find, "[]")) {
			t.Errorf("the key is there in %s", form)
		}
	}
	if !strings.Contains(text, "session of") {
		t.Errorf("printed %q", text)
	}
}
