package identitytest_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"os/exec"
	"testing"
	"time"

	"incamera/identity/identitytest"
)

// opensc runs one of OpenSC's tools on the virtual reader's first slot.
func opensc(t *testing.T, tool string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, append([]string{"--reader", "Virtual PCD 00 00"}, args...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", tool, err, out, said.Bytes())
	}
	return out
}

// OpenSC knows nothing of this project: what it makes of the simulated cards is
// what it makes of real ones.
func TestOpenSC(t *testing.T) {
	keyRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		make func(...identitytest.Slot) identitytest.AppletConfig
		key  crypto.Signer
		gzip bool
	}{
		{"T=0, gzip, RSA-2048", identitytest.PlainT0, keyRSA, true},
		{"T=1, P-384", identitytest.PlainT1, ec(t, elliptic.P384()), false},
		{"YubiKey 5, P-256", func(s ...identitytest.Slot) identitytest.AppletConfig {
			return identitytest.YubiKey5(7, nil, s...)
		}, ec(t, elliptic.P256()), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			identitytest.NewService(t)
			cert := certified(t, tt.key).Certificate
			identitytest.Insert(t, 0, tt.make(identitytest.Slot{Ref: 0x9A, Key: tt.key, Certificate: cert.Raw, Gzip: tt.gzip}))
			if out := opensc(t, "opensc-tool", "--wait", "--name"); !bytes.Contains(out, []byte("Personal Identity Verification Card")) {
				t.Errorf("opensc-tool --name = %s", out)
			}
			block, _ := pem.Decode(opensc(t, "pkcs15-tool", "--read-certificate", "01"))
			if block == nil || !bytes.Equal(block.Bytes, cert.Raw) {
				t.Error("pkcs15-tool reads another certificate")
			}
			opensc(t, "pkcs15-tool", "--verify-pin", "--pin", identitytest.PIN)
		})
	}
}
